"""Whether a lock file is all there: one that was cut off between two packages reads like one that locks fewer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from prodready.readers.resolved.nouns import Resolved, gap

MOST = 10
"""Missing packages that are told one by one."""


def missing(needs: Mapping[str, Collection[str]], path: str) -> Resolved:
    """A gap for each package that another of the file needs and that is not in it; ``needs`` has every package of the file, by its name."""
    lost = sorted({need for wanted in needs.values() for need in wanted} - needs.keys())
    why = "is needed by a package of this file and is not in it: it was cut off, or edited by hand; write it anew"
    return Resolved.all(gap(path, None, name, why) for name in lost[:MOST])
