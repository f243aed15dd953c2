"""What ``prodready tools list``, ``install`` and ``verify`` show: one row a pinned program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.tools.install import Installed, Toolbox, kind
from prodready.tools.lock import Archive, GoModule, OnPath, Packages, Source, Wheel


class Row(Struct, frozen=True, kw_only=True):
    """One pinned program."""

    name: str
    version: str
    sources: tuple[str, ...]
    """Where it may come from on this platform, best first, in words."""
    here: bool
    """Whether it is installed and intact."""
    source: str = ""
    """Where the one that is here came from: ``archive``, ``wheel``, ``packages`` or ``path``."""
    why_not: str = ""
    path: str = ""
    """The program, or the interpreter of its environment."""


def rows(box: Toolbox, names: Sequence[str] = ()) -> tuple[Row, ...]:
    """What is pinned and whether it is here; nothing is installed. Raises ProdreadyError for a name that is not pinned."""
    return _each(box, names, box.look)


def install(box: Toolbox, names: Sequence[str] = ()) -> tuple[Row, ...]:
    """Installs what is missing, several at once, and replaces what is damaged. Raises ProdreadyError for a name that is not pinned."""
    box.prepare(_known(box, names))
    return _each(box, names, lambda name: _asked(box, name))


def verify(box: Toolbox, names: Sequence[str] = ()) -> tuple[Row, ...]:
    """What is here, each file's sha256 compared; the same as ``rows``, without what was never installed."""
    return tuple(row for row in rows(box, names) if row.here or row.why_not.startswith("damaged"))


def _asked(box: Toolbox, name: str) -> tuple[Installed | None, str]:
    try:
        return box.ensure(name), ""
    except CannotTell as error:
        return None, f"{error.reason}: {error.remedy}"


def _each(box: Toolbox, names: Sequence[str], ask: Callable[[str], tuple[Installed | None, str]]) -> tuple[Row, ...]:
    return tuple(_row(box, name, *ask(name)) for name in _known(box, names))


def _row(box: Toolbox, name: str, have: Installed | None, why_not: str) -> Row:
    pin = box.pins[name]
    words = tuple(_words(source) for source in pin.sources)
    if have is None:
        return Row(name=name, version=pin.version, sources=words, here=False, why_not=why_not)
    return Row(name=name, version=pin.version, sources=words, here=True, source=have.source, path=str(Path(have.argv[0])))


def _words(source: Source) -> str:
    match source:
        case Archive(url=url):
            return f"{kind(source)} {url}"
        case Wheel(requirement=requirement):
            return f"{kind(source)} {requirement}"
        case Packages(requirements=requirements):
            return f"{kind(source)} {requirements}"
        case GoModule(module=module, version=version):
            return f"{kind(source)} {module}@{version}"
        case OnPath(program=program):
            return f"{kind(source)} {program}"


def _known(box: Toolbox, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in box.pins:
            raise ProdreadyError(f"no program named {name!r} is pinned", f"pinned are: {', '.join(box.pins)}")
    return tuple(names) or tuple(box.pins)
