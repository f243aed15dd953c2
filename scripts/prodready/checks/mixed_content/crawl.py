"""The pages that are read: those of a running site, from its start, its sitemap or its links; or the files of a built folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.mixed_content import page
from prodready.checks.mixed_content.page import Page, Reference
from prodready.context import Answer, Context, HttpRequest
from prodready.names import shown

PAGE_LIMIT = 4 * 1024 * 1024
MOST_SHEETS = 30
_LOC = re.compile(rb"<loc>\s*([^<\s]+)\s*</loc>")


class Seen(Struct, frozen=True, kw_only=True):
    """One page or style sheet, and what it refers to in the clear."""

    name: str
    """Its address, or its path."""
    references: Sequence[Reference]
    upgrades: bool = False


@dataclass(slots=True, kw_only=True)
class Crawl:
    """What was read, and what could not be."""

    ctx: Context
    authorities: str = ""
    seen: list[Seen] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sheets: set[str] = field(default_factory=set)

    def site(self, start: str, sitemap: str, most: int, depth: int) -> None:
        """Pages of a running site, breadth first. Raises CannotTell when its start gives nothing."""
        todo = [(url, 0) for url in ([*self._sitemap(urljoin(start, sitemap))] if sitemap else [start])]
        known = {url for url, _ in todo}
        count = 0
        while todo and count < most:
            (url, level), count = todo.pop(0), count + 1
            found = self._page(url, first=not self.seen)
            links = [as_tested(link, url) for link in (found.links if found and level < depth else ())]
            fresh = [link for link in links if link not in known]
            known.update(fresh)
            todo += [(link, level + 1) for link in dict.fromkeys(fresh)]
        if todo:
            self.notes.append(f"{len(todo)} more pages were not looked at; raise 'most'")

    def _page(self, url: str, *, first: bool) -> Page | None:
        """One page with its style sheets; None for what is no page or did not come."""
        try:
            answer = self._get(url)
        except CannotTell as unable:
            if first:
                raise
            self.gaps.append(unable.reason)
            return None
        if answer.status != 200:
            self.gaps.append(f"{shown(url)} answered HTTP {answer.status}")
            return None
        if "html" not in answer.headers.get("content-type", "text/html"):
            return None
        found = page.read(answer.body.decode("utf-8", "replace"), as_served(url), answer.headers.get("content-security-policy", ""))
        self.seen.append(Seen(name=url, references=found.references, upgrades=found.upgrades))
        for sheet in found.sheets:
            self._sheet(as_tested(sheet, url))
        return found

    def _sheet(self, url: str) -> None:
        if url in self.sheets or len(self.sheets) >= MOST_SHEETS or urlsplit(url).scheme not in ("http", "https"):
            return
        self.sheets.add(url)
        try:
            answer = self._get(url)
        except CannotTell as unable:
            self.gaps.append(unable.reason)
            return
        self.seen.append(Seen(name=url, references=page.sheet(answer.body.decode("utf-8", "replace"), as_served(url))))

    def _sitemap(self, url: str) -> Iterator[str]:
        answer = self._get(url)
        found = [match.decode("utf-8", "replace") for match in _LOC.findall(answer.body)] if answer.status == 200 else []
        here = [one.replace("&amp;", "&") for one in found if urlsplit(one).netloc == urlsplit(url).netloc]
        if not here:
            raise CannotTell(f"{shown(url)} (HTTP {answer.status}) lists no page of this site", "give the address of the sitemap, or leave 'sitemap' out")
        yield from here

    def _get(self, url: str) -> Answer:
        return self.ctx.http.send(HttpRequest(url=url, authorities=self.authorities, limit=PAGE_LIMIT))

    def folder(self, folder: str, most: int) -> None:
        """The pages and style sheets of a built folder."""
        inside = folder.strip("/")
        paths = self.ctx.repo.outputs(*(f"/{inside}/**/*.{kind}" if inside not in ("", ".") else f"**/*.{kind}" for kind in ("html", "htm", "css")))
        for path in paths[:most]:
            try:
                text = self.ctx.repo.text(path)
            except CannotTell as unable:
                self.gaps.append(unable.reason)
                continue
            where = f"https://site.invalid/{path.removeprefix(inside).lstrip('/')}"
            found = None if path.endswith(".css") else page.read(text, where)
            self.seen.append(Seen(name=path, references=found.references if found else page.sheet(text, where), upgrades=bool(found and found.upgrades)))
        if len(paths) > most:
            self.gaps.append(f"{len(paths) - most} of {len(paths)} files were not read; raise 'most'")


def as_served(url: str) -> str:
    """The address under which the page will be served in production: a test server without TLS stands for one with it."""
    return "https" + url[4:] if url.startswith("http:") else url


def as_tested(url: str, beside: str) -> str:
    """Where an address that was read on a page is fetched: on the test server, if it is the page's own."""
    mine = urlsplit(beside)
    return "http" + url[5:] if mine.scheme == "http" and url.startswith(f"https://{mine.netloc}/") else url
