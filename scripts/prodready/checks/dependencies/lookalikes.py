"""Names that look like those of packages everybody knows, one slip of the finger away: mostly harmless, sometimes an attack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from prodready.names import counted
from prodready.readers.resolved import Package

MOST = 20
SHORTEST = 5
"""Letters a name must have: short ones are near to each other by chance."""


def notes(packages: Iterable[Package]) -> Iterator[str]:
    """A note for each name that is one slip away from a popular one and not popular itself."""
    names = sorted({(one.system, one.name) for one in packages})
    found = [(name, system, other) for system, name in names if (other := resembled(system, name))]
    for name, system, other in found[:MOST]:
        yield f"{name} ({system}) looks like {other}: see that it is the package that is meant"
    if len(found) > MOST:
        yield f"{counted(len(found) - MOST, 'more name')} that look like popular ones"


def resembled(system: str, name: str) -> str:
    """The popular package that a name can be mistaken for; empty for most."""
    popular = _popular().get(system, frozenset())
    if name in popular or len(name) < SHORTEST:
        return ""
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    return next((other for other in sorted(popular) if abs(len(other) - len(name)) <= 1 and (other.replace("-", "") == plain or is_slip(name, other))), "")


def is_slip(one: str, other: str) -> bool:
    """Whether one letter was left out, doubled, changed, or two neighbours were exchanged (Damerau's distance of 1)."""
    if one == other:
        return False
    start = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or (left[:2] == right[1::-1] and len(right) > 1 and left[2:] == right[2:])


@cache
def _popular() -> Mapping[str, frozenset[str]]:
    """System -> its popular packages, by the lines ``system: name name …`` of the list beside this file."""
    found: dict[str, frozenset[str]] = {}
    for line in Path(__file__).with_name("popular.txt").read_text("utf-8").splitlines():
        system, colon, names = line.partition(": ")
        if colon and not line.startswith("#"):
            found[system] = found.get(system, frozenset()) | frozenset(names.split())
    return found
