"""Stage 7: one pure renderer a file. ``RENDERERS`` maps a format's name to ``report -> text``; nothing is imported before its use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol

from prodready.model import Report
from prodready.report.past import NOTHING, Past


class Renderer(Protocol):
    """Pure: the same report gives the same text."""

    def __call__(self, report: Report, past: Past = NOTHING) -> str: ...


def _late(module: str, *, remembers: bool = False) -> Renderer:
    """The ``render`` of a module; only one that remembers is told the past."""

    def render(report: Report, past: Past = NOTHING) -> str:
        made = import_module(f"prodready.report.{module}").render
        text: str = made(report, past) if remembers else made(report)
        return text

    return render


RENDERERS: Mapping[str, Renderer] = {
    "json": _late("json_v1"),
    "markdown": _late("markdown"),
    "html": _late("html", remembers=True),
    "terminal": _late("plain"),
    "sarif": _late("sarif"),
    "junit": _late("junit"),
    "csv": _late("table"),
    "badge": _late("badge"),
    "oscal": _late("oscal"),
    "intoto": _late("intoto"),
    "cyclonedx": _late("cyclonedx"),
}
"""By the names that ``--format`` takes."""

EXTENSIONS: Mapping[str, str] = {
    "json": "json", "markdown": "md", "html": "html", "terminal": "txt", "sarif": "sarif", "junit": "junit.xml", "csv": "csv", "badge": "badge.json",
    "oscal": "oscal.json", "intoto": "intoto.json", "cyclonedx": "cdx.json",
}  # fmt: skip
"""What a format's file is called: ``report.<extension>``."""
USUAL = ("json", "markdown", "html")
"""What a run writes unless told otherwise."""
