"""What is said of a grant outside AWS: one row a sentence, told at a place."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from prodready.checks.iam_wildcards.verdicts import Verdicts, listed
from prodready.model import Finding, Severity
from prodready.terraform import marks


class Told(Struct, frozen=True):
    """One row of a table of rules; the message takes its words by name."""

    rule: str
    severity: Severity
    message: str
    fix: str


class Spot(Struct, frozen=True):
    """The place of one role or binding."""

    path: str
    line: int | None
    out: Verdicts

    def tell(self, told: Told, severity: Severity | None = None, /, **words: str) -> None:
        """Adds the finding; ``severity`` where the place makes it more or less grave than the row says."""
        message = told.message.format_map({name: marks.shown(word) for name, word in words.items()})
        self.out.add(Finding(rule=told.rule, message=message, severity=severity or told.severity, path=self.path, line=self.line, fix=told.fix))

    def unresolved(self, texts: Iterable[str], where: str) -> None:
        """Adds a gap for those of the texts that are not known."""
        unknown = [text for text in texts if marks.is_unknown(text)]
        if unknown:
            self.out.gaps[f"{self.path}:{self.line or 1}: UNRESOLVED {marks.shown(listed(unknown, 3))} in {where}"] = None
