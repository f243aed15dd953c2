"""No page loads anything in the clear: a browser would block it, or try an address that may not exist.

Two levels. **Static**: the pages of a running site (``url``: its start and the links of the same origin, or a ``sitemap``) or of a built ``folder``
are read, with their style sheets; scripts are not run. **Browser** (``browser: chromium``): the same pages are opened in a headless Chromium of this
machine, which tells what it blocked and upgraded, and whether an upgraded address answers. Without one the browser level is unknown.

A page of a test server without TLS is read as if it were served with it. Kinds are those of W3C Mixed Content: ``blocked`` (scripts, styles, frames,
fetches, srcset), ``upgraded`` (images, audio, video), ``form``. References to this machine itself, links and canonical addresses are not mixed content.

An item that uses it:

    - id: web.mixed-content
      title: No page loads anything in the clear
      check: mixed_content
      params: {folder: dist}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.mixed_content import chromium
from prodready.checks.mixed_content.crawl import Crawl, Seen
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.service import Where, service

SEVERITY = {
    "blocked": Severity.HIGH, "upgraded": Severity.MEDIUM, "form": Severity.MEDIUM, "navigation": Severity.LOW, "loopback": Severity.NOTE,
}  # fmt: skip
WORDS = {
    "blocked": "a browser blocks it on a secure page", "upgraded": "a browser asks for it over https instead, and shows nothing when that fails",
    "form": "what people type goes out in the clear, and a browser warns them", "navigation": "it leads to a page in the clear",
    "loopback": "it names the visitor's own machine",
}  # fmt: skip
FIX = "write https://, or a path without a host; then see that the address answers over https"


class Params(Struct, frozen=True, kw_only=True):
    """Which pages, and how they are looked at."""

    url: Where = ""
    """The start of a running site, or the name of a target."""
    folder: str = ""
    """A built folder below the repository."""
    sitemap: str = ""
    """Where the site lists its pages (``/sitemap.xml``); empty follows links instead."""
    depth: int = 1
    """How far links are followed from the start."""
    most: int = 50
    """Pages, or files of a folder, that are read."""
    allow_upgraded: bool = False
    """Whether images, audio and video that browsers upgrade are let pass."""
    browser: Literal["off", "chromium"] = "off"
    """Whether the pages are opened in a browser too."""
    resolve: str = ""
    """Chromium's ``--host-resolver-rules``, for a staging host without a name: ``MAP www.example.com 10.0.0.7``."""
    ignore_certificate: bool = False
    """Whether the browser accepts any certificate: for a site with one of a private authority."""

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.folder):
            raise ValueError("give either 'url' or 'folder'")


def observe(ctx: Context, params: Params) -> Found:
    """Every insecure reference of every page. Raises CannotTell."""
    if params.folder and params.browser != "off":
        raise CannotTell("a folder cannot be opened in a browser as it will be served", "serve it over https and give its 'url'")
    crawl = Crawl(ctx=ctx)
    if params.folder:
        crawl.folder(params.folder, params.most)
        source = f"{len(crawl.seen)} pages and style sheets below {shown(params.folder)}"
    else:
        site = service(ctx, params.url, kind="site")
        crawl.authorities = ctx.repo.text(site.target.ca_file) if site.target.ca_file else ""
        crawl.site(site.target.url, params.sitemap, params.most, params.depth)
        source = f"{len(crawl.seen)} pages and style sheets of {site.name}"
    if not crawl.seen:
        raise CannotTell(f"there is no page to look at ({source})", "build the site first, or name the folder or address that holds its pages")
    findings = [*(finding for seen in crawl.seen for finding in _static(seen, params))]
    opened = _opened(ctx, crawl, params)
    return Found(
        examined=len(crawl.seen), evidence=Evidence(source=source + opened.words, tool=opened.tool), findings=(*findings, *opened.findings),
        gaps=(*crawl.gaps, *opened.gaps), notes=(*crawl.notes, *opened.notes),
    )  # fmt: skip


def _static(seen: Seen, params: Params) -> Iterator[Finding]:
    is_file = "://" not in seen.name
    for one in seen.references:
        message = f"{one.where} names {shown(one.url)[:200]}: {WORDS[one.kind]}"
        rewritten = seen.upgrades and one.kind in ("blocked", "upgraded") and one.where != "<object data>"
        severity = Severity.LOW if rewritten or (one.kind == "upgraded" and params.allow_upgraded) else SEVERITY[one.kind]
        yield Finding(
            rule=f"mixed-{one.kind}", message=message if is_file else f"{shown(seen.name)}: {message}", severity=severity, fix=FIX,
            path=seen.name if is_file else "", line=one.line if is_file else None, anchor=f"{seen.name} {one.where} {one.url}",
        )  # fmt: skip


def _opened(ctx: Context, crawl: Crawl, params: Params) -> chromium.Opened:
    if params.browser == "off":
        return chromium.Opened(notes=("read without a browser: what scripts load is not seen",))
    pages = [seen for seen in crawl.seen if seen.name not in crawl.sheets]
    insecure = [seen.name for seen in pages if not seen.name.startswith("https:")]
    if insecure:
        raise CannotTell(f"{few([shown(name) for name in insecure])}: a browser knows mixed content on secure pages only", "serve the site over https")
    named = {reference.url for seen in crawl.seen for reference in seen.references}
    asked = chromium.Asked(
        urls=tuple(seen.name for seen in pages), named=frozenset(named), resolve=params.resolve, trusting=params.ignore_certificate,
        allow_upgraded=params.allow_upgraded,
    )  # fmt: skip
    return chromium.opened(ctx, asked)


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="tls", deadline=600.0)
