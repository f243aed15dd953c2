"""The browser level: the Chromium of this machine opens each page, and its own issues become findings."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from prodready.context import Context, Ended
from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.tools.classify import Malformed, each, json_of, want

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
_MIXED = {"MixedContentBlocked": ("blocked", Severity.HIGH), "MixedContentAutomaticallyUpgraded": ("upgraded", Severity.MEDIUM)}


class Asked(Struct, frozen=True, kw_only=True):
    """Which pages are opened, and how."""

    urls: tuple[str, ...]
    named: frozenset[str]
    """Insecure addresses that reading the pages has shown: when a policy has them rewritten, the browser names them no more."""
    resolve: str
    trusting: bool
    allow_upgraded: bool


class Opened(Struct, frozen=True, kw_only=True):
    """What the browser said."""

    words: str = ""
    tool: str = ""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def opened(ctx: Context, asked: Asked) -> Opened:
    """Opens the pages; a browser that is missing or fails leaves a gap."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        return Opened(gaps=("the pages were not opened in a browser: there is no Chromium on this machine (apt-get install chromium)",))
    request = {"program": program, "urls": asked.urls, "resolve": asked.resolve, "trusting": asked.trusting}
    script = str(Path(__file__).with_name("browser.py"))
    ended = ctx.run.command([sys.executable, "-I", "-B", script, json.dumps(request)], cwd=ctx.scratch(), deadline=60.0 + 35.0 * len(asked.urls))
    if ended.ended is not Ended.EXITED or ended.code:
        last = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return Opened(gaps=(f"the browser {ended.ended.value} with code {ended.code}: {shown(last)[:200]}",))
    try:
        account = json_of(ended.stdout)
        pages = list(each(account, "pages"))
        return _read(pages, str(want(account, "version", str)), asked)
    except Malformed as malformed:
        return Opened(gaps=(f"the browser's account is not understood: {malformed}",))


def _read(pages: list[dict[str, Any]], version: str, asked: Asked) -> Opened:
    gaps = [f"{shown(str(page['url']))} did not load in the browser: {_why(page)}" for page in pages if _why(page)]
    notes = ["the browser accepted any certificate (ignore_certificate)"] if asked.trusting else []
    return Opened(
        words=f", opened in {shown(version)}", tool=shown(version), findings=tuple(finding for page in pages for finding in _findings(page, asked)),
        gaps=tuple(gaps), notes=tuple(notes),
    )  # fmt: skip


def _why(page: Mapping[str, Any]) -> str:
    if page["failure"] or page["status"] >= 400:
        return shown(str(page["failure"] or f"HTTP {page['status']}"))
    return "" if page["loaded"] else "it never came to an end"


def _findings(page: Mapping[str, Any], asked: Asked) -> Iterator[Finding]:
    failed, upgraded = set(page["failed"]), set(asked.named)
    for issue in page["issues"]:
        kind, severity = _MIXED.get(issue["resolutionStatus"], ("warned", Severity.NOTE))
        if kind == "upgraded":
            upgraded.add(issue["insecureURL"])
        lowered = Severity.LOW if kind == "upgraded" and asked.allow_upgraded else severity
        yield _finding(page, f"browser-{kind}", f"{issue['resourceType']} {shown(issue['insecureURL'])[:200]} was {kind}", lowered)
    for url in sorted(upgraded):
        secure = "https" + url.removeprefix("http")
        if url.startswith("http:") and secure in failed:
            yield _finding(page, "browser-upgrade-failed", f"{shown(secure)[:200]} was asked for in the place of http:, and did not come", Severity.HIGH)


def _finding(page: Mapping[str, Any], rule: str, words: str, severity: Severity) -> Finding:
    where = shown(str(page["url"]))
    fix = "write https:// for an address that answers over https"
    return Finding(rule=rule, message=f"{where}: {words}", severity=severity, fix=fix, anchor=f"{where} {rule} {words}")
