"""Ticks beside evidence: which item stands behind a box, which claims nothing bears out, and which the evidence contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prodready.boxes.outline import Box, Outline
from prodready.model import Item, Outcome, Status
from prodready.names import shown

MOST = 20
"""Contradictions of one list that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """A list with the outcomes behind its boxes."""

    outline: Outline
    outcomes: Mapping[Box, Outcome]
    """Of every leaf that an item stands behind."""

    def holds(self, box: Box) -> bool | None:
        """Whether the box is evidenced: its item passed, or all boxes below it are. None when no item stands behind it."""
        below = self.outline.below(self.outline.boxes.index(box))
        if below:
            states = [self.holds(each) for each in below]
            return False if False in states else None if None in states else True
        found = self.outcomes.get(box)
        return None if found is None else found.status is Status.PASSED

    def states(self) -> dict[Box, bool]:
        """The state that each box is to have, of those that evidence can speak about."""
        held = {box: self.holds(box) for box in self.outline.boxes}
        return {box: state for box, state in held.items() if state is not None}

    def claimed(self) -> list[Box]:
        """The boxes that somebody ticked."""
        return [box for box in self.outline.boxes if box.ticked]

    def contradicted(self) -> list[tuple[Box, Outcome]]:
        """Ticked leaves whose item failed."""
        return [(box, found) for box, found in self.outcomes.items() if box.ticked and found.status is Status.FAILED]


def backed(outline: Outline, outcomes: Iterable[Outcome]) -> Backed:
    """The list with what stands behind it, found by section and words; the words alone will do where they stand once."""
    by_id = {outcome.item.id: outcome for outcome in outcomes}
    found = matched(outline, [outcome.item for outcome in by_id.values()])
    return Backed(outline=outline, outcomes={box: by_id[item.id] for box, item in found.items()})


def matched(outline: Outline, items: Sequence[Item]) -> dict[Box, Item]:
    """Leaf -> item."""
    exact = {(plain(item.section), plain(item.title)): item for item in items}
    count = Counter(plain(item.title) for item in items)
    words = {plain(item.title): item for item in items if count[plain(item.title)] == 1}
    found = {}
    for box in outline.leaves():
        section = plain(outline.sections[box.section].title)
        item = exact.get((section, plain(box.text))) or words.get(plain(box.text))
        if item is not None:
            found[box] = item
    return found


def plain(text: str) -> str:
    """The letters and digits of a text, in lower case: what stays when Markdown, signs and spaces go."""
    return "".join(character for character in text.casefold() if character.isalnum())


def claims(path: str, backing: Backed) -> list[str]:
    """What a report says about the ticks of one list."""
    claimed, contradicted = backing.claimed(), backing.contradicted()
    evidenced = sum(backing.holds(box) is True for box in claimed)
    lines = [f"{shown(path)}: {len(claimed)} claimed, {evidenced} evidenced ({len(backing.outline.boxes)} boxes; a tick is no evidence)"]
    for box, found in contradicted[:MOST]:
        lines.append(f"{shown(path)}:{box.line}: ticked, but {found.item.id} failed: {found.summary}")
    if len(contradicted) > MOST:
        lines.append(f"{shown(path)}: and {len(contradicted) - MOST} more ticks that the evidence contradicts")
    return lines
