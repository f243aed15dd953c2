"""The AWS account is set up as a service in production needs it: read from the account, or, without credentials, from its Terraform.

Each query reads one part. ``identity``: the account is the one that the target names, its root user has a second factor and no keys. ``instances``:
what should run runs, and is tagged. ``autoscaling``: groups have a policy and room to grow. ``load_balancers``: HTTPS, no plain HTTP, healthy targets.
``security_groups``: the world reaches ports 80 and 443 of balancers and nothing else, traffic is logged. ``budgets``: somebody is told. ``secrets``:
they are in Secrets Manager. ``secret_age``: they are rotated within the limits. ``audit_trail``: CloudTrail holds who read a secret, and is kept.
``role_sessions``: sessions end, and nobody has keys that do not. ``encryption``: databases, buckets, logs and volumes. ``snapshots``: backups are
there, young, and not public.

The account is asked with the credentials in PRODREADY_AWS_ACCESS_KEY_ID, PRODREADY_AWS_SECRET_ACCESS_KEY and PRODREADY_AWS_SESSION_TOKEN; without
any, the Terraform of the repository is read (``.tf``, ``.tf.json``, or a plan by ``terraform show -json``): what is meant, not what runs. With neither,
the answer is unknown, with the exact policy to grant.

An item that uses it:

    - id: cloud.encryption
      title: Databases, buckets and logs are encrypted at rest
      check: aws
      params: {query: encryption}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.checks.aws import grants, rules
from prodready.checks.aws.rules import Row
from prodready.context import Context, Ended
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.service import credential, named, secret_for

Query = Literal[
    "identity", "instances", "autoscaling", "load_balancers", "security_groups", "budgets",
    "secrets", "secret_age", "audit_trail", "role_sessions", "encryption", "snapshots",
]  # fmt: skip
_REACH = "see that the credentials are valid, that the region is right, and that this machine may reach AWS"


class Account(Struct, frozen=True, kw_only=True):
    """An AWS account of ``targets:``. Values of credentials are never written here, only the names of variables that hold them."""

    account: str
    """Its twelve digits; other credentials than of this account tell nothing."""
    region: str
    """Where the service runs: ``eu-west-1``."""
    access_key: str = "PRODREADY_AWS_ACCESS_KEY_ID"
    """Variable that holds the id of the access key."""
    secret_key: str = "PRODREADY_AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
    """Variable that holds the secret access key."""
    session_token: str = "PRODREADY_AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
    """Variable that holds the token of a session; it may be unset for keys that need none."""
    endpoint: str = ""
    """Address of an AWS-compatible service of your own."""

    def __post_init__(self) -> None:
        for name in (self.access_key, self.secret_key, self.session_token):
            credential(name)
        if len(self.account) != 12 or not self.account.isdecimal():
            raise ValueError("an account is twelve digits, in quotes")


class Params(Struct, frozen=True, kw_only=True):
    """Which part of which account, and what it must be."""

    query: Query
    """The part that is looked at."""
    target: str = "aws"
    """The name of the account under ``targets:``."""
    terraform: tuple[str, ...] = ("*.tf", "*.tf.json", "*.tofu", "terraform.tfvars", "*.auto.tfvars", "*tfplan*.json")
    """Files that are read where there are no credentials (gitignore patterns)."""
    names: tuple[str, ...] = ()
    """Secrets that must be there (``secrets``)."""
    limits: Mapping[str, str] = field(default_factory=lambda: {"*paper*": "90d", "*": "30d"})
    """How old a secret may be, by a pattern of its name; the first that fits decides (``secret_age``)."""
    least: int = 1
    """How many instances and services there must be (``instances``)."""
    tags: tuple[str, ...] = ("Env", "Owner")
    """Tags that each must have (``instances``)."""
    keep: str = "730d"
    """How long the audit trail must be kept."""
    session: str = "1h"
    """Longest session of a role (``role_sessions``)."""
    age: str = "25h"
    """How old the newest backup may be (``snapshots``)."""

    def __post_init__(self) -> None:
        for words in (*self.limits.values(), self.keep, self.session, self.age):
            durations.seconds(words)


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong in that part. Raises CannotTell."""
    account = named(ctx, params.target, Account) if params.target in ctx.targets else None
    keys = _keys(ctx, account) if account and not ctx.offline else {}
    if account and keys:
        return _live(ctx, account, keys, params)
    files = ctx.repo.files(*params.terraform)
    if not files or params.query == "identity":
        missing = "this run is offline" if ctx.offline else f"there are no credentials of AWS (targets.{params.target} and its variables)"
        raise CannotTell(f"the account was not asked: {missing}{'' if files else ', and no Terraform is here'}", _grant(params.query))
    return _written(ctx, files, params)


def _keys(ctx: Context, account: Account) -> dict[str, str]:
    """Boto3's own variables; none where the credentials are not given."""
    try:
        found = {"AWS_SECRET_ACCESS_KEY": ctx.secret(account.secret_key), "AWS_ACCESS_KEY_ID": ctx.secret(account.access_key)}
    except CannotTell:
        return {}
    secret_for(ctx, account.access_key, account.endpoint or "https://amazonaws.com")  # bound to another host, it goes nowhere
    try:
        return {**found, "AWS_SESSION_TOKEN": ctx.secret(account.session_token)}
    except CannotTell:
        return found


def _live(ctx: Context, account: Account, keys: Mapping[str, str], params: Params) -> Found:
    query = "secrets" if params.query == "secret_age" else params.query
    question = {"query": query, "region": account.region, "endpoint": account.endpoint, "account": "" if query == "identity" else account.account}
    ended = ctx.run.tool("boto3", json.dumps(question), env={**keys, "AWS_EC2_METADATA_DISABLED": "true"}, deadline=100)
    told: Mapping[str, Any] = _told(ended.stdout) if ended.ended is Ended.EXITED and ended.code == 0 else {"failed": f"the client {ended.ended.value}"}
    if "failed" in told:
        raise CannotTell(f"AWS did not answer {params.query}: {shown(str(told['failed']))[:240]}", _REACH)
    rows, denied, other = told["rows"], told["denied"], told["account"] != account.account
    if other and query != "identity":
        raise CannotTell(f"the credentials are of the account {told['account']}, not of {account.account}", "take those of the account that the target names")
    if denied and not rows:
        raise CannotTell(f"AWS tells nothing of {params.query}: these rights are missing: {few(denied)}", _grant(params.query))
    wrong = [_wrong_account(told["account"], account.account)] if other else []
    gaps = [f"these rights are missing: {few(denied)}; grant {grants.policy(denied)}"] if denied else []
    evidence = Evidence(source=f"{counted(len(rows), 'row')} of the account {told['account']} in {account.region}", tool=ended.program)
    return _found(params, rows, wrong, [*gaps, *told["cut"]], evidence, ctx, whole=not denied)


def _told(output: bytes) -> dict[str, Any]:
    try:
        told = json.loads(output)
        if isinstance(told, dict) and ("failed" in told or {"rows", "denied", "account", "cut"} <= told.keys()):
            return told
    except ValueError:
        pass
    return {"failed": "the client printed no answer"}


def _written(ctx: Context, files: Sequence[str], params: Params) -> Found:
    from prodready.checks.aws import terraform

    rows, gaps = terraform.rows(ctx.repo, files, params.query)
    evidence = Evidence(source=f"{counted(len(rows), 'row')} in {counted(len(files), 'file')} of Terraform: what is meant, not what runs")
    return _found(params, rows, [], gaps, evidence, ctx, whole=not gaps)


def _found(params: Params, rows: Sequence[Row], wrong: Sequence[Finding], gaps: Sequence[str], evidence: Evidence, ctx: Context, *, whole: bool) -> Found:
    try:
        seen = list(rules.judged(params.query, rows, params, ctx.now))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CannotTell("the client of AWS printed facts that are none", "run 'prodready tools install'") from None
    missing = list(rules.absent(params.query, rows, params)) if whole else []
    findings = [*wrong, *missing, *(each for each in seen if isinstance(each, Finding))]
    told = [each for each in seen if isinstance(each, str)]
    return Found(examined=len(rows), findings=tuple(findings), gaps=(*gaps, *told), evidence=evidence)


def _wrong_account(seen: str, wanted: str) -> Finding:
    message = f"the credentials are of the account {shown(seen)}, the target names {wanted}"
    return Finding(rule="wrong-account", message=message, severity=Severity.CRITICAL, fix="take the credentials of the account that is deployed to")


def _grant(query: Query) -> str:
    return f"name the account and region under targets.aws, and give a role this policy and nothing more: {grants.policy(grants.ACTIONS[query])}"


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="observability", tools=("boto3",), deadline=120)
