"""One flaw, whatever the number of its names and of those who tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prodready.checks.dependencies.advice import Advice
from prodready.checks.dependencies.advisories import Record, fixes
from prodready.checks.dependencies.cvss import severity
from prodready.checks.dependencies.ecosystems import version
from prodready.model import Severity
from prodready.readers.resolved import Key, Package

_PRECEDENCE = ("MAL-", "CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "OSV-", "SNYK-", "PVE-", "SFTY-")


class Said(Struct, frozen=True, kw_only=True):
    """What one source or program says of one flaw of one package."""

    key: Key
    ids: tuple[str, ...]
    """Its names, aliases among them."""
    fixed: tuple[str, ...] = ()
    words: str = ""
    severity: Severity | None = None
    tool: str = ""


class Flaw(Struct, frozen=True, kw_only=True):
    """A flaw of a package in one version."""

    key: Key
    ids: tuple[str, ...]
    """All names, the best known first."""
    fixed: tuple[str, ...]
    """Versions that mend it, the lowest first."""
    words: str
    severity: Severity | None
    """The worst that anybody says; None when nobody says."""
    tools: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The name to show."""
        return self.ids[0]

    @property
    def malicious(self) -> bool:
        """Whether the package itself is the attack."""
        return self.rule.startswith("MAL-")


def said(package: Package, record: Record, *, tool: str = "") -> Said:
    """What an advisory says of a package."""
    aliases = record.get("aliases")
    names = (record["id"], *map(str, aliases if isinstance(aliases, list) else ()))
    text = next((text for key in ("summary", "details") if isinstance(text := record.get(key), str) and text.strip()), "")
    return Said(key=package.key, ids=names, fixed=tuple(fixes(record, package)), words=" ".join(text.split())[:500], severity=severity([record]), tool=tool)


def distinct(sayings: Iterable[Said], advice: Advice | None = None) -> Iterator[Flaw]:
    """The flaws behind sayings of which several may be the same under other names; ``advice`` is asked for the severity that none of them tells."""
    groups: list[list[Said]] = []
    for one in sayings:
        same = [group for group in groups if any(one.key == other.key and set(one.ids) & set(other.ids) for other in group)]
        groups = [group for group in groups if group not in same] + [[*(other for group in same for other in group), one]]
    yield from (_flaw(group, advice) for group in groups)


def _flaw(group: Sequence[Said], advice: Advice | None) -> Flaw:
    ids = tuple(sorted({name for one in group for name in one.ids}, key=rank))
    worst = max((one.severity for one in group if one.severity is not None), default=None)
    found = Flaw(
        key=group[0].key, ids=ids, fixed=ordered(group[0].key[0], (at for one in group for at in one.fixed)),
        words=next((one.words for one in group if one.words), ""), severity=worst,
        tools=tuple(dict.fromkeys(one.tool for one in group if one.tool)),
    )  # fmt: skip
    if worst is None and advice is not None and not found.malicious:
        return replace(found, severity=severity(record for name in ids if (record := advice.named(name)) is not None))
    return found


def ordered(system: str, versions: Iterable[str]) -> tuple[str, ...]:
    """Distinct versions that can be told, the lowest first."""
    known = {text: at for text in versions if (at := version(system, text)) is not None}
    return tuple(sorted(known, key=lambda text: known[text]))


def rank(name: str) -> tuple[int, str]:
    """Sorts the names of a flaw, the best known first."""
    return next((at for at, start in enumerate(_PRECEDENCE) if name.startswith(start)), len(_PRECEDENCE)), name
