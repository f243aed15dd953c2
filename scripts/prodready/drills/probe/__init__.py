"""Look at a running system by any check, and keep what was seen as a record.

A gate of a pull request reaches no production, and should hold no credentials of it. So a job that may look (on a schedule, in the network, with the
secrets) runs the check there and leaves its record; the gate reads that by ``drill_record``, which knows how old it is and, where records are signed,
by whom. Nothing is disturbed: the check reads, as everywhere.

A file that uses it:

    drill: probe
    title: Every target of production is scraped
    params: {check: prometheus_targets, params: {url: prometheus, jobs: [desk]}}
    good_for: 1 d
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from prodready import check
from prodready.decode import nearest
from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.plan import bind


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which check, and with what."""

    check: str
    """The id of the check."""
    params: Mapping[str, object] = field(default_factory=dict)
    """Its parameters, as an item states them."""
    target: str = ""
    """What the record calls that which was looked at; empty takes the check's id."""

    def __post_init__(self) -> None:
        if self.check not in check.known():
            raise ValueError(f"there is no check {self.check!r}; {nearest(self.check, check.known())}")
        if check.load(self.check).late:
            raise ValueError(f"{self.check} looks at other items and not at a system")


def perform(ground: Ground, params: Params) -> Drilled:
    """Runs the check. Raises what it raises, and ProdreadyError for parameters that it does not take."""
    typed = bind(params.check, params.params, where=params.check)
    ground.read_only(f"look by the check {params.check}")
    ground.journal.note("observe", f"the check {params.check} looks")
    seen = check.load(params.check).observe(replace(ground.world, secret=ground.secret), typed)
    return Drilled(seen=seen, target=params.target or params.check)


def _bound(params: Params) -> str:
    return check.load(params.check).usual(bind(params.check, params.params, where=params.check))


DRILL = Drill(params=Params, perform=perform, expect="no findings", bound=_bound)
