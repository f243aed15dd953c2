"""One drill from the wish to the record: typed, allowed, alone, guarded, judged, written, told."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from prodready import assembly, drill, expectation, policy, version, yamltext
from prodready.check import Check
from prodready.context import Context
from prodready.decode import DecodeError, decode, dotted, nearest
from prodready.drill import Drill, Drilled
from prodready.engine.acts import environment
from prodready.engine.duration import seconds
from prodready.engine.ground import DryRun, Ground
from prodready.engine.guard import Guard
from prodready.engine.journal import Event, Journal
from prodready.engine.lock import alone
from prodready.engine.permit import Permit
from prodready.errors import ProdreadyError
from prodready.evidence import files, incident_log
from prodready.evidence.record import Origin, Record, record, sealed
from prodready.expectation import Expectation, ExpectationError
from prodready.judge import judge
from prodready.model import OWN, Checklist, Evidence, Found, Item, Measured, Unseen
from prodready.plan import Job
from prodready.report import wire
from prodready.request import Request
from prodready.run import guarded
from prodready.settings import Settings
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import interruptible
from prodready.world.repo import open_repo


class DrillFile(Struct, frozen=True, kw_only=True):
    """A drill of a team, as a YAML file."""

    drill: str
    """Which drill: 'prodready drill --list'."""
    title: str = ""
    """What it shows, as a sentence."""
    params: Mapping[str, object] = msgspec.field(default_factory=dict)
    """Its parameters: 'prodready explain DRILL'."""
    expect: str = ""
    """The bound to hold; empty takes the drill's own."""
    good_for: str = "30 d"
    """How long the result is good."""


class Wish(Struct, frozen=True, kw_only=True):
    """A drill that is fully typed: nothing about it can be wrong any more but the world."""

    file: DrillFile
    drill: Drill[Any]
    params: Any
    expect: Expectation | None
    good_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How it is run."""

    evidence: Path
    dry: bool = False
    production: str = ""
    """The production host, named a second time."""
    webhook: str = field(default="", repr=False)
    """Where the incident is posted; empty for nowhere."""
    incidents: Path | None = None
    """The log of all incidents, to which one line is added."""
    key: Path | None = None
    """The SSH key that signs the record; None for no signature."""
    keep: Callable[[Record], bool] = lambda made: True
    """Whether a record is written and told of."""
    tell: Callable[[Event], None] = lambda event: None


def wish(name: str, params: Mapping[str, object], *, expect: str = "", good_for: str = "", title: str = "") -> Wish:
    """The drill of that id, or in that YAML file. Raises ProdreadyError that says what to write instead."""
    found = _read(Path(name)) if name.endswith((".yml", ".yaml")) else DrillFile(drill=name)
    given = replace(
        found, params={**found.params, **params}, expect=expect or found.expect, good_for=good_for or found.good_for, title=title or found.title
    )  # fmt: skip
    if given.drill not in drill.known():
        where = "" if name == given.drill else f"{name}: "
        raise ProdreadyError(f"{where}there is no drill {given.drill!r}; {nearest(given.drill, drill.known())}", "'prodready drill --list' lists them")
    loaded = drill.load(given.drill)
    try:
        return Wish(
            file=given, drill=loaded, params=decode(given.params, loaded.params), good_for=timedelta(seconds=seconds(given.good_for, "good_for")),
            expect=expectation.parse(given.expect) if given.expect else None,
        )  # fmt: skip
    except DecodeError as error:
        lines = [f"{name}: params: {dotted(mistake.path)}: {mistake.message}" for mistake in error.mistakes]
        raise ProdreadyError("\n".join(lines), f"'prodready explain {given.drill}' lists the parameters") from None
    except (ExpectationError, ValueError) as error:
        raise ProdreadyError(f"{name}: {error}") from None


def run(wished: Wish, options: Options, settings: Settings) -> Record | None:
    """Runs it and writes its record; None after a dry run. Raises ProdreadyError when it may not run."""
    from prodready.notify import incident, slack

    request = Request(path=Path.cwd())
    journal = Journal(tell=options.tell)
    held = policy.in_folder(request.path, "") if (request.path / OWN).exists() else None
    with alone(settings.cache, f"drill {wished.file.drill}"), assembly.world(open_repo(request.path), held, request, settings) as world:
        with interruptible(world.processes):
            performance = _Performance(wished=wished, options=options, journal=journal, permit=_permit(held, options, world))
            seen = guarded(world.observe, _job(wished, performance.observe))
        if performance.refused is not None:
            raise performance.refused
        if performance.dry:
            return None
        made = _record(performance, seen, world)
    if not options.keep(made):
        return made
    if options.webhook:
        told = slack.send(RealHttp(), options.webhook, incident.message(made))
        made = sealed(replace(made, notifications=(told,)))
    files.write(made, options.evidence, key=options.key)
    if options.incidents is not None:
        files.add_line(options.incidents, incident_log.line(made))
    return made


@dataclass(slots=True, kw_only=True)
class _Performance:
    """Runs the drill inside its guard, and keeps what an observation has no room for."""

    wished: Wish
    options: Options
    journal: Journal
    permit: Permit
    done: Drilled | None = None
    refused: ProdreadyError | None = None
    dry: bool = False

    def observe(self, ctx: Context, params: Any) -> Measured | Found:
        environ = environment(os.environ, ctx.scratch())
        with Guard(journal=self.journal, environ=environ) as guard:
            ground = Ground(
                world=ctx, journal=self.journal, guard=guard, permit=self.permit, folder=Path.cwd(), environ=environ, dry=self.options.dry
            )  # fmt: skip
            try:
                self.done = self.wished.drill.perform(ground, params)
                return self.done.seen
            except DryRun:
                self.dry = True
                raise
            except ProdreadyError as error:
                self.refused = error
                raise


def _job(wished: Wish, observe: Callable[[Context, Any], Measured | Found]) -> Job:
    shell = Check(params=wished.drill.params, observe=observe, expect=wished.drill.expect, domain="drills")
    return Job(check_id=wished.file.drill, check=shell, params=wished.params, items=())


def _permit(held: Checklist | None, options: Options, world: World) -> Permit:
    said = held.settings if held else {}
    return Permit(
        allowed=_patterns(said.get("drill_targets")), production=_patterns(said.get("production_targets")),
        environment=world.environ.get("PRODREADY_ENV", ""), twice=options.production,
    )  # fmt: skip


def _patterns(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),) if value else ()


def _record(performance: _Performance, seen: Measured | Found | Unseen, world: World) -> Record:
    wished, done, journal = performance.wished, performance.done, performance.journal
    title = wished.file.title or drill.doc(wished.file.drill).partition("\n")[0].rstrip(".")
    item = Item(id=wished.file.drill, title=title, check=wished.file.drill, expect=wished.expect)
    usual = expectation.parse(wished.drill.usual(wished.params))
    outcome = judge(item, seen, usual=usual, now=journal.begun, seconds=journal.elapsed)
    history = world.repo.history
    subject = wire.Subject(
        repository=world.name, commit=history.head if history else "", base=history.base if history else "", dirty=history.dirty if history else False
    )
    origin = Origin(
        id=str(uuid.uuid4()), drill=wished.file.drill, title=title, target=wished.drill.target(wished.params),
        environment=world.environ.get("PRODREADY_ENV", ""), version=version(), subject=subject, params=wished.file.params, good_for=wished.good_for,
    )  # fmt: skip
    return record(origin, outcome, journal, done or Drilled(seen=Found(examined=0, evidence=Evidence(source=""))))


def _read(path: Path) -> DrillFile:
    try:
        data = yamltext.read(path.read_text("utf-8"), name=str(path)).data
        return decode(data, DrillFile)
    except OSError as error:
        raise ProdreadyError(f"{path} cannot be read: {error.strerror}", "name a YAML file, or a drill of 'prodready drill --list'") from None
    except (yamltext.YamlError, DecodeError, UnicodeDecodeError) as error:
        raise ProdreadyError(f"{path}: {error}", "write {drill: …, title: …, params: {…}}") from None
