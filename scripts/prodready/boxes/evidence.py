"""Ticks beside evidence: which item stands behind a box, which claims nothing bears out, and which the evidence contradicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prodready.boxes.outline import Box, Outline
from prodready.model import Item, Outcome, Status
from prodready.names import shown

MOST = 20
"""Contradictions of one list that are told one by one."""


class Backed(Struct, frozen=True, kw_only=True):
    """A list with the outcomes behind its boxes."""

    outline: Outline
    outcomes: Mapping[Box, tuple[Outcome, ...]]
    """Of every leaf that items stand behind."""

    def holds(self, box: Box) -> bool | None:
        """Whether the box is evidenced: its items passed, or all boxes below it are. None when no item stands behind it."""
        below = self.outline.below(self.outline.boxes.index(box))
        if below:
            states = [self.holds(each) for each in below]
            return False if False in states else None if None in states else True
        found = self.outcomes.get(box)
        return None if found is None else all(outcome.status is Status.PASSED for outcome in found)

    def states(self) -> dict[Box, bool]:
        """The state that each box is to have, of those that evidence can speak about."""
        held = {box: self.holds(box) for box in self.outline.boxes}
        return {box: state for box, state in held.items() if state is not None}

    def claimed(self) -> list[Box]:
        """The boxes that somebody ticked."""
        return [box for box in self.outline.boxes if box.ticked]

    def contradicted(self) -> list[tuple[Box, Outcome]]:
        """Ticked leaves, each with an item of it that failed."""
        return [(box, outcome) for box, found in self.outcomes.items() if box.ticked for outcome in found if outcome.status is Status.FAILED]


def backed(outline: Outline, outcomes: Iterable[Outcome]) -> Backed:
    """The list with what stands behind it, found by section and words; the words alone will do where they stand once."""
    by_id = {outcome.item.id: outcome for outcome in outcomes}
    found = matched(outline, [outcome.item for outcome in by_id.values()])
    return Backed(outline=outline, outcomes={box: tuple(by_id[item.id] for item in items) for box, items in found.items()})


def matched(outline: Outline, items: Sequence[Item]) -> dict[Box, tuple[Item, ...]]:
    """Leaf -> the items behind it, which all have its words for a title."""
    exact, anywhere = defaultdict[tuple[str, str], list[Item]](list), defaultdict[str, list[Item]](list)
    for item in items:
        exact[plain(item.section), plain(item.title)].append(item)
        anywhere[plain(item.title)].append(item)
    found = {}
    for box in outline.leaves():
        same = exact.get((plain(outline.sections[box.section].title), plain(box.text))) or anywhere.get(plain(box.text), [])
        if same and len({item.section for item in same}) == 1:
            found[box] = tuple(same)
    return found


def _is_about(path: str, item: Item) -> bool:
    """Whether an item looks at this one file and nothing else."""
    looked_at = item.params.get("files", item.params.get("paths"))
    return isinstance(looked_at, list) and bool(looked_at) and all(str(name).lstrip("/") == path for name in looked_at)


def plain(text: str) -> str:
    """The letters and digits of a text, in lower case: what stays when Markdown, signs and spaces go."""
    return "".join(character for character in text.casefold() if character.isalnum())


def claims(path: str, backing: Backed) -> list[str]:
    """What a report says about the ticks of one list. That the list is there, or has boxes, is no evidence for its own ticks."""
    claimed, contradicted = backing.claimed(), backing.contradicted()
    beyond = replace(backing, outcomes={box: found for box, found in backing.outcomes.items() if not all(_is_about(path, outcome.item) for outcome in found)})
    evidenced = sum(beyond.holds(box) is True for box in claimed)
    lines = [f"{shown(path)}: {len(claimed)} claimed, {evidenced} evidenced ({len(backing.outline.boxes)} boxes; a tick is no evidence)"]
    for box, found in contradicted[:MOST]:
        lines.append(f"{shown(path)}:{box.line}: ticked, but {found.item.id} failed: {found.summary}")
    if len(contradicted) > MOST:
        lines.append(f"{shown(path)}: and {len(contradicted) - MOST} more ticks that the evidence contradicts")
    return lines
