"""Where packages lie that a build has put into the repository's folder: virtual environments, node_modules, vendor folders. Read, never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.licences import declared, pom
from prodready.checks.licences.declared import Declared
from prodready.context import Repo
from prodready.readers.resolved import Package
from prodready.readers.resolved.python import normal

_HEADS = {
    "pypi": ("**/site-packages/*.dist-info/METADATA",),
    "npm": ("**/node_modules/**/package.json",),
    "golang": ("**/vendor/modules.txt",),
    "cargo": ("**/vendor/*/Cargo.toml",),
    "maven": ("**/.m2/**/*.pom",),
}
Reading = Callable[[str], str]


def read(repo: Repo, wanted: Iterable[Package]) -> dict[str, Declared]:
    """Package URL -> what the package says, of those that lie in the folder in that very version."""
    by_system: dict[str, list[Package]] = {}
    for package in wanted:
        by_system.setdefault(package.system, []).append(package)
    return {purl: said for system, packages in by_system.items() if system in _HEADS for purl, said in _found(repo, system, packages)}


def _found(repo: Repo, system: str, packages: list[Package]) -> Iterator[tuple[str, Declared]]:
    heads = repo.outputs(*_HEADS[system])
    places = _places(repo, system, heads)
    for package in packages:
        place = places.get(_key(package))
        said = _said(repo, system, place) if place else None
        if said is not None:
            yield package.purl, said


def _key(package: Package) -> str:
    return f"{package.name} {package.version}"


def _places(repo: Repo, system: str, heads: tuple[str, ...]) -> Mapping[str, str]:
    """Name and version -> the head file."""
    if system == "pypi":
        rows = ((re.match(r"(.+?)-([^-]+)\.dist-info$", PurePosixPath(head).parent.name), head) for head in heads)
        return {f"{normal(match[1])} {match[2]}": head for match, head in rows if match}
    if system == "npm":
        return {key: head for head in heads if re.search(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/]+/package\.json$", head) and (key := _npm_key(repo, head))}
    if system == "cargo":
        return {key: head for head in heads if (key := _cargo_key(repo, head))}
    if system == "maven":
        return {
            f"{'.'.join(parts[parts.index('repository') + 1 : -3])}:{parts[-3]} {parts[-2]}": head
            for head in heads
            if "repository" in (parts := PurePosixPath(head).parts)
        }
    return {
        f"{name} {version}": f"{PurePosixPath(head).parent}/{name}/"
        for head in heads
        for name, version in re.findall(r"(?m)^# (\S+) (v\S+)", _text(repo, head))
    }


def _npm_key(repo: Repo, head: str) -> str:
    text = _text(repo, head)
    name, version = (re.search(rf'"{key}"\s*:\s*"([^"]+)"', text) for key in ("name", "version"))
    return f"{name[1]} {version[1]}" if name and version else ""


def _cargo_key(repo: Repo, head: str) -> str:
    text = _text(repo, head)
    name, version = (re.search(rf'(?m)^{key}\s*=\s*"([^"]+)"', text) for key in ("name", "version"))
    return f"{name[1]} {version[1]}" if name and version else ""


def _said(repo: Repo, system: str, place: str) -> Declared | None:
    folder = str(PurePosixPath(place).parent) if not place.endswith("/") else place.rstrip("/")
    files = repo.outputs(*(f"/{folder}/{name}" for name in _LICENCES))
    texts = [_text(repo, path) for path in files if declared.is_licence(path)]
    said = _words(repo, system, place, folder, texts)
    notices = tuple(_text(repo, path) for path in files if declared.NOTICE_FILE.search(path))
    return replace(said, notices=notices) if said and notices else said


def _words(repo: Repo, system: str, place: str, folder: str, texts: list[str]) -> Declared | None:
    match system:
        case "pypi":
            return declared.of_metadata(_text(repo, place), texts, place)
        case "npm":
            return declared.of_package_json(_text(repo, place), texts, place)
        case "cargo":
            return declared.of_cargo(_text(repo, place), texts, place)
        case "maven":
            return _inherited(repo, place)
        case _:
            return declared.of_texts(texts, folder) if texts else None


_LICENCES = ("LICEN*", "licen*", "COPYING*", "UNLICENSE*", "NOTICE*", "licenses/**")


def _inherited(repo: Repo, head: str) -> Declared | None:
    """What a POM says, or a parent of it that lies in the same repository of Maven."""
    root, _, path = head.partition("repository/")
    return pom.said(path, lambda path: _text(repo, f"{root}repository/{path}").encode(), head)


def _text(repo: Repo, path: str) -> str:
    try:
        return repo.text(path)
    except CannotTell:
        return ""
