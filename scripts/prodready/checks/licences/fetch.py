"""Packages that lie nowhere, brought by their own system's client into a folder of ours and read there. No code of theirs is run.

Python comes as wheels only, since a source distribution runs code when it is built; modules of Go and crates are only unpacked, and of
Maven its POMs are read. The clients take the index and
proxy settings of this machine, and stand in a neutral folder, so that no configuration of the repository reaches them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.checks.licences import declared, maven
from prodready.checks.licences.declared import Declared
from prodready.checks.licences.unheard import UnheardError, heard
from prodready.context import Context
from prodready.readers.resolved import Package
from prodready.readers.resolved.python import normal

DEADLINE = 240.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_MODULE = re.compile(r"[\w.~-]+(?:/[\w.~-]+)*")
_VERSION = re.compile(r"[A-Za-z0-9][\w.+!-]{0,100}")
_TEXT_LIMIT = 200_000
_MANIFEST = ("[package]", 'name = "asked"', 'version = "0.0.0"', 'edition = "2021"', "[lib]", 'path = "lib.rs"', "[dependencies]")
_ALONE = 40
"""Crates that are asked for one by one, when not all can be had together."""


Said = Iterator[tuple[str, Declared]]
"""Package URL and what the package says."""


class Fetched(Struct, frozen=True, kw_only=True):
    """What could be had of the packages of all systems; those that are in neither are not where their names say."""

    said: dict[str, Declared] = field(default_factory=dict)
    """Package URL -> what the package says."""
    unheard: dict[str, str] = field(default_factory=dict)
    """Package URL -> why nobody answered."""


def read(ctx: Context, wanted: Sequence[Package]) -> Fetched:
    """What the packages say, of those that could be had."""
    fetched = Fetched()
    for system, (reader, name) in _CLIENTS.items() if not ctx.offline else ():
        packages = [package for package in wanted if package.system == system and name.fullmatch(package.name) and _VERSION.fullmatch(package.version)]
        try:
            for purl, said in reader(ctx, packages) if packages else ():
                fetched.said[purl] = said
        except UnheardError as unheard:
            fetched.unheard.update({package.purl: str(unheard) for package in packages if package.purl not in fetched.said})
    return fetched


def _python(ctx: Context, packages: list[Package]) -> Said:
    """All together where that works, else each alone, so that one without a wheel hides no other."""
    found, silent = set[str](), list[UnheardError]()
    with suppress(UnheardError):  # an index that refuses one package refuses all of them together; each alone tells which
        for purl, said in _wheels(ctx, _once(packages)):
            found.add(purl)
            yield purl, said
    for package in packages:
        if package.purl not in found and len(silent) < _PATIENCE:
            try:
                yield from next((had for more in _ELSEWHERE if (had := list(_wheels(ctx, [package], *more)))), ())
            except UnheardError as unheard:
                silent.append(unheard)
    if silent:
        raise silent[-1]


_PATIENCE = 3
"""How many packages an index may leave without an answer before it is not asked for more: each takes seconds of trying again."""
_ELSEWHERE = ((), ("--python-platform", "windows"), ("--python-version", "3.14"))
"""A lock may name a wheel that only another system or a newer Python takes; to be read, any will do."""


def _once(packages: list[Package]) -> list[Package]:
    return list({package.name: package for package in packages}.values())


def _wheels(ctx: Context, packages: list[Package], *more: str) -> Said:
    from uv import find_uv_bin

    into = ctx.scratch()
    pins = [f"{package.name}=={package.version}" for package in packages]
    argv = (find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--no-deps", "--no-cache", "--only-binary", ":all:", "--target", str(into), *more, *pins)
    ended = ctx.run.command(argv, cwd=into, env={"UV_HTTP_RETRIES": "1"} if len(packages) == 1 else {}, deadline=DEADLINE)
    heard(ended, "uv")
    if ended.code:
        return
    by_key = {f"{package.name} {package.version}": package for package in packages}
    for folder in sorted(into.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        package = by_key.get(f"{normal(name)} {version}") or next((each for each in packages if each.name == normal(name)), None)
        if package and (folder / "METADATA").is_file():
            said = declared.of_metadata(_text(folder / "METADATA"), _texts(folder), "the wheel's METADATA")
            yield package.purl, replace(said, notices=_notices(folder))


def _go(ctx: Context, packages: list[Package]) -> Said:
    """Modules, unpacked into a cache of our own."""
    into = ctx.scratch()
    settings = {
        "GOMODCACHE": str(into / "modules"),
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOVCS": "*:off",
        "GONOSUMDB": "*",
        "GOWORK": "off",
    }
    argv = ("go", "mod", "download", "-json", *(f"{package.name}@{package.version}" for package in packages))
    ended = ctx.run.command(argv, cwd=into, env=settings, deadline=DEADLINE)
    known, refused = {(package.name, package.version): package for package in packages}, list[str]()
    for row in _rows(ended.stdout.decode("utf-8", "replace")):
        refused.append(str(row.get("Error", "")))
        package, folder = known.get((str(row.get("Path")), str(row.get("Version")))), Path(str(row.get("Dir") or into))
        if package and folder.is_relative_to(into / "modules"):
            yield package.purl, replace(declared.of_texts(_texts(folder), "the module's licence file"), notices=_notices(folder))
    heard(ended, "go", "\n".join(refused))


def _cargo(ctx: Context, packages: list[Package]) -> Said:
    """All crates together where they agree, else each alone: a withdrawn one hides no other. Those of other registries are not asked for by name."""
    public = [package for package in packages if _of_crates_io(ctx, package)]
    found = _crates(ctx, public) if public else {}
    yield from found.items()
    for package in public[:_ALONE] if not found and len(public) > 1 else ():
        yield from _crates(ctx, [package]).items()


def _of_crates_io(ctx: Context, package: Package) -> bool:
    row = rf'name = "{re.escape(package.name)}"\s+version = "{re.escape(package.version)}"\s+source = "(?:registry\+https://github\.com/rust-lang/crates\.io-index|'
    return bool(re.search(rf'{row}sparse\+https://index\.crates\.io/)"', ctx.repo.text(package.path)))


def _crates(ctx: Context, packages: list[Package]) -> dict[str, Declared]:
    """What ``cargo metadata`` says of a manifest of ours that asks for them: it downloads, and builds nothing."""
    into = ctx.scratch()
    wanted = [f'p{number} = {{package = "{each.name}", version = "={each.version}", default-features = false}}' for number, each in enumerate(packages)]
    (into / "Cargo.toml").write_text("\n".join((*_MANIFEST, *wanted)), "utf-8")
    (into / "lib.rs").touch()
    ended = ctx.run.command(("cargo", "metadata", "--format-version", "1"), cwd=into, env={"CARGO_HOME": str(into / "home")}, deadline=DEADLINE)
    heard(ended, "cargo")
    if ended.code:
        return {}
    found: dict[str, Declared] = {}
    for row in _members(next(_rows(ended.stdout.decode("utf-8", "replace")), {}).get("packages")):
        package = next((each for each in packages if (each.name, each.version) == (row.get("name"), row.get("version"))), None)
        folder = Path(str(row.get("manifest_path"))).parent
        if package and folder.is_relative_to(into / "home"):
            said = Declared(expression=str(row.get("license") or ""), texts=tuple(_texts(folder)), found="the crate's Cargo.toml")
            found[package.purl] = replace(said, notices=_notices(folder))
    return found


def _members(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _rows(text: str) -> Iterator[Mapping[str, object]]:
    decoder, at = json.JSONDecoder(), 0
    while (start := text.find("{", at)) >= 0:
        try:
            row, at = decoder.raw_decode(text, start)
        except ValueError:
            return
        yield row


def _texts(folder: Path) -> list[str]:
    return [_text(path) for path in _files(folder) if declared.is_licence(path.name) or ("licenses" in path.parts and not _is_notice(path))][:20]


def _notices(folder: Path) -> tuple[str, ...]:
    return tuple(_text(path) for path in _files(folder) if _is_notice(path))[:5]


def _is_notice(path: Path) -> bool:
    return bool(declared.NOTICE_FILE.search(path.name))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (*folder.glob("*"), *folder.glob("licenses/**/*")) if path.is_file() and not path.is_symlink())


def _text(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_TEXT_LIMIT)


_CLIENTS: Mapping[str, tuple[Callable[[Context, list[Package]], Said], re.Pattern[str]]] = {
    "pypi": (_python, _NAME), "golang": (_go, _MODULE), "cargo": (_cargo, _NAME), "maven": (maven.read, maven.NAME),
}  # fmt: skip
