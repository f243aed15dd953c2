"""The nouns of prodready, frozen: what flows from one stage to the next and never changes on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from prodready.environment.rules import EnvironmentRules
from prodready.expectation import Expectation
from prodready.observation import Evidence, Finding, Found, Measured, Observation, Severity, Unseen
from prodready.points import CategoryScore, Score
from prodready.signoffs.nouns import Role, Signoff, SignoffRules, Source

__all__ = [
    "Category", "CategoryScore", "CheckRun", "Checklist", "Decision", "Evidence", "Exclusion", "Finding", "Found", "Item", "Measured",
    "Observation", "Outcome", "Report", "Role", "Score", "Severity", "Signoff", "SignoffRules", "Source", "Stage", "Status", "Subject",
    "Unseen", "Waiver", "When",
]  # fmt: skip

OWN = ".prodready.yml"
"""The file in which a repository says what it is held to."""


class Status(StrEnum):
    """How an item ended. Only ``PASSED`` and ``WAIVED`` earn points."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STALE = "stale"
    PENDING = "pending"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"

    @property
    def earns(self) -> bool:
        """Whether the item's weight counts as earned."""
        return self in (Status.PASSED, Status.WAIVED)

    @property
    def counts(self) -> bool:
        """Whether the item's weight is in the denominator."""
        return self is not Status.NOT_APPLICABLE


class Stage(StrEnum):
    """Which items a run must hold, in the order a release lives through them."""

    PR = "pr"
    RELEASE = "release"
    POST_RELEASE = "post-release"

    @property
    def reach(self) -> tuple[Stage, ...]:
        """The stages whose items a run at this stage holds: its own and all earlier ones."""
        return tuple(Stage)[: tuple(Stage).index(self) + 1]


class Waiver(Struct, frozen=True, kw_only=True):
    """A dated, owned, reasoned loan on a failed item; never a pass."""

    item: str
    owner: str
    reason: str
    until: date
    """The last day it holds."""
    ticket: str = ""
    """Where the work is tracked: an address or a number."""
    approver: str = ""
    """Who agreed; not the owner."""


class When(Struct, frozen=True, kw_only=True):
    """The rule that decides whether an item applies; empty means always."""

    files: tuple[str, ...] = ()
    """Applies when any file of the repository matches one of these patterns (gitignore syntax)."""
    settings: tuple[str, ...] = ()
    """Applies when the repository file sets all of these under ``settings:``."""
    targets: tuple[str, ...] = ()
    """Applies when the repository file sets all of these under ``targets:``."""


class Item(Struct, frozen=True, kw_only=True):
    """One box of the checklist: check + parameters + expectation."""

    id: str
    title: str
    check: str
    params: Mapping[str, object] = field(default_factory=dict)
    expect: Expectation | None = None
    """The bound; None takes the check's own default."""
    stage: Stage = Stage.PR
    required: bool = False
    weight: float = 1
    section: str = ""
    owner: str = ""
    due: str = ""
    """By when, in the words of the list."""
    max_age: str = ""
    """How old the evidence may be (``7 d``); empty takes no age limit."""
    when: When = field(default_factory=When)
    why: str = ""
    how: str = ""
    off: str = ""
    """The reason a repository switched the item off; empty when it is on."""


class Category(Struct, frozen=True, kw_only=True):
    """Items that share a weight in the score."""

    id: str
    title: str
    weight: float
    items: tuple[Item, ...]


class Checklist(Struct, frozen=True, kw_only=True):
    """A profile, loaded and valid, with the repository's own file applied."""

    id: str
    title: str
    pass_mark: float
    categories: tuple[Category, ...]
    sha256: str
    source: str
    """``builtin``, ``file`` or ``base:<commit>``."""
    waivers: tuple[Waiver, ...] = ()
    waived_most: float = 10
    """Points of the score that waivers may lend at most."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    signoffs: SignoffRules = field(default_factory=SignoffRules)
    settings: Mapping[str, object] = field(default_factory=dict)
    targets: Mapping[str, object] = field(default_factory=dict)
    exclude: tuple[Exclusion, ...] = ()
    environment: EnvironmentRules = field(default_factory=EnvironmentRules)
    markdown: tuple[str, ...] = ()
    """Where the Markdown copy of the list is whose ticks are held against the evidence (gitignore patterns)."""
    bypasses: tuple[str, ...] = ()
    """What the repository file weakened, in words, for the report."""

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item, in the order of the profile."""
        return tuple(item for category in self.categories for item in category.items)


class Exclusion(Struct, frozen=True, kw_only=True):
    """Files that are not part of the service, with the reason; always shown in the report."""

    files: tuple[str, ...]
    reason: str


class Outcome(Struct, frozen=True, kw_only=True):
    """How one item ended, and what that rests on."""

    item: Item
    status: Status
    summary: str
    observation: Observation
    expect: str = ""
    """The bound that was held against the observation, in words."""
    seconds: float = 0.0
    waiver: Waiver | None = None


class CheckRun(Struct, frozen=True, kw_only=True):
    """Whether an enabled check ran: every one appears exactly once in a report."""

    id: str
    ran: bool
    why_not: str = ""
    tool: str = ""
    examined: int = 0
    seconds: float = 0.0


class Decision(Struct, frozen=True, kw_only=True):
    """Ready, or not and why."""

    ready: bool
    exit_code: int
    reasons: tuple[str, ...]
    missing_signoffs: tuple[str, ...] = ()


class Subject(Struct, frozen=True, kw_only=True):
    """What was gated."""

    repository: str
    commit: str
    base: str
    dirty: bool
    folder: str = ""
    """The gated folder below the top of the checkout, with ``/``; empty for the whole of it."""

    @property
    def name(self) -> str:
        """Tells one gate from others: two folders of a repository are two services."""
        return f"{self.repository}:{self.folder}" if self.folder else self.repository


class Report(Struct, frozen=True, kw_only=True):
    """The whole verdict: what every renderer and publisher takes."""

    version: str
    subject: Subject
    checklist: Checklist
    stage: Stage
    started: datetime
    seconds: float
    outcomes: tuple[Outcome, ...]
    checks: tuple[CheckRun, ...]
    score: Score
    decision: Decision
    claims: tuple[str, ...] = ()
    """How the ticks of a Markdown checklist stand beside the evidence, in words."""
    signoffs: tuple[Signoff, ...] = ()
    notes: tuple[str, ...] = ()
    """Bypasses and limits that apply to the whole run: offline, an injected clock, a selection of items."""
