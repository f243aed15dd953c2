"""Stage 7: one pure renderer a file. ``RENDERERS`` maps a format's name to ``report -> text``; nothing is imported before its use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from prodready.model import Report

Renderer = Callable[[Report], str]


def _late(module: str) -> Renderer:
    def render(report: Report) -> str:
        text: str = import_module(f"prodready.report.{module}").render(report)
        return text

    return render


RENDERERS: Mapping[str, Renderer] = {"json": _late("json_v1"), "markdown": _late("markdown"), "terminal": _late("plain")}
"""By the names that ``--format`` takes."""

EXTENSIONS: Mapping[str, str] = {"json": "json", "markdown": "md", "terminal": "txt"}
"""What a format's file is called: ``report.<extension>``."""
