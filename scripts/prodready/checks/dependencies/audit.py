"""One shape for programs that audit pins: a project of our own writing that holds nothing but names and versions, a canary among them, and a strict reading."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.dependencies.advice import Served
from prodready.checks.dependencies.ecosystems import canaries
from prodready.checks.dependencies.flaws import Said
from prodready.checks.dependencies.voices import Heard, Question, Voice
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.readers.resolved import Key, Package
from prodready.tools.classify import Canary, Manner, Output, Reading, Says
from prodready.tools.scan import DEADLINE, Scan, Scanned, scan

PLANTED = "planted"
AROUND = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
"""A proxy that the machine uses for the internet must not be asked for this machine itself."""


class Pins(Struct, frozen=True, kw_only=True):
    """What one run is asked about: packages of one system, none of them in two versions."""

    folder: Path
    """Where the program runs: ours, and empty."""
    packages: tuple[Package, ...]
    canary: Package
    served: Served
    """An OSV endpoint, for a program that asks one."""

    @property
    def every(self) -> tuple[Package, ...]:
        """What is audited, the canary among it."""
        return (*self.packages, self.canary)

    def key(self, name: str, version: str = "") -> Key:
        """What a report means by a name. One that nobody asked about stays that, and is refused as such."""
        known = next((one.version for one in self.every if one.name == name), "?")
        return self.canary.system, name, version or known

    def all_of(self, count: int) -> Collection[str]:
        """Every pin, for a program that says no more than how many it looked at, when it is that many."""
        return [label(one.key) for one in self.every] if count == len(self.every) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How the program is called."""

    args: Sequence[str]
    report: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May hold a credential."""


class Told(Struct, frozen=True, kw_only=True):
    """What a report says."""

    said: Sequence[Said]
    scanned: Collection[str]
    """The labels of what it says it looked up."""
    unread: Mapping[str, str] = msgspec.field(default_factory=dict)
    notes: tuple[str, ...] = ()


Source = Callable[[Context, Question, str], AbstractContextManager[Served]]


def ours(ctx: Context, question: Question, system: str) -> AbstractContextManager[Served]:
    """Advisories of the same source as our own look-up."""
    return question.advice.served(system)


def theirs(ctx: Context, question: Question, system: str) -> AbstractContextManager[Served]:
    """Advisories of the program's own service. Raises CannotTell offline."""
    if ctx.offline:
        raise CannotTell("it asks a service of its own, and this run is offline", "run without --offline, or take it out of 'also:'")
    return nullcontext(Served(url="", canaries=canaries(system, ())))


class Auditor(Struct, frozen=True, kw_only=True):
    """A program that audits pins: all in which it differs from others."""

    tool: str
    systems: frozenset[str]
    codes: Mapping[int, Says]
    call: Callable[[Context, Pins], Call]
    """Writes what the program reads into the folder. Raises CannotTell."""
    read: Callable[[Output, Pins], Told]
    """Raises Malformed."""
    source: Source
    remedy: str = ""
    """What helps most of the times that it fails."""

    @property
    def voice(self) -> Voice:
        """It, as one that is asked beside our own look-up."""
        return Voice(systems=self.systems, ask=self.ask)

    def ask(self, ctx: Context, question: Question) -> Heard:
        """What it says about every pin. Raises CannotTell."""
        runs = [run for system in sorted({one.system for one in question.packages}) for run in self._about(ctx, question, system)]
        return Heard(
            tool=runs[0][0].tool,
            sha256=hashlib.sha256("".join(one.sha256 for one, _ in runs).encode()).hexdigest(),
            said=tuple(one for _, some in runs for one in some),
            gaps=tuple(gap for one, _ in runs for gap in one.gaps),
            notes=tuple(dict.fromkeys(note for one, _ in runs for note in one.notes)),
        )

    def _about(self, ctx: Context, question: Question, system: str) -> Iterator[tuple[Scanned, tuple[Said, ...]]]:
        mine = [one for one in question.packages if one.system == system]
        with self.source(ctx, question, system) as served:
            canary = served.canary({one.name for one in mine})
            for packages in layers(mine):
                yield self._run(ctx, Pins(folder=ctx.scratch(), packages=packages, canary=canary, served=served))

    def _run(self, ctx: Context, pins: Pins) -> tuple[Scanned, tuple[Said, ...]]:
        heard = list[Said]()

        def read(output: Output) -> Reading:
            told = self.read(output, pins)
            heard.extend(told.said)
            return Reading(findings=tuple(_finding(one, pins) for one in told.said), scanned=told.scanned, unread=told.unread, notes=told.notes)

        call, canary = self.call(ctx, pins), Canary(faults={label(pins.canary.key): PLANTED})
        inputs = frozenset(label(one.key) for one in pins.packages)
        manner = Manner(codes=self.codes, parse=read, inputs=inputs, canary=canary, remedy=self.remedy, quotable=self.source is ours)
        job = Scan(tool=self.tool, args=call.args, cwd=pins.folder, manner=manner, report=call.report, env=call.env, deadline=DEADLINE)
        return scan(ctx.run, job), tuple(one for one in heard if one.key != pins.canary.key)


def _finding(one: Said, pins: Pins) -> Finding:
    rule = PLANTED if one.key == pins.canary.key else one.ids[0]
    return Finding(rule=rule, message=one.words, severity=Severity.HIGH, path=label(one.key))


def label(key: Key) -> str:
    """Name and version, as one word."""
    return f"{key[1]}@{key[2]}"


def layers(packages: Sequence[Package]) -> Iterator[tuple[Package, ...]]:
    """The packages in as few sets as there are versions of one: most programs take each name once, or do not say which version they mean."""
    versions: dict[str, list[Package]] = {}
    for package in sorted({one.key: one for one in packages}.values(), key=lambda one: one.key):
        versions.setdefault(package.name, []).append(package)
    for depth in range(max(map(len, versions.values()), default=0)):
        yield tuple(some[depth] for some in versions.values() if depth < len(some))


def credentials(ctx: Context, needed: str, *more: str) -> dict[str, str]:
    """The variables that a program with an account reads: the needed one, and others where they are set. Raises CannotTell naming the needed one.

    Where such a program sends its credential is said by the environment alone, never by a file of the repository.
    """
    found = {needed: ctx.secret(needed)}
    for name in more:
        try:
            found[name] = ctx.secret(name)
        except CannotTell:
            continue
    return found
