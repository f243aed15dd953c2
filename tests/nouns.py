"""Small builders of the nouns and a check whose every word the test chooses: what tests of the stages share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodready.check import Check
from prodready.model import Category, Checklist, Evidence, Finding, Found, Item, Measured, Observation, Outcome, Severity, Status

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
EVIDENCE = Evidence(source="3 files")


def item(item_id: str = "a", **rest: Any) -> Item:
    """An item of the check ``document`` unless told otherwise."""
    return Item(**{"id": item_id, "title": item_id.title(), "check": "document", **rest})


def category(category_id: str, weight: float, *items: Item) -> Category:
    """A category of these items."""
    return Category(id=category_id, title=category_id.title(), weight=weight, items=items)


def checklist(*categories: Category, **rest: Any) -> Checklist:
    """A checklist with a pass mark of 80."""
    return Checklist(**{"id": "t", "title": "Test", "pass_mark": 80, "sha256": "0" * 64, "source": "file", "categories": categories, **rest})


def outcome(of: Item, status: Status, observation: Observation | None = None) -> Outcome:
    """An outcome of that status."""
    return Outcome(item=of, status=status, summary=status.value, observation=observation or found())


def found(*findings: Finding, examined: int = 3, gaps: Sequence[str] = (), evidence: Evidence = EVIDENCE) -> Found:
    """What a check found."""
    return Found(examined=examined, evidence=evidence, findings=findings, gaps=tuple(gaps))


def finding(severity: Severity = Severity.HIGH, **rest: Any) -> Finding:
    """One finding."""
    return Finding(**{"rule": "R1", "message": "it is wrong", "severity": severity, "path": "a.py", "line": 3, **rest})


def measured(value: Any, unit: str = "", **rest: Any) -> Measured:
    """A measurement."""
    return Measured(**{"value": value, "unit": unit, "evidence": EVIDENCE, **rest})


def check(observe: Callable[..., Observation], *, params: type = dict, deadline: float = 60.0, alone: bool = False) -> Check[Any]:
    """A check that observes what the function gives."""
    return Check(params=params, observe=observe, expect="no findings", domain="test", deadline=deadline, alone=alone)  # type: ignore[arg-type]


class FolderRepo:
    """The files of a mapping, as a repository outside git."""

    def __init__(self, files: Mapping[str, str] = {}, root: Path = Path()) -> None:
        self.texts, self.root, self.history, self.notes = files, root, None, ()

    def files(self, *patterns: str) -> tuple[str, ...]:
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(patterns or ["*"])
        return tuple(sorted(path for path in self.texts if spec.match_file(path)))
