"""What manifests ask for without saying in which version: each needs a lock file that does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from prodready.readers import json_text, toml_text
from prodready.readers.resolved.requirements import is_shipped
from prodready.readers.structured import Unreadable


class Asked(Struct, frozen=True, kw_only=True):
    """The packages that a manifest asks for."""

    shipped: frozenset[str] = frozenset()
    development: frozenset[str] = frozenset()
    told: bool = True
    """Whether their names can be told; of some manifests only running them would tell."""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return self.shipped | self.development

    @property
    def nothing(self) -> bool:
        """Whether it is known to ask for no package."""
        return self.told and not self.names


UNTOLD = Asked(told=False)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read(text: str, path: str) -> Asked:
    """What the manifest asks for; one that cannot be read may ask for anything."""
    name = PurePosixPath(path).name
    try:
        if name.endswith(".in"):
            return _inputs(text, path)
        if reader := _READERS.get(name):
            return reader(text, name)
    except Unreadable:
        return UNTOLD
    return UNTOLD if _WORDS.search(text) else Asked()


_WORDS = re.compile(r"install_requires|<dependency\b|\b(?:implementation|api|runtimeOnly|compile)\b[ (]")


def _inputs(text: str, path: str) -> Asked:
    names = frozenset(_normal(name) for name in re.findall(r"(?m)^[A-Za-z0-9][A-Za-z0-9._-]*", text))
    return Asked(shipped=names) if is_shipped(path) else Asked(development=names)


def _pyproject(text: str, name: str) -> Asked:
    data = toml_text.read(text, name=name).data
    project, groups = _table(data, "project"), _table(data, "dependency-groups")
    poetry = _table(data, "tool", "poetry")
    shipped = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    aside = [*groups.values(), _table(data, "tool", "uv").get("dev-dependencies"), *_table(data, "tool", "pdm", "dev-dependencies").values()]
    named = {*_table(poetry, "dependencies")} - {"python"}
    grouped = [*_table(poetry, "dev-dependencies"), *(one for group in _table(poetry, "group").values() for one in _table(group, "dependencies"))]
    return Asked(shipped=frozenset(map(_normal, [*_requirements(shipped), *named])), development=frozenset(map(_normal, [*_requirements(aside), *grouped])))


def _pipfile(text: str, name: str) -> Asked:
    data = toml_text.read(text, name=name).data
    return Asked(shipped=_names(data, "packages"), development=_names(data, "dev-packages"))


def _package_json(text: str, name: str) -> Asked:
    data = json_text.loads(text, name=name)
    shipped = (each for key in ("dependencies", "optionalDependencies") for each in _table(data, key))
    return Asked(shipped=frozenset(shipped), development=frozenset(_table(data, "devDependencies")))


def _cargo(text: str, name: str) -> Asked:
    data = toml_text.read(text, name=name).data
    tables = [data, *_table(data, "target").values()]
    shipped = (each for table in tables for key in ("dependencies", "build-dependencies") for each in _table(table, key))
    return Asked(shipped=frozenset(shipped), development=frozenset(each for table in tables for each in _table(table, "dev-dependencies")))


_READERS: Mapping[str, Callable[[str, str], Asked]] = {
    "pyproject.toml": _pyproject, "Pipfile": _pipfile, "package.json": _package_json, "Cargo.toml": _cargo, "setup.py": lambda *_: UNTOLD,
}  # fmt: skip


def _requirements(lists: Iterable[Any]) -> Iterator[str]:
    for requirement in (one for wanted in lists if isinstance(wanted, list) for one in wanted if isinstance(one, str)):
        if match := _NAME.match(requirement):
            yield match[0]


def _names(data: Any, key: str) -> frozenset[str]:
    return frozenset(map(_normal, _table(data, key)))


def _table(data: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
