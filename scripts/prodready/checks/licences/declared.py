"""What a package says of its own licence: core metadata, package.json, Cargo.toml, licence files; of a Maven POM see ``pom``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from prodready.readers import json_text, toml_text
from prodready.readers.resolved import npm
from prodready.readers.structured import Unreadable

NOTICE_FILE = re.compile(r"(?:^|/)notices?(?:\.(?:txt|md))?$", re.IGNORECASE)
LICENCE_FILE = re.compile(r"(?:^|/)(?:un)?(?:licen[cs]e|copying|copyright)[^/]*$", re.IGNORECASE)


class Declared(Struct, frozen=True, kw_only=True):
    """The words of one package, unjudged."""

    expression: str = ""
    """``License-Expression`` (PEP 639), or the licence field of systems whose field is an expression."""
    words: str = ""
    """The free ``License`` field."""
    classifiers: tuple[str, ...] = ()
    """Trove classifiers below ``License ::``."""
    texts: tuple[str, ...] = ()
    """Licence files, whole."""
    notices: tuple[str, ...] = ()
    """NOTICE files, which Apache-2.0 (section 4d) asks to hand on."""
    found: str = ""
    """Where, for people: ``METADATA in .venv``."""


def of_metadata(text: str, texts: Sequence[str], found: str) -> Declared:
    """Python core metadata, of any version."""
    head = HeaderParser().parsestr(text)
    tags = tuple(str(tag) for tag in head.get_all("Classifier") or () if str(tag).startswith("License ::"))
    return Declared(
        expression=str(head.get("License-Expression") or "").strip(),
        words=str(head.get("License") or "").strip(),
        classifiers=tags,
        texts=tuple(texts),
        found=found,
    )


def of_package_json(text: str, texts: Sequence[str], found: str) -> Declared | None:
    """A package.json; None when it cannot be read."""
    try:
        data = json_text.loads(text, name=found)
    except Unreadable:
        return None
    return Declared(expression=npm.words(data), texts=tuple(texts), found=found) if isinstance(data, dict) else None


def of_cargo(text: str, texts: Sequence[str], found: str) -> Declared | None:
    """A crate's Cargo.toml; None when it cannot be read."""
    try:
        package: Any = toml_text.read(text, name=found).data.get("package")
    except Unreadable:
        return None
    return Declared(expression=str(package.get("license") or ""), texts=tuple(texts), found=found) if isinstance(package, dict) else None


def of_texts(texts: Iterable[str], found: str) -> Declared:
    """Licence files alone: all there is of a Go module."""
    return Declared(texts=tuple(texts), found=found)


def is_licence(path: str) -> bool:
    """Whether a file is called as licence files are."""
    return bool(LICENCE_FILE.search(path)) and PurePosixPath(path).suffix.lower() not in (".py", ".js", ".ts", ".go", ".rs", ".json", ".html")
