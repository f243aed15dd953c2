"""What a scanner of secrets passes over by design, told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from prodready.names import counted


def passed_over(files: Mapping[str, str]) -> tuple[str, ...]:
    """A note for each reason, with the number of files; a file without a reason (an empty one) is no loss."""
    counts = Counter(why for why in files.values() if why)
    return tuple(f"not read: {counted(number, 'file')} {why}" for why, number in sorted(counts.items()))
