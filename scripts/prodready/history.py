"""The runs of the past, in one SQLite file: what trends, deltas and notifications come from. Losing it changes no verdict."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from prodready.errors import ProdreadyError
from prodready.model import Report, Status
from prodready.report import json_v1
from prodready.report.past import Past, Point, point

KEPT = 40
"""Whole reports kept of one gate; of older runs the numbers stay."""
_MOST = 64 * 1024 * 1024
_SCHEMA = """
create table if not exists run (
  digest text primary key, repository text not null, profile text not null, stage text not null, commit_id text not null, started text not null,
  score real not null, pass_mark real not null, ready integer not null, exit_code integer not null, counts text not null, measured text not null, report blob
) strict;
create index if not exists run_of_gate on run (repository, profile, stage, started);
create table if not exists told (what text primary key, at text not null) strict;
"""
_COLUMNS = ("digest", "repository", "profile", "stage", "commit_id", "started", "score", "pass_mark", "ready", "exit_code", "counts", "measured")


class Run(Struct, frozen=True, kw_only=True):
    """One run of the past; exported, a line of JSON."""

    digest: str
    """sha256 of its report.json."""
    repository: str
    profile: str
    stage: str
    commit_id: str
    started: str
    """ISO 8601, in UTC."""
    score: float
    pass_mark: float
    ready: int
    """1 when it was ready, else 0."""
    exit_code: int
    counts: str
    """Items by status, as JSON."""
    measured: str
    """``[[item, value, unit], …]`` as JSON."""

    @property
    def statuses(self) -> dict[str, int]:
        """Items by status."""
        return {str(name): int(count) for name, count in json.loads(self.counts).items()}

    @property
    def point(self) -> Point:
        """For a trend."""
        rows = tuple((str(name), float(value), str(unit)) for name, value, unit in json.loads(self.measured))
        when = datetime.fromisoformat(self.started)
        return Point(when=when, commit=self.commit_id, score=self.score, pass_mark=self.pass_mark, ready=bool(self.ready), measured=rows)


class History:
    """The store. Every method raises ProdreadyError when the file is none, damaged or held by another for long."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, report: Report) -> bool:
        """Appends a run; False when it is there already."""
        text = json_v1.render(report)
        row = _row(report, hashlib.sha256(text.encode()).hexdigest())
        with self._open() as base:
            added = _insert(base, row, zlib.compress(text.encode()))
            base.execute(_PRUNE, (row.repository, row.profile, row.stage, row.repository, row.profile, row.stage, KEPT))
        return added

    def merge(self, lines: Iterable[str]) -> int:
        """Appends what another store exported; gives how many runs were new."""
        rows = [_parsed(line) for line in lines if line.strip()]
        with self._open() as base:
            return sum(_insert(base, row, None) for row in rows)

    def runs(self, repository: str = "", *, most: int = 1000) -> tuple[Run, ...]:
        """The latest runs, oldest first."""
        with self._open() as base:
            base.row_factory = sqlite3.Row
            found = base.execute("select * from run where ? in ('', repository) order by started desc, digest limit ?", (repository, most)).fetchall()
        return tuple(Run(**{name: row[name] for name in _COLUMNS}) for row in reversed(found))

    def past(self, report: Report) -> Past:
        """What came before this report at the same gate: of its base where there is such a run, else of the last one."""
        mine = [run for run in self.runs(_plain(report.subject.name)) if _gate(run) == _gate(_row(report, "")) and run.started < _moment(report.started)]
        based = [run for run in mine if report.subject.base and run.commit_id == report.subject.base]
        before = next((found for run in reversed(based or mine) if (found := self._report(run.digest))), None)
        return Past(before=before, points=tuple(run.point for run in mine[-200:]))

    def first_time(self, what: str, now: datetime) -> bool:
        """Whether this was never told before; from now on it was."""
        with self._open() as base:
            return base.execute("insert or ignore into told values (?, ?)", (what, _moment(now))).rowcount > 0

    def untold(self, what: str) -> None:
        """Forgets that it was told: the next run tries again."""
        with self._open() as base:
            base.execute("delete from told where what = ?", (what,))

    def _report(self, digest: str) -> Report | None:
        with self._open() as base:
            row = base.execute("select report from run where digest = ?", (digest,)).fetchone()
        if not row or row[0] is None:
            return None
        try:
            return json_v1.read(zlib.decompressobj().decompress(row[0], _MOST).decode())
        except (zlib.error, UnicodeDecodeError, ProdreadyError):
            return None  # written by another version; the numbers are there all the same

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=20)) as base, base:
                base.executescript(_SCHEMA)
                yield base
        except (sqlite3.Error, OSError) as error:
            raise ProdreadyError(f"the history {self.path}: {error}", "name another file with --history or PRODREADY_HISTORY, or move this one away") from None


_PRUNE = """update run set report = null where repository = ? and profile = ? and stage = ? and digest not in
(select digest from run where repository = ? and profile = ? and stage = ? order by started desc limit ?)"""


def exported(runs: Iterable[Run]) -> Iterator[str]:
    """One line of JSON a run: what can be kept on a branch, joined and read by others."""
    for run in runs:
        yield json.dumps({name: getattr(run, name) for name in _COLUMNS}, ensure_ascii=True, sort_keys=True)


def _parsed(line: str) -> Run:
    try:
        data: dict[str, Any] = json.loads(line)
        run = Run(**{name: data[name] for name in _COLUMNS})
        _ = run.statuses, run.point
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ProdreadyError(f"no run of a history: {line[:60]!r}", "give a file that 'prodready history --export' wrote") from None
    return run


def _insert(base: sqlite3.Connection, row: Run, report: bytes | None) -> bool:
    marks = ", ".join("?" * (len(_COLUMNS) + 1))
    values = (*(getattr(row, name) for name in _COLUMNS), report)
    return base.execute(f"insert or ignore into run values ({marks})", values).rowcount > 0  # noqa: S608 - marks only


def _row(report: Report, digest: str) -> Run:
    statuses = [outcome.status for outcome in report.outcomes]
    return Run(
        digest=digest, repository=_plain(report.subject.name), profile=_plain(report.checklist.id), stage=report.stage.value,
        commit_id=_plain(report.subject.commit), started=_moment(report.started), score=report.score.value, pass_mark=report.score.pass_mark,
        ready=int(report.decision.ready), exit_code=int(report.decision.exit_code),
        counts=json.dumps({status.value: statuses.count(status) for status in Status if status in statuses}),
        measured=json.dumps([list(one) for one in point(report).measured if abs(one[1]) < 1e300]),
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _gate(run: Run) -> tuple[str, str, str]:
    return run.repository, run.profile, run.stage


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
