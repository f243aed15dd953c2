"""What the rules have to say about documents, collected in order and without repetition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from prodready.checks.iam_wildcards.authorization import Action
from prodready.checks.iam_wildcards.policy import Policy, Statement
from prodready.model import Finding, Severity
from prodready.terraform import marks

_SHOWN = 8


@dataclass(slots=True)
class Verdicts:
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
    """The ARNs the actions can be restricted to, ready to fill in."""
    found = dict.fromkeys(pattern for action in actions for pattern in action.formats[:2])
    return sorted(dict.fromkeys(map(fill_in, found)), key=len)[:limit]


@lru_cache(maxsize=10_000)
def fill_in(arn_format: str) -> str:
    """An ARN format with its variables as blanks: ``arn:aws:s3:::<BucketName>``."""
    return arn_format.replace("${Partition}", "aws").replace("${Region}", "<region>").replace("${Account}", "<account>").replace("${", "<").replace("}", ">")


@lru_cache(maxsize=5_000)
def narrower(actions: tuple[Action, ...]) -> str:
    """The narrower statement to write instead."""
    wanted = names(actions)
    action = ", ".join(f'"{name}"' for name in wanted[:4]) + (", …" if len(wanted) > 4 else "")
    resource = ", ".join(f'"{arn}"' for arn in arns(actions))
    return f'write "Action": [{action}], "Resource": [{resource}] with the names filled in'
