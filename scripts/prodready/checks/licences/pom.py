"""The licences of a Maven POM, or those it inherits: Maven takes the nearest parent's when a POM names none itself.

Several licences are a choice, as Maven's reference of the POM has it. Entities are refused, and no more parents are asked than ``PARENTS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.checks.licences.conclude import spelled
from prodready.checks.licences.declared import Declared
from prodready.readers import xml_text
from prodready.readers.structured import Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

PARENTS = 12
"""How many parents of a POM are asked, one after the other; public ones have up to six."""
PART = re.compile(r"[A-Za-z0-9_][\w.+-]{0,200}")
"""A group, an artifact or a version that may become part of a path."""
_ADDRESS = re.compile(r"^https?://(?:www\.)?|(?:\.txt|\.html?|\.php|/)$")
Reading = Callable[[str], bytes]
"""The bytes of a file, by its path in a Maven repository; empty when there is none."""


class Pom(Struct, frozen=True, kw_only=True):
    """What one POM says itself."""

    licence: str
    """As an expression where its names are known; empty when it names none."""
    parent: str | None
    """Path of its parent's POM in a Maven repository; empty when its coordinates are none, and None when it has no parent."""


def place(group: str, artifact: str, version: str) -> str:
    """Where a Maven repository keeps a POM; empty for what are no coordinates."""
    if not all(PART.fullmatch(part) for part in (group, artifact, version)):
        return ""
    return f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.pom"


def said(path: str, reading: Reading, found: str) -> Declared | None:
    """What the POM or the nearest parent that names a licence says; None when one of them cannot be read, since it may be the one that does."""
    for _ in range(PARENTS + 1):
        try:
            pom = read(reading(path), path) if path else None
        except Unreadable:
            return None
        if pom is None:
            return None
        if pom.licence or pom.parent is None:
            return Declared(expression=pom.licence, found=found)
        path = pom.parent
    return None


def read(content: bytes, name: str) -> Pom:
    """One POM. Raises Unreadable for what is none."""
    root = xml_text.parse(content, name=name)
    if root.tag.rpartition("}")[2] != "project":
        raise Unreadable(f"{name}:1: is no POM: its root is not <project>")
    parent = root.find("{*}parent")
    path = place(*(_text(parent, word) for word in ("groupId", "artifactId", "version"))) if parent is not None else None
    return Pom(licence=_choice(root.findall("{*}licenses/{*}license")), parent=path)


def _choice(licences: Sequence[Element]) -> str:
    names = [name for row in licences if (name := _name(row))]
    return names[0] if len(names) == 1 else " OR ".join(f"({spelled(name) or _own(name)})" for name in names)


def _name(licence: Element) -> str:
    """The expression that its name or else its address means; the name as it stands when neither is known."""
    name, url = (_text(licence, word) for word in ("name", "url"))
    address = _ADDRESS.sub("", _ADDRESS.sub("", url))
    return spelled(name) or spelled(address) or name or url


def _own(name: str) -> str:
    """A licence of a choice that nobody knows: it must not take the others away."""
    return f"LicenseRef-{re.sub(r'[^A-Za-z0-9.]+', '-', name).strip('-')[:80] or 'unnamed'}"


def _text(element: Element, word: str) -> str:
    return " ".join((element.findtext(f"{{*}}{word}") or "").split())
