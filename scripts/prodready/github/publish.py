"""What a run leaves with GitHub Actions: annotations, job summary, outputs, and by ``post`` the pull request. Never changes the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from prodready.errors import Exit, ProdreadyError
from prodready.github import verdict
from prodready.github.annotations import marks
from prodready.github.client import GitHubError, GitHubPort
from prodready.github.commands import SUMMARY_LIMIT, annotation, plain, write_outputs, write_summary
from prodready.github.event import Kind, parse
from prodready.github.post import SILENT, Published, post, run_url
from prodready.model import Report, Status
from prodready.settings import Settings

SUMMARY_BUDGET = SUMMARY_LIMIT - 4096
"""Bytes of Markdown for the job summary; the room left holds the notes."""
_FILES = {"report-json": "report.json", "report-md": "report.md", "sarif-file": "report.sarif"}
_OPEN = (Status.FAILED, Status.UNKNOWN, Status.STALE, Status.PENDING)


def after_run(report: Report, settings: Settings, out: Path, *, partial: bool = False) -> tuple[str, ...]:
    """Leaves everything; gives the lines to print. A partial report is not posted: the gate that joins it will be."""
    before = None if partial else _before(settings)
    published = Published() if partial else _posted(report, settings, before)
    summary = "\n\n".join((_markdown(report, before, budget_bytes=SUMMARY_BUDGET).rstrip(), *(f"> {_quiet(note)}" for note in published.notes)))
    notes = (*published.notes, *_leave(settings, _outputs(report, out, published), summary))
    return _fenced(settings, (*marks(report, prefix=prefix(settings)), *(plain(f"prodready: {note}") for note in notes)))


def after_error(code: int, settings: Settings) -> tuple[str, ...]:
    """The same for a run that ended without a report: nothing was gated, so the status must not stay what it was."""
    meaning = Exit(code).meaning if code in tuple(Exit) else "ended in an unknown way"
    text = f"No verdict: {meaning} (exit code {code}). The log of this step tells why."
    notes = (*_error_status(settings), *_leave(settings, {"verdict": verdict.ERROR.word}, f"### prodready: error\n\n{text}"))
    return _fenced(settings, (annotation("error", text, title="prodready"), *(plain(f"prodready: {note}") for note in notes)))


def port_of(settings: Settings, *, org: bool = False) -> GitHubPort | None:
    """GitHub as this run may reach it, with the token for organisations if asked for; None without a token."""
    github = settings.github
    token = github.org_token if org else github.token
    if not token or not github.repository:
        return None
    return GitHubPort(api_url=github.api_url, repository=github.repository, token=token)


def _before(settings: Settings) -> Report | None:
    """What the base had come to, for a pull request whose comment compares with it."""
    from prodready.github.before import at_base

    port = port_of(settings)
    try:
        event = parse(settings.github)
    except ProdreadyError:
        return None
    return at_base(port, event.base_ref) if port and event.pr and event.kind is Kind.PULL_REQUEST else None


def _posted(report: Report, settings: Settings, before: Report | None) -> Published:
    try:
        return post(report, _markdown(report, before), settings, parse(settings.github), port_of(settings), prefix(settings))
    except ProdreadyError as odd:
        return Published(notes=(f"not posted: {odd.message}",))


def _error_status(settings: Settings) -> Iterator[str]:
    port = port_of(settings)
    try:
        event = parse(settings.github)
        if port and event.head and event.name not in SILENT:
            name = verdict.context(settings)
            port.set_status(event.head, context=name, state=verdict.ERROR.state, description="error: nothing was gated", target_url=run_url(settings))
    except ProdreadyError as odd:
        yield f"no commit status: {odd.message}"
    except GitHubError as error:
        yield f"no commit status: {error}"


def _outputs(report: Report, out: Path, published: Published) -> Mapping[str, str]:
    files = {name: str(out / file) for name, file in _FILES.items()}
    return {
        "verdict": verdict.of(report).word,
        "score": f"{report.score.value:.1f}",
        **{name: path if Path(path).is_file() else "" for name, path in files.items()},
        "comment-url": published.comment_url,
        "failed-items": json.dumps([outcome.item.id for outcome in report.outcomes if outcome.status in _OPEN]),
        "missing-signoffs": json.dumps(list(report.decision.missing_signoffs)),
    }


def _leave(settings: Settings, outputs: Mapping[str, str], summary: str) -> Iterator[str]:
    """Outputs and summary, in the files the runner named."""
    github = settings.github
    if github.output:
        try:
            write_outputs(github.output, outputs)
        except OSError as error:
            yield f"the step's outputs could not be written: {error.strerror}"
    if github.step_summary:
        try:
            write_summary(github.step_summary, summary)
        except OSError as error:
            yield f"the job summary could not be written: {error.strerror}"


def _markdown(report: Report, before: Report | None, *, budget_bytes: int | None = None) -> str:
    from prodready.report import markdown

    return markdown.render(report, budget_bytes=budget_bytes, before=before)


def _quiet(note: str) -> str:
    """A note inside Markdown: it may quote GitHub or a branch name."""
    return "".join(f"\\{character}" if character in "\\`*_[]<>@#|!" else character for character in plain(note))


def prefix(settings: Settings) -> str:
    """The gated folder as annotations and SARIF need it: relative to the repository."""
    path = PurePosixPath(settings.inputs.get("path", "."))
    return "" if path.is_absolute() or ".." in path.parts else str(path)


def _fenced(settings: Settings, lines: tuple[str, ...]) -> tuple[str, ...]:
    """Switches workflow commands on for our lines, where they are off around foreign output."""
    fence = settings.github.fence
    return (f"::{fence}::", *lines, f"::stop-commands::{fence}") if fence else lines
