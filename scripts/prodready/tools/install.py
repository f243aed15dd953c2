"""Pinned programs, had lazily: installed once into the cache, verified before the first use in a process, used by every run after."""

from __future__ import annotations

import fcntl
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Ended
from prodready.tools import index, verify
from prodready.tools.lock import GoModule, OnPath, Packages, Pin, Source, pins
from prodready.tools.source import DEADLINE, NotHadError, Workshop, argv, bring, program
from prodready.world.child import Children
from prodready.world.process import REACH, neutral

_RETRY = "run 'prodready tools install' where a package index answers (behind a proxy set HTTPS_PROXY, with an index of your own PIP_INDEX_URL)"


class Installed(Struct, frozen=True, kw_only=True):
    """A program that may be used: it is what the pin says."""

    name: str
    version: str
    source: str
    """``archive``, ``wheel``, ``packages`` or ``path``."""
    argv: tuple[str, ...]
    """How it is started."""

    @property
    def label(self) -> str:
        """Name and version, as evidence shows it."""
        return f"{self.name} {self.version}" + (" (found on PATH)" if self.source == "path" else "")


@dataclass(slots=True, kw_only=True)
class Toolbox:
    """The pinned programs of one process. Thread-safe."""

    cache: Path
    offline: bool
    children: Children
    environ: Mapping[str, str]
    pins: Mapping[str, Pin] = field(default_factory=pins)
    builds: bool = False
    """Whether programs that exist as source only are built: that takes minutes, so only where somebody asked for it."""
    _answers: dict[str, Installed | CannotTell] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ensure(self, name: str) -> Installed:
        """The program, installed when it is not here. Raises CannotTell when it cannot be had; asked again, it answers the same."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._answers:
                try:
                    self._answers[name] = self._have(name)
                except CannotTell as error:
                    self._answers[name] = error
        answer = self._answers[name]
        if isinstance(answer, CannotTell):
            raise CannotTell(answer.reason, answer.remedy)
        return answer

    def prepare(self, names: Iterable[str]) -> None:
        """Installs several in parallel; a failure is kept for ``ensure`` to tell. One that is here is read by who needs it first: no other waits for that."""
        absent = [name for name in sorted(set(names)) if name not in self.pins or verify.read(self.folder(self.pins[name])) is None]
        threads = [threading.Thread(target=self._attempt, args=(name,), daemon=True) for name in absent]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def look(self, name: str) -> tuple[Installed | None, str]:
        """What is here, intact, without installing; or why not."""
        pin = self.pins[name]
        try:
            have = self._intact(pin, whole=True) or self._on_path(pin)
        except NotHadError as error:
            return None, f"damaged: {error}"
        return have, "" if have else "not installed yet"

    def folder(self, pin: Pin) -> Path:
        """Where the pin's installation lives; another pin has another folder."""
        return self.cache / "tools" / pin.name / f"{pin.version}-{pin.key}"

    def _attempt(self, name: str) -> None:
        try:
            self.ensure(name)
        except CannotTell:
            return

    def _have(self, name: str) -> Installed:
        pin = self.pins.get(name)
        if pin is None:
            raise CannotTell(f"no program named {name} is pinned", "name it in a tool.toml beside the check")
        damage = ""
        try:
            if have := self._intact(pin):
                return have
        except NotHadError as error:
            damage = f"the copy in the cache was refused ({error}), and "
        if self.offline:
            return self._elsewhere(pin, damage + "this run is offline", "run 'prodready tools install' once with a network, or without --offline")
        try:
            with self._alone(pin):
                return self._install(pin)
        except OSError as error:
            return self._elsewhere(pin, f"{damage}the cache cannot be written: {error}", "set PRODREADY_CACHE to a folder you can write")
        except NotHadError as error:
            return self._elsewhere(pin, f"{damage}{error}", _RETRY)

    def _elsewhere(self, pin: Pin, reason: str, remedy: str) -> Installed:
        """The program of the machine, when the pin takes it; else CannotTell."""
        if have := self._on_path(pin):
            return have
        raise CannotTell(f"{pin.name} {pin.version} cannot be had: {reason}", remedy)

    def _intact(self, pin: Pin, *, whole: bool = False) -> Installed | None:
        """The installation in the cache; None when there is none. Raises NotHadError when it is not what was installed.

        ``whole`` reads an environment even if nothing was written there since it was last read.
        """
        folder = self.folder(pin)
        record = verify.read(folder)
        source = next((source for source in pin.sources if record and kind(source) == record.source), None)
        if record is None or source is None:
            return None
        path = program(source, folder)
        if whole or not verify.untouched(path, record):
            if why := verify.complaint(path, record, getattr(source, "allowed", ())):
                raise NotHadError(why)
            if path == folder:
                with suppress(OSError):  # a cache that cannot be written is read again each time
                    verify.remember(folder, record)
        return Installed(name=pin.name, version=pin.version, source=record.source, argv=argv(source, folder))

    def _on_path(self, pin: Pin) -> Installed | None:
        """The machine's own program of the pinned version, when the pin allows one."""
        if pin.path is None:
            return None
        with neutral(self.environ) as (_, clean):
            found = shutil.which(pin.path.program, path=clean["PATH"])
        said = self._said(pin, (found,)) if found else ""
        fits = said == pin.version or (pin.path.later and _parts(said) >= _parts(pin.version))
        return Installed(name=pin.name, version=said, source="path", argv=(found,)) if found and fits else None

    def _install(self, pin: Pin) -> Installed:
        """From the best source that gives it; built aside and renamed, so that an interrupted installation is never taken for one."""
        try:
            if have := self._intact(pin):  # another process was faster
                return have
        except NotHadError:
            pass  # replaced below
        reasons = []
        for source in (source for source in pin.sources if not isinstance(source, OnPath)):
            if isinstance(source, GoModule) and not self.builds:
                reasons.append(f"it is built from source, which takes minutes: run 'prodready tools install {pin.name}' once")
                continue
            try:
                return self._from(pin, source)
            except NotHadError as error:
                reasons.append(str(error))
        raise NotHadError("; ".join(reasons) or f"no index has it, and PATH holds no {pin.name} that fits")

    def _from(self, pin: Pin, source: Source) -> Installed:
        folder = self.folder(pin)
        aside = folder.with_name(folder.name + ".building")
        shutil.rmtree(aside, ignore_errors=True)
        try:
            bring(pin, source, aside, Workshop(children=self.children, environ=index.environment(self.environ, REACH)))
            self._settle(pin, source, aside)
            shutil.rmtree(folder, ignore_errors=True)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return Installed(name=pin.name, version=pin.version, source=kind(source), argv=argv(source, folder))

    def _settle(self, pin: Pin, source: Source, aside: Path) -> None:
        """Runs what was brought, and records it when it is what was pinned."""
        record = verify.Record(source=kind(source), digest=verify.digest(program(source, aside)))
        if why := verify.complaint(program(source, aside), record, getattr(source, "allowed", ())):
            raise NotHadError(why)
        said = self._said(pin, argv(source, aside))
        if said != pin.version:
            raise NotHadError(f"what was installed says it is {said or 'no version at all'}")
        if isinstance(source, Packages):  # its first start must not have changed it
            verify.remember(aside, replace(record, digest=verify.digest(aside)))
        else:
            verify.write(aside, record)

    def _said(self, pin: Pin, command: tuple[str, ...]) -> str:
        """The version a program says it is."""
        with neutral(self.environ) as (folder, clean):
            ended = self.children.run((*command, *pin.version_args), cwd=folder, env=clean, deadline=60.0, limit=1024 * 1024)
        found = re.search(pin.version_pattern, (ended.stdout + ended.stderr).decode("utf-8", "replace"), re.MULTILINE)
        return found[1] if found and ended.ended is Ended.EXITED else ""

    @contextmanager
    def _alone(self, pin: Pin) -> Iterator[None]:
        """Keeps other processes from installing the same program; waits for one that does."""
        folder = self.folder(pin)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(folder.name + ".lock").open("w") as handle:
            _wait(lambda: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB))
            yield


def _parts(version: str) -> tuple[int, ...]:
    """What a version is compared by; nothing is less than anything."""
    return tuple(map(int, version.split("."))) if version else ()


def kind(source: Source) -> str:
    """The word for a source: ``archive``, ``wheel``, ``packages`` or ``path``."""
    return "path" if isinstance(source, OnPath) else type(source).__name__.lower()


def _wait(lock: Callable[[], None]) -> None:
    until = time.monotonic() + 2 * DEADLINE
    while True:
        try:
            return lock()
        except BlockingIOError:
            if time.monotonic() > until:
                raise NotHadError("another process has been installing it for too long") from None
            time.sleep(0.1)
