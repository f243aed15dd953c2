"""A document that people need exists, says enough, has its sections, and is neither a template nor out of date.

All files that match any of ``paths`` are read: Markdown, reStructuredText, AsciiDoc or plain text; of other files (PDF, pictures) only size and
age are looked at. ``headings`` must each be in one of them, whatever case or numbering; a heading with nothing below it is a finding.
Placeholders (``TODO``, ``TBD``, ``<your name>``, ``____``, lorem ipsum) are findings with their lines; code blocks are left alone. ``max_age``
goes by the last commit that touched the document, or by a line ``Last reviewed: 2026-01-31`` in it, whichever is later; a shallow clone cannot
tell. With ``links: true`` Markdown links to files and headings of the repository must lead somewhere, with ``owned: true`` somebody must answer for
it. That the words are true, a person must say: see ``attestation``.

An item that uses it:

    - id: docs.runbook
      title: The runbook says how to roll back and who to call
      check: document
      params: {paths: [RUNBOOK.md, docs/runbook.md], headings: [Rollback, Contacts], min_words: 150, max_age: 180 d}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.document import age, links, owners
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.patterns import anycase, compiled, matches
from prodready.readers import headings
from prodready.readers.headings import Prose

MOST = 20
"""Placeholders of one document that are listed."""
PROSE = (".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc", ".txt", ".org")
PLACEHOLDERS = (
    r"(?i)\b(?:TODO|TBD|FIXME|TBA|to be (?:done|determined|defined|written|decided))\b",
    r"(?i)\blorem ipsum\b",
    r"(?i)\bx{3,}\b",
    r"(?i)<(?:your|my|the|insert|add|enter|fill|name|date|todo|tbd|team|owner|email|url|link|version|service|company|org)[ _-]?[^<>\n=/:@]{0,40}>",
    r"(?i)\[(?:your|insert|fill in|add|enter|name|date) [^\]\n]{1,40}\](?!\()",
    r"(?<![\w_])_{4,}(?![\w_])",
    r"\b20\d\d-(?:<|MM|XX|\d\d-(?:<|DD|XX))",
)


class Params(Struct, frozen=True, kw_only=True):
    """Which document, and what it must say."""

    paths: tuple[str, ...]
    """Where it may be (gitignore patterns, in any letter case; ``/README.md`` is the one at the top)."""
    headings: tuple[str, ...] = ()
    """Sections it must have, in any of the matching files; ``A | B`` takes either title."""
    min_words: int = 20
    """Words outside headings and code that all matching files together must say at least."""
    placeholders: tuple[str, ...] = PLACEHOLDERS
    """Regular expressions for text that waits to be filled in; an empty list looks for none."""
    max_age: str = ""
    """How long ago it may have been changed or reviewed (``180 d``); empty takes no limit."""
    links: bool = False
    """Whether links to files and headings of the repository must lead somewhere; addresses elsewhere are not asked."""
    owned: bool = False
    """Whether each must have an owner: a line ``Owner: …`` in it, or CODEOWNERS."""
    min_bytes: int = 1
    """How large a file that is no text must be at least."""
    severity: Literal["note", "low", "medium", "high", "critical"] = "medium"
    """How bad a finding is."""

    def __post_init__(self) -> None:
        for pattern in self.placeholders:
            compiled(pattern)
        age.limit(self.max_age)


class Text(Struct, frozen=True, kw_only=True):
    """One document that was read."""

    path: str
    prose: Prose
    text: str


def observe(ctx: Context, params: Params) -> Found:
    """Reads every matching document; that there is none is an observation too."""
    paths = tuple(filter(anycase(params.paths), ctx.repo.files()))
    if not paths:
        finding = _finding(params, "missing-document", f"none of {few(params.paths)} exists", fix=f"write {_name(params.paths[0])}{_outline(params)}")
        return Found(examined=1, evidence=Evidence(source=f"the files of the repository, looking for {few(params.paths)}"), findings=(finding,))
    texts, gaps = _read(ctx, paths)
    findings = [*_said(texts, params), *_small(ctx, paths, params)] if not gaps else list[Finding]()
    findings += [finding for text in texts for finding in _unfilled(text, params)]
    findings += [finding for text in texts for finding in _loose(ctx, text, params)]
    if params.max_age:
        findings += _old(ctx, paths, texts, params)
    words = sum(text.prose.words for text in texts)
    source = f"{', '.join(shown(path) for path in paths[:3])}{' and more' if len(paths) > 3 else ''}{f', {words:,} words' if words else ''}"
    return Found(examined=len(paths), evidence=Evidence(source=source), findings=tuple(findings), gaps=gaps)


def _read(ctx: Context, paths: tuple[str, ...]) -> tuple[list[Text], tuple[str, ...]]:
    texts, gaps = list[Text](), list[str]()
    for path in paths:
        if not _is_prose(path):
            continue
        try:
            text = ctx.repo.text(path)
            texts.append(Text(path=path, prose=headings.read(text), text=text))
        except CannotTell as unable:
            gaps.append(unable.reason)
    return texts, tuple(gaps)


def _is_prose(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.endswith(PROSE) or "." not in name.lstrip(".")


def _said(texts: list[Text], params: Params) -> Iterator[Finding]:
    """What all texts together must say."""
    if not texts:
        if params.headings:
            yield _finding(params, "missing-heading", "no text among the matching files, so no sections", fix="write it as Markdown, or drop 'headings'")
        return
    words = sum(text.prose.words for text in texts)
    if words < params.min_words:
        message = f"{words} words where {params.min_words} are expected"
        yield _finding(params, "too-short", message, path=texts[0].path, fix="say what a person on call at night needs")
    for wanted in params.headings:
        yield from _heading(texts, wanted, params)


def _heading(texts: list[Text], wanted: str, params: Params) -> Iterator[Finding]:
    titles = {headings.plain(title) for title in wanted.split("|")}
    places = [(text, at) for text in texts for at, heading in enumerate(text.prose.headings) if _is_one_of(heading.title, titles)]
    if not places:
        yield _finding(params, "missing-heading", f"no section {wanted!r}", path=texts[0].path, fix=f"write a section '## {wanted.partition('|')[0].strip()}'")
    elif all(_empty(text.prose, at) for text, at in places):
        text, at = places[0]
        yield _finding(params, "empty-section", f"the section {wanted!r} says nothing", path=text.path, line=text.prose.headings[at].line, fix="write it")


def _is_one_of(title: str, wanted: set[str]) -> bool:
    plain = f" {headings.plain(title)} "
    return any(f" {words} " in plain for words in wanted if words)


def _empty(prose: Prose, at: int) -> bool:
    """Whether no word follows a heading before the next one; a heading below it counts as content."""
    start = prose.headings[at].line
    end = prose.headings[at + 1].line if at + 1 < len(prose.headings) else float("inf")
    body = [line for number, line in prose.lines if start < number < end and any(character.isalnum() for character in line)]
    return not body and not _has_subsection(prose, at)


def _has_subsection(prose: Prose, at: int) -> bool:
    return at + 1 < len(prose.headings) and prose.headings[at + 1].level > prose.headings[at].level


def _unfilled(text: Text, params: Params) -> Iterator[Finding]:
    body = "\n".join(line for _, line in text.prose.lines)
    numbers = [number for number, _ in text.prose.lines]
    for pattern in params.placeholders:
        for match in islice(matches(pattern, body, name=shown(text.path)), MOST):
            line = numbers[body.count("\n", 0, match.start())]
            words = f"the placeholder {shown(match[0][:40])!r} waits to be filled in"
            yield _finding(params, "placeholder", words, path=text.path, line=line, fix="write what belongs there, or remove the line")


def _loose(ctx: Context, text: Text, params: Params) -> Iterator[Finding]:
    """Links that lead nowhere, and a missing owner."""
    if params.links:
        for line, link, wrong in links.broken(text.path, text.prose, ctx.repo.files(), lambda path: headings.read(ctx.repo.text(path))):
            yield _finding(params, "broken-link", f"the link {shown(link[:80])} {wrong}", path=text.path, line=line, fix="mend or remove the link")
    if params.owned and not owners.named(ctx, text.path, text.text):
        yield _finding(params, "no-owner", "nobody owns it", path=text.path, fix="write 'Owner: …' into it, or name it in CODEOWNERS")


def _small(ctx: Context, paths: tuple[str, ...], params: Params) -> Iterator[Finding]:
    for path in paths:
        if not _is_prose(path) and len(ctx.repo.head(path)) < min(params.min_bytes, 8192):
            yield _finding(params, "too-small", "the file is (nearly) empty", path=path, fix="put the real document there")


def _old(ctx: Context, paths: tuple[str, ...], texts: list[Text], params: Params) -> Iterator[Finding]:
    limit = age.limit(params.max_age)
    reviewed = {text.path: age.reviewed(text.text) for text in texts}
    for path in paths:
        last = max(filter(None, (reviewed.get(path), age.committed(ctx, path, reviewed.get(path)))), default=ctx.now)
        if last > ctx.now + age.TOMORROW:
            yield _finding(params, "date-in-future", f"says it was reviewed on {last:%Y-%m-%d}, which is yet to come", path=path, fix="write the real date")
        elif limit and ctx.now - last > limit:
            words = f"last changed or reviewed on {last:%Y-%m-%d}, more than {params.max_age} ago"
            yield _finding(params, "outdated", words, path=path, fix=f"read it again, mend it and write 'Last reviewed: {ctx.now:%Y-%m-%d}'")


def _name(pattern: str) -> str:
    """A file that the pattern stands for: ``runbook.md`` for ``**/runbook*.md``, ``.github/workflows/main.yml`` for ``.github/workflows/*.yml``."""
    plain = pattern.removeprefix("**/").removeprefix("/")
    return re.sub(r"(^|/)\*(?=\.|$)", r"\1main", plain).replace("**/", "").replace("*", "")


def _outline(params: Params) -> str:
    wanted = [f"'## {heading.partition('|')[0].strip()}'" for heading in params.headings]
    return f" with {'the section' if len(wanted) == 1 else 'the sections'} {', '.join(wanted)}" if wanted else ""


def _finding(params: Params, rule: str, message: str, *, path: str = "", line: int | None = None, fix: str = "") -> Finding:
    return Finding(rule=rule, message=message, severity=Severity[params.severity.upper()], path=shown(path), line=line, fix=fix)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="repository")
