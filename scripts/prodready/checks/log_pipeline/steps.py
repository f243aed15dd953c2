"""What happens to the labels of a line on its way, whichever agent it is."""

from __future__ import annotations

from msgspec import Struct

from prodready import patterns


class Step(Struct, frozen=True, kw_only=True):
    """One thing that is done to labels."""

    adds: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    """Exact names."""
    drops_like: str = ""
    """A regular expression that must match a whole name."""
    keeps: frozenset[str] | None = None
    """Everything else is dropped."""
    keeps_like: str = ""
    sometimes: bool = False
    """Done to some lines only: then nothing can be relied on to be dropped."""

    def after(self, labels: frozenset[str]) -> frozenset[str]:
        """The labels that may be on the line afterwards. Raises CannotTell for a pattern that never ends."""
        kept = labels if self.sometimes else frozenset(label for label in labels if not self._drops(label))
        return kept | self.adds

    def _drops(self, label: str) -> bool:
        if label in self.drops or (self.keeps is not None and label not in self.keeps):
            return True
        return bool(self.drops_like and whole(self.drops_like, label)) or bool(self.keeps_like and not whole(self.keeps_like, label))


class Way(Struct, frozen=True, kw_only=True):
    """From a source to a place where logs leave."""

    name: str
    steps: tuple[Step, ...]
    line: int | None = None


def left(way: Way, forbidden: frozenset[str]) -> frozenset[str]:
    """The forbidden labels that reach the end."""
    labels = forbidden
    for step in way.steps:
        labels = step.after(labels)
    return labels & forbidden


def whole(pattern: str, name: str) -> bool:
    """Whether the pattern matches the whole name, as relabelling has it."""
    return patterns.first(rf"\A(?:{pattern})\Z", name, name="a label") is not None
