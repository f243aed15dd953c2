"""Other items hold: "all items above are done", "every compliance requirement is met".

``items`` are ids or patterns of ids (``pre-iam-*``), ``sections`` titles of sections. The item itself and other items that roll up are left out,
so that two lists of "everything" do not wait for each other. An item that failed is a finding; one that is unknown, stale or waits for a person
leaves this one unknown, since nobody can tell yet. A waiver counts as held only with ``waived: true``. What does not apply is not counted. Items
of a later stage than the run's are not part of it.

An item that uses it:

    - id: compliance.met
      title: All compliance requirements are met
      check: roll_up
      params: {items: ["compliance.*", licences.allowed]}
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Outcome, Severity, Status
from prodready.names import counted, few


class Params(Struct, frozen=True, kw_only=True):
    """Which items must hold."""

    items: tuple[str, ...] = ()
    """Ids, or patterns of ids with ``*``; all items when neither this nor ``sections`` is given."""
    sections: tuple[str, ...] = ()
    """Titles of sections, or patterns of them; their items are added to ``items``."""
    without: tuple[str, ...] = ()
    """Ids, or patterns of ids, that are left out."""
    waived: bool = False
    """Whether a waived item counts as held."""


def observe(ctx: Context, params: Params) -> Found:
    """How the items ended that were asked for. Raises CannotTell when none was."""
    if ctx.outcomes is None:
        raise CannotTell("this run holds a part of the checklist only", "run it without --only and --domain")
    chosen = [outcome for outcome in ctx.outcomes if _chosen(outcome, params) and outcome.status is not Status.NOT_APPLICABLE]
    if not chosen:
        wanted = few([*params.items, *params.sections]) or "any"
        raise CannotTell(f"no item of this run is {wanted}", "run the whole checklist, or name items that it has: 'prodready list items'")
    findings = [_finding(outcome) for outcome in chosen if outcome.status is Status.FAILED or (outcome.status is Status.WAIVED and not params.waived)]
    gaps = [f"{outcome.item.id} is {outcome.status}: {outcome.summary}" for outcome in chosen if outcome.status in _OPEN]
    return Found(examined=len(chosen), evidence=Evidence(source=counted(len(chosen), "item")), findings=tuple(findings), gaps=tuple(gaps))


_OPEN = (Status.UNKNOWN, Status.STALE, Status.PENDING)


def _chosen(outcome: Outcome, params: Params) -> bool:
    item = outcome.item
    if item.check == "roll_up" or _among(item.id, params.without):
        return False
    return not (params.items or params.sections) or _among(item.id, params.items) or _among(item.section, params.sections)


def _among(word: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(word, pattern) for pattern in patterns)


def _finding(outcome: Outcome) -> Finding:
    words = f"{outcome.item.id} {'is only waived' if outcome.status is Status.WAIVED else 'failed'}: {outcome.summary}"
    return Finding(rule=outcome.item.id, message=words, severity=Severity.HIGH, fix=f"mend {outcome.item.id}: 'prodready explain {outcome.item.id}'")


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="repository", late=True)
