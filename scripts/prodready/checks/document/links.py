"""Links of a Markdown text to other files and headings of the repository: those that lead nowhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from urllib.parse import unquote, urlsplit

from prodready.readers.headings import Prose

_INLINE = r"\]\(\s*<?(?P<inline>[^()\s<>]{1,500}(?:\([^()\s]{0,200}\))?[^()\s<>]{0,200})>?[^)\n]{0,300}\)"
_LINK = re.compile(_INLINE + r"|^ {0,3}\[[^\]\n]{1,200}\]:\s*<?(?P<named>[^\s<>]{1,500})")
_CODE = re.compile(r"`[^`\n]{0,500}`")
_MARKDOWN = (".md", ".markdown")


def broken(path: str, prose: Prose, files: Collection[str], read: Callable[[str], Prose]) -> Iterator[tuple[int, str, str]]:
    """(line, link, what is wrong) of each link within the repository that leads nowhere; ``read`` gives the prose of another file."""
    folders = {posixpath.dirname(name) for name in files}
    folders |= {parent for folder in folders for parent in _above(folder)}
    for number, line in prose.lines:
        for match in _LINK.finditer(_CODE.sub(" ", line)):
            link = match["inline"] or match["named"]
            if wrong := _wrong(path, link, prose, files, folders, read):
                yield number, link, wrong


def _wrong(path: str, link: str, prose: Prose, files: Collection[str], folders: Collection[str], read: Callable[[str], Prose]) -> str:
    try:
        parts = urlsplit(link)
    except ValueError:
        return "is no address"
    if parts.scheme or parts.netloc:
        return ""
    name = unquote(parts.path)
    target = posixpath.normpath(posixpath.join("" if name.startswith("/") else posixpath.dirname(path), name.lstrip("/"))) if name else path
    if target.startswith(".."):
        return "leads out of the repository"
    if target not in files:
        return "" if target.rstrip("/") in folders or target == "." else "leads to no file"
    fragment = unquote(parts.fragment).casefold()
    if not fragment or not target.lower().endswith(_MARKDOWN) or re.fullmatch(r"l\d+(?:-l\d+)?", fragment):
        return ""
    return "" if fragment in _anchors(prose if target == path else read(target)) else "leads to no heading"


def _anchors(prose: Prose) -> set[str]:
    """The names GitHub gives headings: lower case, blanks become dashes, a repeated one is numbered; and what HTML names."""
    seen: dict[str, int] = {}
    names = set()
    for heading in prose.headings:
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.title).strip().casefold()
        slug = "".join(character for character in text if character.isalnum() or character in " -_").replace(" ", "-")
        names.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    html = {found.casefold() for _, line in prose.lines for found in re.findall(r"""(?:id|name)=["']([^"']{1,200})["']""", line)}
    return names | html


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder
