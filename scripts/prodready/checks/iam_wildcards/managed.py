"""What grants by a word instead of a policy: AWS managed policies, and addresses of functions that are open to all."""

from __future__ import annotations

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Finding, Severity
from prodready.terraform import marks


def judge(arn: str, path: str, line: int | None, holder: str, out: Verdicts) -> None:
    """An attached managed policy, by its ARN or name."""
    out.named += 1
    if marks.is_unknown(arn):
        out.gaps[f"{path}:{line or 1}: UNRESOLVED {marks.shown(arn)[:120]} attached to {holder}"] = None
        return
    account = arn.split(":")[4] if arn.startswith("arn:") and arn.count(":") >= 5 else "aws"
    severity = severity_of(arn.rpartition("/")[2])
    if account == "aws" and severity is not None and not marks.referred(arn):
        out.add(
            Finding(
                rule="IAM-MANAGED-POLICY",
                message=f"{holder}: the managed policy {arn.rpartition('/')[2]} grants far more than one service's needs",
                severity=severity,
                path=path,
                line=line,
                fix="write a policy with the actions that are called and the ARNs they are called on",
            )
        )


def open_url(holder: str, key: str, path: str, line: int | None, out: Verdicts) -> None:
    """An address of a function that asks nobody who they are; the permission for everyone is made with it."""
    out.named += 1
    out.add(
        Finding(
            rule="IAM-ANYONE",
            message=f"{holder}: {key} NONE lets anyone on the internet invoke the function",
            severity=Severity.HIGH,
            path=path,
            line=line,
            fix=f"write {key} AWS_IAM, or put the function behind an API that asks for a token",
        )
    )


def severity_of(name: str) -> Severity | None:
    """How much too wide the managed policy of that name is; None when it is not known to be."""
    known = tables.grants("managed")
    if name in known["critical"]:
        return Severity.CRITICAL
    if name in known["high"]:
        return Severity.HIGH
    return Severity.MEDIUM if name.endswith(known["medium_suffix"]) else None
