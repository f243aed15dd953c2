"""What the rules have to say about documents, collected in order and without repetition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct, field

from prodready.checks.iam_wildcards.authorization import Action
from prodready.checks.iam_wildcards.policy import Policy, Statement
from prodready.model import Finding, Severity
from prodready.terraform import marks

_SHOWN = 8
_ACTIONS, _STATEMENTS = 12, 4
_MANY = 6
"""Kinds of resource from which on the first of them say little about what is meant."""
_USUAL = frozenset(("instance", "function", "table", "cluster", "role", "stream", "project", "db"))
_KIND = re.compile(r"[A-Za-z-]*")


class Verdicts(Struct):
    """Findings, gaps and explanations of one run."""

    explain: bool = False
    named: int = 0
    """Managed policies that were looked at by their name."""
    findings: dict[tuple[str, str, int | None, str], Finding] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def find(self, policy: Policy, statement: Statement | None, rule: str, severity: Severity, message: str, fix: str, anchor: str = "") -> None:
        """Adds a finding at a statement, or at the document."""
        words = marks.shown(f"{policy.name}: {message}" if policy.name else message)
        line = (statement.line if statement else None) or policy.line
        self.add(Finding(rule=rule, message=words, severity=severity, path=policy.path, line=line, fix=marks.shown(fix), anchor=marks.shown(anchor)))

    def add(self, finding: Finding) -> None:
        """Adds a finding once."""
        self.findings.setdefault((finding.rule, finding.path, finding.line, finding.message), finding)

    def gap(self, policy: Policy, statement: Statement | None, what: Iterable[str]) -> None:
        """Adds something that could not be resolved: it forbids a pass."""
        line = (statement.line if statement else None) or policy.line or 1
        names = ", ".join(dict.fromkeys(marks.shown(name)[:80] for name in what))
        self.gaps[f"{policy.path}:{line}: UNRESOLVED {names or 'a value'}" + (f" in {policy.name}" if policy.name else "")] = None

    def say(self, policy: Policy, statement: Statement | None, words: str) -> None:
        """Adds a step of the evaluation, when asked to explain."""
        if self.explain:
            line = (statement.line if statement else None) or policy.line or 1
            self.notes[marks.shown(f"{policy.path}:{line}: {words}")] = None


def listed(names: Sequence[str], limit: int = _SHOWN) -> str:
    """The first names and how many more there are."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown


@lru_cache(maxsize=5_000)
def names(actions: tuple[Action, ...]) -> Sequence[str]:
    """The actions as AWS writes them, sorted, once each."""
    return sorted({action.name for action in actions})


@lru_cache(maxsize=5_000)
def arns(actions: tuple[Action, ...], limit: int = 3) -> Sequence[str]:
    """The ARNs the actions can be restricted to, ready to fill in; the likeliest kinds of resource first."""
    found = dict.fromkeys(pattern for action in actions for pattern in _likely(action))
    return sorted(dict.fromkeys(map(fill_in, found)), key=len)[:limit]


@lru_cache(maxsize=10_000)
def _likely(action: Action) -> Sequence[str]:
    """The two formats most likely meant: of a kind that the name of the action holds (RunInstances: instance), else the first, or the usual of many."""
    called = [(_kind(pattern), pattern) for pattern in action.formats]
    name = action.id.partition(":")[2]
    meant = [pattern for kind, pattern in called if kind and kind.replace("-", "") in name] or (
        [pattern for kind, pattern in called if kind in _USUAL] if len(called) > _MANY else []
    )
    return (meant or action.formats)[:2]


def _kind(arn_format: str) -> str:
    """``instance`` of ``…:instance/${InstanceId}``."""
    return _KIND.match(arn_format.split(":", 5)[-1])[0].lower()  # type: ignore[index]  # it matches the empty text


@lru_cache(maxsize=10_000)
def fill_in(arn_format: str) -> str:
    """An ARN format with its variables as blanks: ``arn:aws:s3:::<BucketName>``."""
    return arn_format.replace("${Partition}", "aws").replace("${Region}", "<region>").replace("${Account}", "<account>").replace("${", "<").replace("}", ">")


@lru_cache(maxsize=5_000)
def narrower(actions: tuple[Action, ...]) -> str:
    """The narrower statements to write instead, one for each service."""
    services: dict[str, list[Action]] = {}
    for action in sorted(actions, key=lambda each: each.id):
        services.setdefault(action.id.partition(":")[0], []).append(action)
    told = [_statement(tuple(each)) for each in list(services.values())[:_STATEMENTS]]
    more = f"; likewise for {listed(list(services)[_STATEMENTS:])}" if len(services) > _STATEMENTS else ""
    return f"write {'; and '.join(told)} with the names filled in{more}"


def _statement(actions: tuple[Action, ...]) -> str:
    wanted = names(actions)
    action, resource = (", ".join(f'"{word}"' for word in words) for words in (wanted[:_ACTIONS], arns(actions)))
    more = f" (and {len(wanted) - _ACTIONS} more actions)" if len(wanted) > _ACTIONS else ""
    return f'"Action": [{action}], "Resource": [{resource}]{more}'
