"""What a drill is: a check that disturbs something on purpose and times it. Found by the name of its folder, as checks are."""

from __future__ import annotations

import ast
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from prodready.engine.ground import Ground
from prodready.engine.incident import Incident
from prodready.engine.outage import Span
from prodready.model import Evidence, Finding, Found, Measured, Severity
from prodready.probes import plain

P = TypeVar("P", bound=Struct)
DRILLS = Path(__file__).parent / "drills"


class Drilled(Struct, frozen=True, kw_only=True):
    """What a drill saw. A claim that does not hold is never reached: its time is ``math.inf``, and its findings say why."""

    seen: Measured | Found
    interval: Span | None = None
    """Seconds between which the true time lies; None for a drill that measures no time."""
    incidents: tuple[Incident, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    """Anything else that the record keeps, as plain data."""


def claim(rule: str, message: str, fix: str) -> Finding:
    """A claim of a drill that does not hold."""
    return Finding(rule=rule, message=message, severity=Severity.HIGH, fix=fix)


def timed(ground: Ground, took: Span, claims: Sequence[Finding], *, told: str, facts: Mapping[str, object] = MappingProxyType({})) -> Drilled:
    """A drill that measures a time: endless when a claim does not hold. ``told`` says what was timed."""
    took = (Span(took.low, math.inf) if claims else took).outward
    evidence = Evidence(source=claims[0].message if claims else told, collected=ground.journal.begun)
    return Drilled(seen=Measured(value=took.high, unit="s", findings=tuple(claims), evidence=evidence), interval=took, facts=dict(facts))


def judged(
    ground: Ground, claims: Sequence[Finding], *, examined: int, told: str, gaps: Sequence[str] = (), facts: Mapping[str, object] = MappingProxyType({})
) -> Drilled:  # fmt: skip
    """A drill whose claims hold or do not, or cannot be told (``gaps``). ``examined`` counts them."""
    seen = Found(examined=examined, findings=tuple(claims), gaps=tuple(gaps), evidence=Evidence(source=told, collected=ground.journal.begun))
    return Drilled(seen=seen, facts=dict(facts))


class Drill(Struct, Generic[P], frozen=True, kw_only=True):
    """A drill: typed parameters, and the code that disturbs and looks."""

    params: type[P]
    """A frozen struct with a docstring below each field, as for a check."""
    perform: Callable[[Ground, P], Drilled]
    """Raises CannotTell when the fault was not proven, a control failed, or nothing could be seen."""
    expect: str
    """The bound that holds when none is given."""
    bound: Callable[[P], str] | None = None
    """The bound for these parameters; None takes ``expect``."""
    target: Callable[[P], str] = lambda params: plain(str(getattr(params, "target", "") or getattr(params, "shown", "")))
    """What the record calls what is disturbed: known before anything is done, so that however the drill ends, a gate takes no older one for the latest."""

    def usual(self, params: P) -> str:
        """The bound that holds with these parameters when none is given."""
        return self.bound(params) if self.bound else self.expect


def known() -> tuple[str, ...]:
    """The ids of all drills, sorted; nothing is imported."""
    return tuple(sorted(folder.name for folder in DRILLS.iterdir() if (folder / "__init__.py").is_file()))


@cache
def load(drill_id: str) -> Drill[Any]:
    """The drill of that id. Raises KeyError for an id that is no folder of ``drills/``."""
    if drill_id not in known():
        raise KeyError(drill_id)
    found: Drill[Any] = importlib.import_module(f"prodready.drills.{drill_id}").DRILL
    return found


def doc(drill_id: str) -> str:
    """The drill's own words: the docstring of its folder; read without importing it."""
    return (ast.get_docstring(ast.parse((DRILLS / drill_id / "__init__.py").read_text("utf-8"))) or "").strip()
