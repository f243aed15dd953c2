"""The verdict as an endpoint badge of shields.io (shields.io/badges/endpoint-badge)."""

from __future__ import annotations

from prodready.model import Report
from prodready.report import words
from prodready.report.inert import dumped

_COLOURS = {0: "brightgreen", 3: "blueviolet", 4: "blue"}
_WORDS = {0: "ready", 3: "unknown", 4: "pending"}


def render(report: Report) -> str:
    """``ready 92.3``; red is what is not ready."""
    code = report.decision.exit_code
    message = f"{_WORDS.get(code, 'not ready')} {words.points(report.score.value)}"
    return dumped({"schemaVersion": 1, "label": "prodready", "message": message, "color": _COLOURS.get(code, "red"), "isError": code not in (0, 4)}) + "\n"
