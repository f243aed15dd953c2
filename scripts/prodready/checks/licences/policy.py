"""The team's own word: classes of licences, and overrides of single packages with reason, reviewer and end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct, field

from prodready import yamltext
from prodready.check import CannotTell
from prodready.checks.licences import algebra
from prodready.checks.licences.algebra import Class, Classes
from prodready.context import Repo
from prodready.readers.resolved import Package

REMEDY = "see 'prodready explain licences' for the shape of the policy file"
_CLASSES = ("allow", "review", "deny")
_KEYS = {"purl", "expression", "reason", "reviewer", "expires"}
_USE = "class"
"""May stand beside them."""


class Override(Struct, frozen=True, kw_only=True):
    """What a person found out about one package; it ends on a day."""

    purl: str
    """With a version for that one, without for all."""
    expression: str
    reason: str
    reviewer: str
    expires: date
    level: Class | None = None
    """How this one use of the package is judged, whatever its licence is elsewhere; None judges the expression."""
    line: int

    def covers(self, package: Package) -> bool:
        """Whether it speaks of this package."""
        return package.purl in (self.purl, f"{self.purl}@{package.purl.rpartition('@')[2]}")


class Policy(Struct, frozen=True, kw_only=True):
    """What the policy file says; empty without one."""

    path: str = ""
    classes: Classes = field(default_factory=Classes)
    overrides: tuple[Override, ...] = ()


def of(repo: Repo, path: str) -> Policy:
    """The policy in a file: on a pull request that of its base, since nobody loosens the rules he is judged by. Raises CannotTell."""
    history = repo.history
    if history is None or not history.base:
        return read(repo.text(path), path)
    if not repo.git("ls-tree", "--name-only", history.base, "--", f"{history.prefix}{path}").strip():
        return Policy(path=path)  # the request brings the policy: it holds from the merge on
    return read(repo.git("show", f"{history.base}:{history.prefix}{path}"), path)


def read(text: str, path: str) -> Policy:
    """The policy in a file. Raises CannotTell naming the line of what is wrong: a policy that is half understood decides nothing."""
    try:
        document = yamltext.read(text, name=path)
    except yamltext.YamlError as error:
        raise CannotTell(str(error), REMEDY) from None
    data = document.data or {}
    if not isinstance(data, dict) or not data.keys() <= {*_CLASSES, "overrides"}:
        unknown = ", ".join(sorted(map(str, data.keys() - {*_CLASSES, "overrides"}))) if isinstance(data, dict) else "no mapping"
        raise CannotTell(f"{path}:1: the policy may hold allow, review, deny and overrides, and holds {unknown}", REMEDY)
    return Policy(path=path, classes=Classes(overrides=_classes(data, path, document)), overrides=tuple(_overrides(data, path, document)))


def _classes(data: Mapping[str, Any], path: str, document: yamltext.Document) -> dict[str, Class]:
    found: dict[str, Class] = {}
    for word in _CLASSES:
        names = data.get(word) or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise CannotTell(f"{path}:{document.line((word,))}: '{word}' is a list of licences", REMEDY)
        for index, name in enumerate(names):
            if not (algebra.parses(name) or name.startswith("LicenseRef-")):
                raise CannotTell(f"{path}:{document.line((word, index))}: {name[:80]!r} is no licence that SPDX lists", "write its id, for example MPL-2.0")
            if name.lower() in found:
                raise CannotTell(f"{path}:{document.line((word, index))}: {name} has two classes", "leave one of them")
            found[name.lower()] = Class[word.upper()]
    return found


def _overrides(data: Mapping[str, Any], path: str, document: yamltext.Document) -> list[Override]:
    rows = data.get("overrides") or []
    if not isinstance(rows, list):
        raise CannotTell(f"{path}:{document.line(('overrides',))}: 'overrides' is a list", REMEDY)
    return [_override(row, path, document.line(("overrides", index))) for index, row in enumerate(rows)]


def _override(row: Any, path: str, line: int) -> Override:
    if not isinstance(row, dict) or row.keys() - {_USE} != _KEYS:
        raise CannotTell(f"{path}:{line}: an override needs {', '.join(sorted(_KEYS))}, may have '{_USE}', and no other key", REMEDY)
    try:
        expires = date.fromisoformat(str(row["expires"])[:10])
    except ValueError:
        raise CannotTell(f"{path}:{line}: 'expires' is no date", "write it as 2027-06-30") from None
    words = {key: str(row[key] or "").strip() for key in ("purl", "expression", "reason", "reviewer")}
    if not all(words.values()) or not words["purl"].startswith("pkg:"):
        raise CannotTell(f"{path}:{line}: an override has a purl (pkg:pypi/name@1.0), an expression, a reason and a reviewer; none may be empty", REMEDY)
    if row.get(_USE, "review") not in ("allow", "review"):
        raise CannotTell(f"{path}:{line}: the '{_USE}' of an override is allow or review", REMEDY)
    return Override(**words, expires=expires, level=Class[str(row[_USE]).upper()] if _USE in row else None, line=line)
