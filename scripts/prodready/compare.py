"""Two policies beside each other: what the second asks less of, in words; and what it would make of the same observations."""

from __future__ import annotations

from collections.abc import Iterator

from prodready import check, expectation
from prodready.errors import ProdreadyError
from prodready.judge import judge
from prodready.model import Checklist, Item, Outcome, Report, Role, Stage, Status, Unseen, Waiver
from prodready.names import counted, few
from prodready.plan import parameters
from prodready.score import score


def weaker(held: Checklist, candidate: Checklist) -> tuple[str, ...]:
    """Every way in which the candidate could let through what the held one stops. What cannot be ranked counts as weaker."""
    return tuple(_ways(held, candidate))


def _ways(held: Checklist, candidate: Checklist) -> Iterator[str]:
    if candidate.pass_mark < held.pass_mark:
        yield f"the pass mark falls from {held.pass_mark:g} to {candidate.pass_mark:g}"
    if candidate.waived_most > held.waived_most:
        yield f"waivers may lend {candidate.waived_most:g} points instead of {held.waived_most:g}"
    after = {item.id: item for item in candidate.items}
    for item in held.items:
        yield from _item(item, after.get(item.id))
    yield from _weights(held, candidate)
    for exclusion in candidate.exclude:
        if exclusion not in held.exclude:
            yield f"{few(exclusion.files)} is left out"
    yield from widened(held.waivers, candidate.waivers)
    yield from _people(held, candidate)
    if held.environment != candidate.environment:
        yield "which records of the environment are believed changes"
    yield from (f"{name} is changed or removed" for name in ("settings", "targets") if _lost(getattr(held, name), getattr(candidate, name)))


def _item(item: Item, after: Item | None) -> Iterator[str]:
    if after is None:
        yield f"{item.id} is removed"
        return
    if after.off and not item.off:
        yield f"{item.id} is switched off"
    if item.required and not after.required:
        yield f"{item.id} is no longer required"
    if tuple(Stage).index(after.stage) > tuple(Stage).index(item.stage):
        yield f"{item.id} moves from {item.stage} to {after.stage}"
    for name, words in _OTHER.items():
        if getattr(item, name) != getattr(after, name):
            yield f"{item.id} has {words}"


_OTHER = {
    "check": "another check", "params": "other parameters", "expect": "another bound", "max_age": "another age", "when": "another rule when it applies",
}  # fmt: skip


def _weights(held: Checklist, candidate: Checklist) -> Iterator[str]:
    """Any other balance may let the same faults weigh less."""
    if {item.id: item.weight for item in held.items} != {item.id: item.weight for item in candidate.items if item.id in {old.id for old in held.items}}:
        yield "items weigh otherwise"
    if {part.id: part.weight for part in held.categories} != {part.id: part.weight for part in candidate.categories}:
        yield "categories weigh otherwise"


def widened(held: tuple[Waiver, ...], candidate: tuple[Waiver, ...]) -> Iterator[str]:
    """The waivers of the second that the first does not have, or not for as long."""
    before = {waiver.item: waiver for waiver in held}
    for waiver in candidate:
        old = before.get(waiver.item)
        if old is None:
            yield f"{waiver.item} is waived until {waiver.until}"
        elif waiver.until > old.until:
            yield f"the waiver of {waiver.item} is widened from {old.until} to {waiver.until}"


def _people(held: Checklist, candidate: Checklist) -> Iterator[str]:
    for name, role in candidate.roles.items():
        old = held.roles.get(name, Role())
        if added := [*(set(role.people.items()) - set(old.people.items())), *(set(role.teams) - set(old.teams)), *(set(role.ssh) - set(old.ssh))]:
            yield f"{counted(len(added), 'more signer')} for {name}"
    if held.signoffs != candidate.signoffs:
        yield "the rules of signing change"


def _lost(old: object, new: object) -> bool:
    return isinstance(old, dict) and isinstance(new, dict) and any(new.get(key) != value for key, value in old.items())


def effect(report: Report, candidate: Checklist) -> str:
    """What the candidate would make of what was seen: ``after the merge: 91.0 -> 96.0, pass mark 90 -> 80; 3 items are removed``."""
    seen = {outcome.item.id: outcome for outcome in report.outcomes}
    items = [item for item in candidate.items if item.stage in report.stage.reach]
    now = {item.id: _again(item, seen[item.id], report, candidate) if item.id in seen else _new(item) for item in items}
    value = score(candidate, now).value
    removed, added = len(seen.keys() - now.keys()), len(now.keys() - seen.keys())
    words = [f"after the merge: {report.score.value:.1f} -> {value:.1f}, pass mark {report.score.pass_mark:g} -> {candidate.pass_mark:g}"]
    words += [f"{counted(removed, 'item')} removed"] if removed else []
    words += [f"{counted(added, 'item')} added, not looked at yet"] if added else []
    return "; ".join(words)


def _again(item: Item, outcome: Outcome, report: Report, candidate: Checklist) -> Outcome:
    """The same observation under the candidate's bound and waivers; one of another kind was not made."""
    if item.off:
        return Outcome(item=item, status=Status.NOT_APPLICABLE, summary=item.off, observation=outcome.observation)
    if outcome.status is Status.NOT_APPLICABLE and (item.when, item.off) == (outcome.item.when, outcome.item.off):
        return outcome
    if (item.check, item.params) != (outcome.item.check, outcome.item.params):
        return _new(item)
    try:
        usual = check.load(item.check).usual(parameters(item, candidate.settings))
    except ProdreadyError:
        return _new(item)
    return judge(item, outcome.observation, usual=expectation.parse(usual), now=report.started, waivers=candidate.waivers)


def _new(item: Item) -> Outcome:
    return Outcome(item=item, status=Status.UNKNOWN, summary="not looked at yet", observation=Unseen(reason="not looked at yet"))
