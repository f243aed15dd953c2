"""What is hidden from the gate: by suppressors that the base branch holds already, and by those that this very change brings along.

What a change hides anew stays counted until the people named for a weaker gate agree; what the base hides is shown, with its age.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from prodready import suppressors
from prodready.check import CannotTell
from prodready.context import Repo
from prodready.model import Finding, Found, Measured, Observation, Outcome, Severity, Unseen
from prodready.names import counted, few, shown
from prodready.readers import diff
from prodready.suppressors import MARKER, Silencer

RULE = "newly-suppressed"
GAP = "hidden anew by this change: "
FIX = "take the suppression out and mend what it hides, or let the people who may agree to a weaker gate sign this commit"
FROM_ELSEWHERE = {"tool_report": (), "test_report": ("pytest", "coverage"), "command": ()}
"""Checks that read what a tool of the repository's own job says: it has obeyed every suppressor there is."""
MOST_FILES = 50
"""Files whose suppressors are dated."""
MOST_NAMED = 20
LARGEST = 2 * 1024 * 1024
"""Bytes of a file that is compared line by line."""
AT_ONCE = 400
"""Files of one comparison: more do not fit a command line."""


class Added(Struct, frozen=True, kw_only=True):
    """One suppressor that the change brings along."""

    tool: str
    path: str
    line: int | None
    words: str

    def __str__(self) -> str:
        return f"{shown(self.path)}{f':{self.line}' if self.line else ''} {self.words} ({self.tool})"


class Hidden:
    """What the change since the base hides. Without a base nothing is new."""

    def __init__(self, repo: Repo, *, looks: bool = True) -> None:
        self.repo, self.looks = repo, looks

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The files that the change touches and leaves. Raises CannotTell."""
        history = self.repo.history if self.looks else None
        if history is None or not history.base:
            return ()
        return tuple(filter(None, self.repo.git("diff", "--no-renames", "--diff-filter=d", "--name-only", "-z", *self._scope, history.base, "--").split("\0")))

    @cached_property
    def large(self) -> frozenset[str]:
        """Those too large to be compared line by line: whatever is hidden in them counts as new. Raises CannotTell."""
        return frozenset(path for path in self.changed if self._size(path) > LARGEST)

    @cached_property
    def lines(self) -> Mapping[str, Mapping[int, str]]:
        """The added lines of the other ones, by number. Raises CannotTell."""
        small = [path for path in self.changed if path not in self.large]
        return {path: lines for at in range(0, len(small), AT_ONCE) for path, lines in diff.added(self._diff(small[at : at + AT_ONCE]))}

    @property
    def _scope(self) -> tuple[str, ...]:
        history = self.repo.history
        return (f"--relative={history.prefix}",) if history and history.prefix else ()

    def _size(self, path: str) -> int:
        try:
            return (self.repo.root / path).lstat().st_size
        except OSError:
            return 0

    def _diff(self, paths: Sequence[str]) -> str:
        history = self.repo.history
        prefix, base = (history.prefix, history.base) if history else ("", "")
        # --text: an attribute that the change sets must not make a file look binary.
        options = ("--text", "--no-renames", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "-U0", *self._scope)
        return self.repo.git("diff", *options, base, "--", *(prefix + path for path in paths))

    @cached_property
    def marked(self) -> tuple[tuple[str, int, str], ...]:
        """Those of them that hold the words of any tool. Raises CannotTell."""
        return tuple((path, number, text) for path, lines in self.lines.items() for number, text in lines.items() if MARKER.search(text))

    @cached_property
    def added(self) -> tuple[Added, ...]:
        """Every suppressor that the change brings along, of whatever tool. Raises CannotTell."""
        return tuple(one for tool in suppressors.SILENCERS for one in self._of(tool))

    def mark(self, check_id: str, seen: Observation) -> Observation:
        """The observation with all that the change hides counted again."""
        if isinstance(seen, Unseen):
            return seen
        try:
            return self._mark(check_id, seen)
        except CannotTell as unable:
            gap = f"what this change hides could not be told: {unable.reason}"
            return replace(seen, gaps=(*seen.gaps, gap))

    def _mark(self, check_id: str, seen: Measured | Found) -> Measured | Found:
        marked: Measured | Found = replace(seen, findings=tuple(self._counted(check_id, finding) for finding in seen.findings))
        for one in self._from_elsewhere(check_id, seen):
            marked = _with(marked, one)
        return marked

    def _counted(self, check_id: str, finding: Finding) -> Finding:
        if not finding.suppressed or (check_id == "secrets" and finding.suppressed.startswith("excluded:")) or not self._is_new(finding):
            return finding
        told = f"{finding.message} (hidden by {finding.suppressed}, which this change adds; counted until that is signed)"
        return replace(finding, suppressed="", newly=finding.suppressed, message=told, anchor=finding.anchor or finding.message, fix=FIX)

    def _is_new(self, finding: Finding) -> bool:
        """Whether the change wrote the line or its suppressor. In doubt it did: a marker it added anywhere in the file may be the one."""
        lines = self.lines.get(finding.path, {})
        if finding.path in self.large:
            return True
        if not lines or finding.line in lines:
            return bool(lines)
        return not MARKER.search(self._line(finding)) and any(MARKER.search(text) for text in lines.values())

    def _line(self, finding: Finding) -> str:
        texts = self.repo.text(finding.path).splitlines()
        return texts[finding.line - 1] if finding.line and finding.line <= len(texts) else ""

    def _from_elsewhere(self, check_id: str, seen: Measured | Found) -> Iterator[Added]:
        """The new suppressors of the tools whose word this observation is."""
        if check_id in FROM_ELSEWHERE:
            evidence = seen.evidence
            named = {one.tool for one in suppressors.speaking(f"{evidence.tool} {evidence.source}")} | {*FROM_ELSEWHERE[check_id]}
            yield from (one for one in self.added if one.tool in named)

    def _of(self, tool: Silencer) -> Iterator[Added]:
        for path in self.lines:
            if tool.names(path) and self._says_else(tool, path):
                yield Added(tool=tool.tool, path=path, line=None, words="is new or changed")
        for path, number, text in self.marked:
            if tool.marker and (found := re.search(tool.marker, text, re.IGNORECASE)):
                yield Added(tool=tool.tool, path=path, line=number, words=shown(found[0].strip()))

    def _says_else(self, tool: Silencer, path: str) -> bool:
        """Whether the file now says something else to the tool than at the base."""
        history = self.repo.history
        before = self._text_at(f"{history.base}:{history.prefix}{path}") if history else ""
        try:
            now = self.repo.text(path)
        except CannotTell:
            return True
        return tool.section(path, before) != tool.section(path, now)

    def _text_at(self, name: str) -> str:
        try:
            return self.repo.git("cat-file", "blob", name)
        except CannotTell:  # not there before
            return ""

    def notes(self, outcomes: Iterable[Outcome], now: datetime) -> tuple[str, ...]:
        """The totals, with the age of the oldest; and what the change adds, for whichever tool."""
        distinct = {finding for outcome in outcomes if isinstance(outcome.observation, Measured | Found) for finding in outcome.observation.findings}
        old, new = [one for one in distinct if one.suppressed], [one for one in distinct if one.newly]
        lines = []
        if old or new:
            oldest = self._oldest(old, now)
            age = f" (oldest {oldest} d)" if oldest is not None else ""
            lines.append(f"findings {len(distinct)} · suppressed on base {len(old)}{age} · newly suppressed here {len(new)}")
        try:
            added = [str(one) for one in self.added]
        except CannotTell as unable:
            return (*lines, f"which suppressors this change adds could not be told: {unable.reason}")
        return (*lines, f"{counted(len(added), 'suppressor')} added by this change: {few(added, MOST_NAMED)}") if added else tuple(lines)

    def _oldest(self, findings: Iterable[Finding], now: datetime) -> int | None:
        """Days since the oldest line that hides something was written."""
        places: dict[str, set[int]] = {}
        for finding in findings:
            if finding.path and finding.line:
                places.setdefault(finding.path, set()).add(finding.line)
        written = [moment for path, lines in sorted(places.items())[:MOST_FILES] for moment in self._written(path, lines)]
        return max(0, int((now.timestamp() - min(written)) // 86400)) if written else None

    def _written(self, path: str, lines: Iterable[int]) -> list[int]:
        history = self.repo.history
        if history is None or not history.head:
            return []
        spans = [word for line in sorted(lines) for word in ("-L", f"{line},{line}")]
        try:
            blamed = self.repo.git("blame", "--porcelain", *spans, history.head, "--", history.prefix + path)
        except CannotTell:  # not in the history, or shorter there
            return []
        return [int(number) for number in re.findall(r"^committer-time (\d+)$", blamed, re.MULTILINE)]


def _with(seen: Measured | Found, one: Added) -> Measured | Found:
    """The observation with a new suppressor of its tool held against it, once."""
    if isinstance(seen, Measured):
        gap = f"{GAP}{one}"
        return seen if gap in seen.gaps else replace(seen, gaps=(*seen.gaps, gap))
    message = f"{one.words} is new and hides what {one.tool} would find"
    finding = Finding(rule=RULE, message=message, severity=Severity.HIGH, path=one.path, line=one.line, fix=FIX, newly=f"{one.tool}: {one.words}")
    return seen if finding in seen.findings else replace(seen, findings=(*seen.findings, finding))


def contested(seen: Observation) -> bool:
    """Whether the change hides something of it."""
    return not isinstance(seen, Unseen) and (any(finding.newly for finding in seen.findings) or any(gap.startswith(GAP) for gap in seen.gaps))


def agreed(seen: Observation) -> Observation:
    """The observation when people have agreed to what the change hides."""
    if isinstance(seen, Unseen):
        return seen
    findings = tuple(replace(finding, suppressed=f"{finding.newly}, signed in this change") if finding.newly else finding for finding in seen.findings)
    return replace(seen, findings=findings, gaps=tuple(gap for gap in seen.gaps if not gap.startswith(GAP)))
