"""Insecure references of one page or style sheet, by reading it. Kinds as W3C Mixed Content has them: what a browser blocks, and what it upgrades."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from msgspec import Struct

Kind = Literal["blocked", "upgraded", "form", "navigation", "loopback"]
MOST = 5000
"""References of one page that are kept."""
_ATTRIBUTES: Mapping[tuple[str, str], Kind] = {
    ("script", "src"): "blocked", ("iframe", "src"): "blocked", ("frame", "src"): "blocked", ("embed", "src"): "blocked", ("object", "data"): "blocked",
    ("track", "src"): "blocked", ("applet", "code"): "blocked", ("img", "src"): "upgraded", ("audio", "src"): "upgraded", ("video", "src"): "upgraded",
    ("source", "src"): "upgraded", ("video", "poster"): "upgraded", ("input", "src"): "upgraded", ("image", "href"): "upgraded",
    ("image", "xlink:href"): "upgraded", ("body", "background"): "upgraded", ("table", "background"): "upgraded", ("td", "background"): "upgraded",
    ("form", "action"): "form", ("button", "formaction"): "form", ("input", "formaction"): "form",
}  # fmt: skip
_LINKS = frozenset(("stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest", "apple-touch-icon", "mask-icon"))
_URL = re.compile(r"""(?P<import>@import\s+)?url\(\s*(?P<q>["']?)(?P<url>[^"')\s]+)(?P=q)\s*\)|@import\s+["'](?P<bare>[^"']+)["']""", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_REFRESH = re.compile(r"^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?[\"']?(?P<url>[^\"']+)", re.IGNORECASE)


class Reference(Struct, frozen=True, kw_only=True):
    """An insecure address that a page names."""

    url: str
    kind: Kind
    where: str
    """``<script src>``, ``url()`` and so on."""
    line: int


@dataclass(slots=True)
class Page(HTMLParser):
    """What a page refers to. Comments and templates are inert and do not count."""

    url: str
    references: list[Reference] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Pages of the same origin, in order."""
    sheets: list[str] = field(default_factory=list)
    """Secure style sheets, which may be read in turn."""
    upgrades: bool = False
    """Whether the page asks for upgrade-insecure-requests."""
    base: str = ""
    inert: int = 0
    style: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self.base = self.url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes note of what the element refers to."""
        self.inert += tag == "template"
        self.style = tag == "style"
        if self.inert:
            return
        given = {name: value for name, value in attrs if value is not None}
        if tag == "base" and "href" in given:
            self.base = urljoin(self.base, given["href"])
        for name, value in given.items():
            self._attribute(tag, name, value, given)
        self._special(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The same for ``<img/>``; it opens nothing."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leaves a template or a style sheet."""
        self.inert -= tag == "template" and self.inert > 0
        self.style = False

    def handle_data(self, data: str) -> None:
        """Reads a style sheet inside of the page."""
        if self.style and not self.inert:
            self._css(data, "<style>")

    def _attribute(self, tag: str, name: str, value: str, given: Mapping[str, str]) -> None:
        if name == "style":
            self._css(value, f"<{tag} style>")
        elif name in ("srcset", "imagesrcset"):
            for candidate in value.split(","):
                self.add(candidate.strip().partition(" ")[0], "blocked", f"<{tag} {name}>")
        elif kind := _ATTRIBUTES.get((tag, name)):
            self.add(value, kind, f"<{tag} {name}>")

    def _special(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "link" and "href" in given:
            kinds = set(given.get("rel", "").lower().split())
            if kinds & _LINKS:
                self.add(given["href"], "blocked", f"<link rel={min(kinds & _LINKS)}>")
            if "stylesheet" in kinds and (place := self._place(given["href"])) and not insecure(place):
                self.sheets.append(place)
        elif tag == "meta":
            self._meta(given)
        elif tag == "a" and "href" in given and (place := self._place(given["href"])) and _origin(place) == _origin(self.url):
            self.links.append(place.partition("#")[0])

    def _meta(self, given: Mapping[str, str]) -> None:
        kind, content = given.get("http-equiv", "").lower(), given.get("content", "")
        if kind == "content-security-policy":
            self.upgrades = self.upgrades or upgrades(content)
        elif kind == "refresh" and (match := _REFRESH.match(content)):
            self.add(match["url"], "navigation", "<meta http-equiv=refresh>")

    def _css(self, text: str, where: str) -> None:
        for url, kind in css(text):
            self.add(url, kind, where)

    def _place(self, value: str) -> str:
        try:
            return urljoin(self.base, value.strip())
        except ValueError:
            return ""

    def add(self, value: str, kind: Kind, where: str) -> None:
        """Keeps the reference if it is insecure."""
        place = self._place(value)
        if insecure(place) and len(self.references) < MOST:
            self.references.append(Reference(url=place, kind=kind_of(place, kind), where=where, line=self.getpos()[0]))


def read(text: str, url: str, policy: str = "") -> Page:
    """What a page at ``url`` refers to; ``policy`` is its Content-Security-Policy header."""
    page = Page(url)
    page.upgrades = upgrades(policy)
    page.feed(text)
    page.close()
    return page


def sheet(text: str, url: str) -> list[Reference]:
    """The insecure references of a style sheet."""
    found: list[Reference] = []
    for start, address, kind in _css_matches(text):
        place, where = urljoin(url, address), "@import" if kind == "blocked" else "url()"
        if insecure(place) and len(found) < MOST:
            found.append(Reference(url=place, kind=kind_of(place, kind), where=where, line=text.count("\n", 0, start) + 1))
    return found


def css(text: str) -> Iterator[tuple[str, Kind]]:
    """The addresses in CSS: what it imports is blocked, images are upgraded."""
    for _, address, kind in _css_matches(text):
        yield address, kind


def _css_matches(text: str) -> Iterator[tuple[int, str, Kind]]:
    blank = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in _URL.finditer(blank):
        yield match.start(), match["url"] or match["bare"], "blocked" if match["import"] or match["bare"] else "upgraded"


def upgrades(policy: str) -> bool:
    """Whether a Content-Security-Policy has browsers rewrite http: to https:."""
    return any(directive.strip().lower().split(" ")[0] == "upgrade-insecure-requests" for part in policy.split(",") for directive in part.split(";"))


def insecure(url: str) -> bool:
    """Whether the address is fetched in the clear."""
    return _split(url).scheme in ("http", "ws", "ftp")


def kind_of(url: str, kind: Kind) -> Kind:
    """Loopback is trustworthy; an address without a name is never upgraded, and so is blocked."""
    host = _split(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "loopback" if host == "localhost" or host.endswith(".localhost") else kind
    if address.is_loopback:
        return "loopback"
    return "blocked" if kind == "upgraded" else kind


def _origin(url: str) -> tuple[str, str]:
    return _split(url).scheme, _split(url).netloc


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
