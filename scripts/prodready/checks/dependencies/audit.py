"""pip-audit over names and versions that we have read ourselves: no package is resolved, downloaded or built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prodready.checks.dependencies.pins import Pin
from prodready.checks.dependencies.source import Source
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import Scan, Scanned, scan

CODES = {0: Says.NOTHING, 1: Says.SOMETHING}
CANARY_RULE = "planted"
_PRECEDENCE = ("CVE-", "GHSA-", "PYSEC-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """One flaw of one version of one package, whatever the number of its names."""

    key: str
    ids: tuple[str, ...]
    """All names, the best known first."""
    fixed: tuple[str, ...]
    """Versions that mend it, as far as pip-audit passes them on."""
    words: str
    """The description that pip-audit passes on: of several names it keeps one at random."""

    @property
    def rule(self) -> str:
        """The name to show."""
        return self.ids[0]


def audit(ctx: Context, source: Source, pins: Sequence[str]) -> tuple[Scanned, tuple[Vulnerability, ...]]:
    """Asks for every ``name==version``. Raises CannotTell."""
    folder = ctx.scratch()
    taken = {pin.partition("==")[0] for pin in pins}
    canary = source.canary(taken)
    (folder / "pins.txt").write_text("".join(f"{pin}\n" for pin in pins))
    (folder / "canary.txt").write_text(f"{canary}\n")
    reader = _Reader(canary=canary, pins=pins)
    planted = Canary(faults={canary: CANARY_RULE})
    manner = Manner(codes=CODES, parse=reader.read, inputs=frozenset(pins), canary=planted, remedy=source.remedy)
    report = folder / "report.json"
    args = (
        *("--requirement", "pins.txt", "--requirement", "canary.txt", "--no-deps", "--disable-pip", "--vulnerability-service", "osv"),
        *("--osv-url", f"{source.url}/v1/query", "--format", "json", "--desc", "on", "--aliases", "on", "--output", str(report)),
        *("--progress-spinner", "off", "--cache-dir", str(folder / "cache"), "--timeout", "30"),
    )
    scanned = scan(ctx.run, Scan(tool="pip-audit", args=args, cwd=folder, manner=manner, report=report, env=source.environment))
    return scanned, tuple(one for one in reader.found if one.key != canary)


def layers(pins: Sequence[Pin]) -> Iterator[tuple[str, ...]]:
    """The distinct pins in as few sets as there are versions of one package: pip-audit takes each package once."""
    versions: dict[str, list[str]] = {}
    for key in sorted({pin.key for pin in pins}):
        versions.setdefault(key.partition("==")[0], []).append(key)
    for depth in range(max(map(len, versions.values()), default=0)):
        yield tuple(keys[depth] for keys in versions.values() if depth < len(keys))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one report."""

    canary: str
    pins: Sequence[str]
    found: list[Vulnerability] = field(default_factory=list)

    def read(self, output: Output) -> Reading:
        """What is vulnerable, and what could not be looked up. Raises Malformed."""
        if "pip_audit._service" in output.stderr:
            raise Malformed("it warns that it left out an answer of the advisory service")
        scanned, unread = set[str](), dict[str, str]()
        for dependency in each(json_of(output.report), "dependencies"):
            name = want(dependency, "name", str)
            if "skip_reason" in dependency:
                unread |= dict.fromkeys(self._keys(name), f"pip-audit skipped it ({want(dependency, 'skip_reason', str)})")
                continue
            key = f"{name}=={want(dependency, 'version', str)}"
            scanned.add(key)
            self.found += distinct(key, list(each(dependency, "vulns")))
        return Reading(findings=tuple(map(self._finding, self.found)), scanned=scanned, unread=unread)

    def _keys(self, name: str) -> Iterator[str]:
        yield from (key for key in self.pins if key.startswith(f"{name}=="))

    def _finding(self, flaw: Vulnerability) -> Finding:
        return Finding(rule=CANARY_RULE if flaw.key == self.canary else flaw.rule, message=flaw.words, severity=Severity.HIGH, path=flaw.key)


def distinct(key: str, entries: Sequence[Mapping[str, object]]) -> Iterator[Vulnerability]:
    """The flaws behind entries of which several may be the same under other names. Raises Malformed."""
    groups: list[tuple[set[str], list[Mapping[str, object]]]] = []
    for entry in entries:
        names, members = {want(entry, "id", str), *map(str, want(entry, "aliases", list))}, [entry]
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names |= group[0]
            members = group[1] + members
        groups.append((names, members))
    for names, members in groups:
        fixed = tuple(str(version) for entry in members for version in want(entry, "fix_versions", list))
        words = next((text for entry in members if (text := str(entry.get("description") or ""))), "")
        yield Vulnerability(key=key, ids=tuple(sorted(names, key=_rank)), fixed=fixed, words=words)


def _rank(name: str) -> tuple[int, str]:
    return next((rank for rank, start in enumerate(_PRECEDENCE) if name.startswith(start)), len(_PRECEDENCE)), name
