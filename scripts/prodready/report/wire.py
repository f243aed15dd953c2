"""The shape of ``report.json``, version 1: field for field and in this order what is written (design 4.3 plus the keys it leaves open)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from prodready.model import Stage, Status

SCHEMA: Final = "prodready/report/v1"


class Tool(Struct, frozen=True, kw_only=True):
    """What wrote the report."""

    name: Literal["prodready"]
    version: str


class Subject(Struct, frozen=True, kw_only=True):
    """What was gated."""

    repository: str
    commit: str
    base: str
    dirty: bool
    folder: str = ""
    """The gated folder below the top of the checkout; empty for the whole of it."""


class Profile(Struct, frozen=True, kw_only=True):
    """By which checklist."""

    id: str
    title: str
    sha256: str
    source: str


class Decision(Struct, frozen=True, kw_only=True):
    """Ready, or not and why."""

    ready: bool
    exit_code: int
    reasons: tuple[str, ...]
    missing_signoffs: tuple[str, ...]


class Signoff(Struct, frozen=True, kw_only=True):
    """How one role stands; ``missing`` is empty when it has signed."""

    role: str
    who: str
    how: str
    commit: str
    at: str | None
    missing: str
    untold: bool
    about: str


class CategoryScore(Struct, frozen=True, kw_only=True):
    """Points of one category."""

    id: str
    title: str
    weight: float
    earned: float
    of: float
    percent: float


class Score(Struct, frozen=True, kw_only=True):
    """The weighted score."""

    value: float
    without_waivers: float
    pass_mark: float
    categories: tuple[CategoryScore, ...]


class Evidence(Struct, frozen=True, kw_only=True):
    """What an outcome rests on; times are RFC 3339 in UTC."""

    source: str
    tool: str
    sha256: str
    collected: str | None
    expires: str | None


class Waiver(Struct, frozen=True, kw_only=True):
    """A loan on a failed item; its item is the one it stands in."""

    owner: str
    reason: str
    until: str
    ticket: str
    approver: str


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    rule: str
    message: str
    severity: Literal["note", "low", "medium", "high", "critical"]
    path: str
    line: int | None
    fix: str
    fingerprint: str
    suppressed: str
    anchor: str
    newly: str = ""
    """What the change under the gate adds to hide it; it counts all the same, until people agree."""


class Item(Struct, frozen=True, kw_only=True):
    """One box of the checklist and how it ended."""

    id: str
    title: str
    category: str
    section: str
    stage: Stage
    status: Status
    required: bool
    check: str
    expect: str
    measured: int | float | str | bool | None
    examined: int
    summary: str
    seconds: float
    evidence: Evidence
    waiver: Waiver | None
    findings: tuple[Finding, ...]
    observation: Literal["measured", "found", "unseen"]
    unit: str
    reason: str
    remedy: str
    awaits: bool
    lapsed: bool
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    weight: float
    owner: str
    due: str
    max_age: str
    why: str
    how: str
    off: str


PROFILE_KEYS = frozenset(("id", "title", "category", "section", "stage", "required", "waiver", "weight", "owner", "due", "max_age", "why", "how", "off"))
"""Keys of an item that come from the profile and not from the observation."""


class CheckRun(Struct, frozen=True, kw_only=True):
    """Whether an enabled check ran."""

    id: str
    ran: bool
    why_not: str
    tool: str
    examined: int
    seconds: float


class Report(Struct, frozen=True, kw_only=True):
    """The whole file."""

    schema: Literal["prodready/report/v1"]
    tool: Tool
    subject: Subject
    profile: Profile
    stage: Stage
    started: str
    seconds: float
    decision: Decision
    score: Score
    items: tuple[Item, ...]
    checks: tuple[CheckRun, ...]
    notes: tuple[str, ...]
    signoffs: tuple[Signoff, ...]
    bypasses: tuple[str, ...]
    claims: tuple[str, ...]
    """How the ticks of a Markdown checklist stand beside the evidence."""
