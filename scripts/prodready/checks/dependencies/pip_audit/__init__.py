"""pip-audit over names and versions that we have read ourselves: no package is resolved, downloaded or built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prodready.checks.dependencies.advice import Served
from prodready.checks.dependencies.flaws import Said
from prodready.checks.dependencies.voices import Heard, Question, Voice
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.readers.resolved import Package
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import Scan, Scanned, scan

CODES = {0: Says.NOTHING, 1: Says.SOMETHING}
PLANTED = "planted"
AROUND = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
"""A proxy that the machine uses for the internet must not be asked for this machine itself."""


def ask(ctx: Context, question: Question) -> Heard:
    """What it says about every ``name==version``. Raises CannotTell."""
    pins = sorted({_pin(package) for package in question.packages})
    with question.advice.served("pypi") as served:
        runs = [_audit(ctx, served, layer) for layer in layers(pins)]
    return Heard(
        tool=runs[0][0].tool,
        sha256=hashlib.sha256("".join(one.sha256 for one, _ in runs).encode()).hexdigest(),
        said=tuple(one for _, some in runs for one in some),
        gaps=tuple(gap for one, _ in runs for gap in one.gaps),
        notes=tuple(note for one, _ in runs for note in one.notes),
    )


VOICE = Voice(systems=frozenset(("pypi",)), ask=ask)


def _pin(package: Package) -> str:
    return f"{package.name}=={package.version}"


def _audit(ctx: Context, served: Served, pins: Sequence[str]) -> tuple[Scanned, tuple[Said, ...]]:
    folder = ctx.scratch()
    canary = _pin(served.canary({pin.partition("==")[0] for pin in pins}))
    (folder / "pins.txt").write_text("".join(f"{pin}\n" for pin in pins))
    (folder / "canary.txt").write_text(f"{canary}\n")
    reader = _Reader(canary=canary, pins=pins)
    manner = Manner(codes=CODES, parse=reader.read, inputs=frozenset(pins), canary=Canary(faults={canary: PLANTED}))
    report = folder / "report.json"
    args = (
        *("--requirement", "pins.txt", "--requirement", "canary.txt", "--no-deps", "--disable-pip", "--vulnerability-service", "osv"),
        *("--osv-url", f"{served.url}/v1/query", "--format", "json", "--desc", "on", "--aliases", "on", "--output", str(report)),
        *("--progress-spinner", "off", "--cache-dir", str(folder / "cache"), "--timeout", "30"),
    )
    env = AROUND if served.url.startswith("http://127.0.0.1") else {}
    scanned = scan(ctx.run, Scan(tool="pip-audit", args=args, cwd=folder, manner=manner, report=report, env=env))
    return scanned, tuple(one for pin, one in reader.said if pin != canary)


def layers(pins: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The pins in as few sets as there are versions of one package: pip-audit takes each package once."""
    versions: dict[str, list[str]] = {}
    for pin in pins:
        versions.setdefault(pin.partition("==")[0], []).append(pin)
    for depth in range(max(map(len, versions.values()), default=0)):
        yield tuple(some[depth] for some in versions.values() if depth < len(some))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one report."""

    canary: str
    pins: Sequence[str]
    said: list[tuple[str, Said]] = field(default_factory=list)

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
            pin = f"{name}=={want(dependency, 'version', str)}"
            scanned.add(pin)
            self.said += [(pin, _said(name, pin, entry)) for entry in each(dependency, "vulns")]
        return Reading(findings=tuple(self._finding(pin, one) for pin, one in self.said), scanned=scanned, unread=unread)

    def _keys(self, name: str) -> Iterator[str]:
        yield from (pin for pin in self.pins if pin.startswith(f"{name}=="))

    def _finding(self, pin: str, one: Said) -> Finding:
        return Finding(rule=PLANTED if pin == self.canary else one.ids[0], message=one.words, severity=Severity.HIGH, path=pin)


def _said(name: str, pin: str, entry: Mapping[str, object]) -> Said:
    return Said(
        key=("pypi", name, pin.partition("==")[2]),
        ids=(want(entry, "id", str), *map(str, want(entry, "aliases", list))),
        fixed=tuple(map(str, want(entry, "fix_versions", list))),
        words=" ".join(str(entry.get("description") or "").split())[:500],
        tool="pip-audit",
    )
