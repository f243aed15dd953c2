"""A launch: its timeline, a file; its state, the records of its steps; and what of it is due."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import fields

from prodready import yamltext
from prodready.decode import DecodeError, decode
from prodready.engine.steps import Step
from prodready.errors import ProdreadyError
from prodready.evidence.record import Record
from prodready.expectation import Bound, ExpectationError, parse

DRILL = "launch"
"""The drill whose records are the steps of launches."""
SOONEST = 900.0
"""Seconds by which any step may be late: a schedule is never punctual."""
Verdict = Literal["passed", "failed", "unknown", "due", "waiting", "gone on", "awaited"]
_AT = re.compile(r"T[-+](\d[\w. ]{0,15})")


class Asked(Struct, frozen=True, kw_only=True):
    """A check of prodready, at the time of a step."""

    check: str
    """Its id."""
    params: Mapping[str, object] = field(default_factory=dict)
    """Its parameters."""
    expect: str = ""
    """The bound to hold; empty takes the check's own."""


class Moment(Struct, frozen=True, kw_only=True):
    """A step of the timeline, or a review after it."""

    at: str
    """When: ``T-0``, ``T+5min``, ``T+24h``, ``T+7d``."""
    title: str
    """What it is, in words."""
    act: tuple[Step, ...] = ()
    """What is done."""
    claims: tuple[Step, ...] = ()
    """What must hold then."""
    checks: tuple[Asked, ...] = ()
    """Checks that must pass."""
    documents: tuple[str, ...] = ()
    """Patterns of a document that must have been written or reviewed since T-0."""
    late: str = ""
    """How late it may be; empty takes a quarter of the time since T-0, at least 15 minutes."""

    def __post_init__(self) -> None:
        offset(self.at)
        late(self.at, self.late)
        if not (self.act or self.claims or self.checks or self.documents):
            raise ValueError(f"the step {self.at} neither does nor claims anything")


class Launch(Struct, frozen=True, kw_only=True):
    """The file."""

    target: str
    """What is launched, in a word or two."""
    steps: tuple[Moment, ...]
    """T-0 and what follows, in order of time."""
    rollback: str = ""
    """The command that people are told when a step does not hold."""
    go: tuple[Step, ...] = ()
    """What must hold before T-0 acts; what does not is a no-go."""
    reviews: tuple[Moment, ...] = field(default_factory=lambda: REVIEWS)
    """What people must have done later; they wait for nobody, and nothing waits for them."""

    def __post_init__(self) -> None:
        times = [offset(step.at) for step in self.steps]
        if not times or times[0] != 0:
            raise ValueError("the first step is T-0")
        names = [one.at for one in (*self.steps, *self.reviews)]
        if times != sorted(set(times)) or len(set(names)) < len(names):
            raise ValueError("the steps are in order of time, and no two of steps and reviews have the same name")
        if not self.rollback:
            raise ValueError("'rollback' is missing: nobody looks for the command when it burns")


class Row(Struct, frozen=True, kw_only=True):
    """Where a step stands."""

    moment: Moment
    due: datetime | None
    """None while the launch has not begun."""
    verdict: Verdict
    record: Record | None = None
    review: bool = False


class State(Struct, frozen=True, kw_only=True):
    """Where a launch stands."""

    id: str
    """Name and beginning; empty when none has begun."""
    began: datetime | None
    aborted: str
    """Why people ended it; empty when they did not."""
    rows: tuple[Row, ...]

    @property
    def stopped(self) -> Row | None:
        """The step that did not hold and that nobody has decided on."""
        return next((row for row in self.rows if not row.review and row.verdict in ("failed", "unknown")), None)

    @property
    def open(self) -> bool:
        """Whether steps are still to come, and may."""
        return bool(self.began and not self.aborted and self.next)

    @property
    def next(self) -> Row | None:
        """The step that comes next."""
        return next((row for row in self.rows if row.verdict in ("due", "waiting")), None)

    @property
    def due(self) -> tuple[Row, ...]:
        """What is to be looked at now: one step at a time, and every review that has come."""
        steps = [row for row in self.rows if row.verdict == "due" and not row.review]
        reviews = [row for row in self.rows if row.verdict == "awaited"]
        return (*([] if self.stopped or self.aborted else steps[:1]), *([] if self.aborted else reviews))


def read(path: Path) -> tuple[Launch, str]:
    """The launch in a YAML file, and the file's sha256. Raises ProdreadyError."""
    try:
        text = path.read_text("utf-8")
        return decode(yamltext.read(text, name=str(path)).data, Launch), hashlib.sha256(text.encode()).hexdigest()
    except OSError as error:
        raise ProdreadyError(f"{path} cannot be read: {error.strerror}", "docs/launch.md shows a timeline to begin with") from None
    except (yamltext.YamlError, DecodeError, UnicodeDecodeError) as error:
        raise ProdreadyError(f"{path}: {error}", "docs/launch.md shows a timeline to begin with") from None


def state(launch: Launch, records: Iterable[Record], now: datetime) -> State:
    """Where the latest launch of this target stands, by its records."""
    ours = sorted((one for one in records if one.drill == DRILL and _of(one).startswith(f"{launch.target} ")), key=lambda one: one.began)
    if not ours:
        rows = [Row(moment=one, due=None, verdict="waiting", review=one in launch.reviews) for one in (*launch.steps, *launch.reviews)]
        return State(id="", began=None, aborted="", rows=tuple(rows))
    mine = [one for one in ours if _of(one) == _of(ours[-1])]
    began = datetime.fromisoformat(_of(mine[0]).rpartition(" ")[2])
    aborted = next((str(one.params.get("reason")) for one in mine if one.params.get("decision") == "abort"), "")
    rows = [_row(moment, mine, began, now, review=False) for moment in launch.steps] + [_row(one, mine, began, now, review=True) for one in launch.reviews]
    return State(id=_of(mine[0]), began=began, aborted=aborted, rows=tuple(rows))


def _row(moment: Moment, records: Sequence[Record], began: datetime, now: datetime, *, review: bool) -> Row:
    due = began + timedelta(seconds=offset(moment.at))
    mine = [one for one in records if one.params.get("at") == moment.at]
    taken = [one for one in mine if not one.params.get("decision")]
    if taken:
        went_on = taken[-1].status != "passed" and mine[-1].params.get("decision") == "go-on"
        return Row(moment=moment, due=due, verdict="gone on" if went_on else taken[-1].status, record=taken[-1], review=review)
    verdict: Verdict = "waiting" if now < due else "awaited" if review else "due"
    return Row(moment=moment, due=due, verdict=verdict, review=review)


def name(launch: Launch, now: datetime) -> str:
    """What a launch that begins now is called."""
    return f"{launch.target} {now.astimezone(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"


def offset(at: str) -> float:
    """Seconds after T-0: ``T+5min`` -> 300. Raises ValueError."""
    found = _AT.fullmatch(at)
    length = None if found is None else 0.0 if found[1] == "0" else _seconds(found[1])
    if length is None or (at.startswith("T-") and length):
        raise ValueError(f"{at!r} is no time of a launch: write T-0, T+5min, T+24h or T+7d")
    return length


def late(at: str, given: str) -> float:
    """How many seconds late a step may be. Raises ValueError."""
    if not given:
        return max(SOONEST, offset(at) / 4)
    if (length := _seconds(given)) is None:
        raise ValueError(f"late: {given!r} is no duration: write for example '15 min'")
    return length


def utc(moment: datetime) -> str:
    """``2026-11-25T10:00:00Z``."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def written(of: object) -> object:
    """Plain data that decodes to the same, without what is as it is anyway."""
    if isinstance(of, Struct):
        return {one.name: written(value) for one in fields(of) if (value := getattr(of, one.name)) not in (one.default, (), {})}
    return [written(part) for part in of] if isinstance(of, tuple) else of


def _seconds(text: str) -> float | None:
    try:
        bound = parse(f"<= {text}")
    except ExpectationError:
        return None
    return bound.limit if isinstance(bound, Bound) and bound.unit == "s" else None


def _of(record: Record) -> str:
    return str(record.params.get("launch", ""))


REVIEWS: tuple[Moment, ...] = (
    Moment(at="T+1d", title="Day 1 review: all metrics after the first day", documents=("reports/day-1*.md", "docs/reviews/day-1*.md")),
    Moment(at="T+7d", title="Week 1 review: weekly performance report", documents=("reports/week-1*.md", "docs/reviews/week-1*.md")),
    Moment(at="T+30d", title="Month 1 review: full system review", documents=("reports/month-1*.md", "docs/reviews/month-1*.md")),
)
"""What falls due after every launch, unless the file says otherwise."""
