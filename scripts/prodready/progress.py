"""Live progress on a terminal, one line a check in CI logs, nothing when a program reads. Goes to the error stream."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Protocol, Self, TextIO

from prodready.model import Outcome
from prodready.report import words
from prodready.report.escape import isolated, line


class Progress(Protocol):
    """Told what starts and what has ended; ``started`` is called from several threads."""

    def planned(self, total: int) -> None: ...
    def started(self, job_label: str) -> None: ...
    def finished(self, job_label: str, outcome: Outcome, seconds: float) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def progress(stream: TextIO, *, live: bool, quiet: bool = False) -> Progress:
    """The progress that fits: none when quiet, moving on a terminal, else one line a check."""
    if quiet:
        return Silent()
    return Moving(stream) if live else Lines(stream)


class Silent:
    """Says nothing."""

    def planned(self, total: int) -> None:
        """Nothing to show."""

    def started(self, job_label: str) -> None:
        """Nothing to show."""

    def finished(self, job_label: str, outcome: Outcome, seconds: float) -> None:
        """Nothing to show."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to close."""


class Lines(Silent):
    """One line for each check that has ended."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def finished(self, job_label: str, outcome: Outcome, seconds: float) -> None:
        """Prints the line."""
        print(ended(job_label, outcome, seconds), file=self.stream, flush=True)


class Moving(Silent):
    """What runs, how much is done and for how long, redrawn in place and gone at the end."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self.running: dict[str, int] = {}
        self.lock = threading.Lock()
        console = Console(file=stream, markup=False, highlight=False, emoji=False)
        columns = (SpinnerColumn(), MofNCompleteColumn(), BarColumn(bar_width=20), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        self.rich = RichProgress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self.task = self.rich.add_task("starting", total=None)

    def planned(self, total: int) -> None:
        """Shows ``n of total`` from now on."""
        self.rich.update(self.task, total=total)

    def started(self, job_label: str) -> None:
        """Adds the check to those that run."""
        with self.lock:
            self.running[job_label] = self.running.get(job_label, 0) + 1
            self.rich.update(self.task, description=self.words())

    def finished(self, job_label: str, outcome: Outcome, seconds: float) -> None:
        """Takes it away again."""
        with self.lock:
            self.running.pop(job_label, None)
            self.rich.update(self.task, advance=1, description=self.words())

    def words(self) -> str:
        """The running checks, the oldest first: it is the one that is waited for."""
        return line(", ".join(self.running), 60)

    def __enter__(self) -> Self:
        self.rich.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.rich.stop()


def ended(job_label: str, outcome: Outcome, seconds: float) -> str:
    """``✓ secrets passed  gitleaks 8.30.1 · 214 files, 37 commits · 1.2 s``; what went wrong stands in for the evidence."""
    mark = words.MARKS[outcome.status]
    told = words.rests_on(outcome) if outcome.status.earns else outcome.summary
    return f"{mark.sign} {isolated(line(job_label, 80))} {mark.word}  {isolated(line(told, 200))} · {words.duration(seconds)}"
