"""What is wrong with the facts of an account. A fact is a row; an attribute that is None was not told, one that is missing the source cannot know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodready import durations
from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.readers import stamps

if TYPE_CHECKING:
    from prodready.checks.aws import Params

Row = Mapping[str, Any]
DAY = 86_400.0


class Rule(Struct, frozen=True):
    """One thing that may be wrong with a row of that kind."""

    kind: str
    id: str
    needs: str
    """The attribute it looks at."""
    bad: Callable[[Any, Row, Params, datetime], bool]
    message: str
    fix: str
    severity: Severity = Severity.HIGH


def _age(when: Any, now: datetime) -> float:
    found = stamps.latest(str(when))
    return (now - found).total_seconds() if found else float("inf")


def limit(name: str, params: Params) -> float:
    """Seconds that a secret of that name may be old: the first pattern that fits decides."""
    return next((durations.seconds(most) for pattern, most in params.limits.items() if fnmatchcase(name.lower(), pattern.lower())), float("inf"))


def _wide(ports: Sequence[Sequence[int]], row: Row, params: Params, now: datetime) -> bool:
    return any(not (row.get("public") and first == last and first in (80, 443)) for first, last in ports)


RULES: Mapping[str, tuple[Rule, ...]] = {
    "identity": (
        Rule("account", "root-without-mfa", "root_mfa", lambda on, *_: not on, "the root user of the account {id} has no second factor", "register one"),
        Rule("account", "root-keys", "root_keys", lambda on, *_: on, "the root user of the account {id} has access keys", "delete them"),
    ),
    "instances": (
        Rule("instance", "not-running", "running", lambda runs, *_: not runs, "{id} does not run as many as it should", "start it, or delete it"),
        Rule(
            "instance", "missing-tags", "tags", lambda tags, _, params, __: bool(set(params.tags) - set(tags)),
            "{id} lacks a tag that tells what it is for", "tag it: {wanted}", Severity.MEDIUM,
        ),
    ),
    "autoscaling": (
        Rule("scaling", "no-policy", "policies", lambda count, *_: not count, "{id} has no scaling policy", "add a target tracking policy"),
        Rule("scaling", "no-room", "most", lambda most, row, *_: most <= row["least"], "{id} cannot grow: its most is its least", "raise the most"),
    ),
    "load_balancers": (
        Rule("load_balancer", "no-https", "secure", lambda on, *_: not on, "{id} has no listener for HTTPS", "add one with a certificate"),
        Rule("load_balancer", "plain-http", "plain", lambda ports, *_: bool(ports), "{id} serves plain HTTP", "redirect it to HTTPS"),
        Rule("load_balancer", "no-backend", "backends", lambda count, *_: not count, "{id} has nobody to send to", "register targets"),
        Rule("load_balancer", "unhealthy-backend", "unhealthy", lambda count, *_: count > 0, "{id} has targets that are not healthy", "look at them"),
        Rule("load_balancer", "no-health-check", "looks", lambda on, *_: not on, "{id} sends to targets without a health check", "write a health_check block"),
    ),
    "security_groups": (
        Rule("security_group", "open-to-the-world", "open", _wide, "{id} lets the whole world in", "name the sources, or let a balancer take 443"),
        Rule(
            "security_group", "default-group-open", "rules", lambda count, row, *_: bool(row["default"] and count),
            "the default group {id} lets traffic in, and whatever names no group gets it", "take all rules out of it", Severity.MEDIUM,
        ),
        Rule("vpc", "no-flow-logs", "logged", lambda on, *_: not on, "the traffic of {id} is not logged", "switch flow logs on", Severity.MEDIUM),
    ),
    "budgets": (
        Rule("budget", "nobody-is-told", "subscribers", lambda count, *_: not count, "nobody is told when the budget {id} is used up", "add a subscriber"),
    ),
    "secrets": (
        Rule("secret", "deleted-secret", "deleted", lambda gone, *_: gone, "the secret {id} is about to be deleted", "restore it, or stop using it"),
    ),
    "secret_age": (
        Rule("secret", "no-rotation", "rotates", lambda on, *_: not on, "the secret {id} is not rotated", "switch rotation on"),
        Rule(
            "secret", "slow-rotation", "every", lambda days, row, params, _: bool(days) and days * DAY > limit(row["id"], params),
            "the secret {id} is rotated more seldom than the policy says", "shorten automatically_after_days",
        ),
        Rule(
            "secret", "old-secret", "changed", lambda when, row, params, now: _age(when, now) > limit(row["id"], params),
            "the secret {id} is older than the policy allows (since {changed})", "rotate it now",
        ),
    ),
    "audit_trail": (
        Rule("trail", "not-logging", "logging", lambda on, *_: not on, "the trail {id} does not log", "start it"),
        Rule("trail", "one-region", "every_region", lambda on, *_: not on, "the trail {id} sees one region only", "make it a multi-region trail"),
        Rule("trail", "not-validated", "validated", lambda on, *_: not on, "changes to the logs of {id} would not show", "enable log file validation"),
        Rule("trail", "reads-missing", "reads", lambda on, *_: not on, "the trail {id} does not hold who read a secret", "log management events of reads"),
        Rule(
            "trail", "kept-too-short", "kept", lambda days, _, params, __: 0 <= days * DAY < durations.seconds(params.keep),
            "the logs of {id} are deleted after {kept} days", "keep them for {keep}",
        ),
    ),
    "role_sessions": (
        Rule(
            "role", "long-session", "session", lambda most, _, params, __: most > durations.seconds(params.session),
            "a session of the role {id} may last {session} s", "set max_session_duration to what one needs",
        ),
        Rule("user", "long-lived-key", "keys", lambda count, *_: count > 0, "{id} has a key that never ends", "use a role with STS, and delete the key"),
    ),
    "encryption": tuple(
        Rule(kind, f"{kind.replace('_', '-')}-not-encrypted", "encrypted", lambda on, *_: not on, f"the {kind.replace('_', ' ')} {{id}} is not encrypted", fix)
        for kind, fix in {
            "database": "restore it from an encrypted snapshot", "bucket": "set default encryption",
            "log_group": "give it a KMS key", "volume": "copy it encrypted",
        }.items()
    ),
    "snapshots": (
        Rule("database", "no-backups", "backups", lambda days, *_: not days, "the database {id} is not backed up", "set a backup retention period"),
        *(
            Rule(kind, "old-snapshot", "newest", lambda when, _, params, now: _age(when, now) > durations.seconds(params.age),
                 "the newest snapshot of {id} is too old ({newest})", "see why the last ones failed")
            for kind in ("database", "volume")
        ),
        Rule("shared_snapshot", "public-snapshot", "id", lambda *_: True, "the snapshot {id} may be restored by anybody", "make it private", Severity.CRITICAL),
    ),
}  # fmt: skip
"""Per query, what is held against each row."""
NEEDED: Mapping[str, Mapping[str, str]] = {
    "autoscaling": {"scaling": "define a group with a scaling policy"},
    "load_balancers": {"load_balancer": "create one, or leave the setting load_balancer out"},
    "budgets": {"budget": "create a budget with somebody to tell", "anomaly_monitor": "create a cost anomaly monitor"},
    "secrets": {"secret": "keep the secrets of the service in Secrets Manager"},
    "audit_trail": {"trail": "create a CloudTrail over every region"},
}
"""Per query, the kinds of which there must be one, and what to do about none."""


def judged(query: str, rows: Sequence[Row], params: Params, now: datetime) -> Iterator[Finding | str]:
    """What is wrong, and in words what was not told."""
    for row in rows:
        if query == "secret_age" and limit(row["id"], params) == float("inf"):
            yield f"no limit fits the secret {shown(str(row['id']))}: add a pattern such as '*'"
        for rule in RULES[query]:
            if row["kind"] != rule.kind or rule.needs not in row:
                continue
            if row[rule.needs] is None:
                yield f"{rule.needs.replace('_', ' ')} of {shown(str(row['id']))} is not told"
            elif rule.bad(row[rule.needs], row, params, now):
                yield _finding(rule, row, params)


def absent(query: str, rows: Sequence[Row], params: Params) -> Iterator[Finding]:
    """What should be there and is not; only where everything could be read."""
    kinds = [row["kind"] for row in rows]
    for kind, fix in NEEDED.get(query, {}).items():
        if kind not in kinds:
            yield Finding(rule=f"no-{kind.replace('_', '-')}", message=f"there is no {kind.replace('_', ' ')}", severity=Severity.HIGH, fix=fix)
    if query == "instances" and len(kinds) < params.least:
        message = f"{len(kinds)} instances and services are there, expected at least {params.least}"
        yield Finding(rule="too-few-instances", message=message, severity=Severity.HIGH, fix="start those that the plan names")
    if query == "secrets":
        for name in sorted(set(params.names) - {row["id"] for row in rows}):
            yield Finding(rule="missing-secret", message=f"the secret {shown(name)} is not there", severity=Severity.HIGH, fix="create it", anchor=name)


def _finding(rule: Rule, row: Row, params: Params) -> Finding:
    words = {key: shown(str(value))[:120] for key, value in row.items()} | {"keep": params.keep, "wanted": ", ".join(params.tags)}
    return Finding(
        rule=rule.id, message=rule.message.format(**words), severity=rule.severity, path=str(row.get("path", "")), line=row.get("line"),
        fix=rule.fix.format(**words), anchor=str(row["id"]),
    )  # fmt: skip
