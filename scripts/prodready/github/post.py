"""Posting a verdict: comment and commit status. Nothing here can change the verdict, and nothing here fails a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec import Struct

from prodready.github import verdict
from prodready.github.client import GitHubError, GitHubPort, ReadOnlyToken, Unreachable
from prodready.github.event import Event, Kind
from prodready.model import Report
from prodready.settings import Settings

SILENT = frozenset(("workflow_run", "issue_comment"))
"""Events whose commit is the default branch's, whatever was gated: a status there would speak of the wrong thing."""


class Published(Struct, frozen=True, kw_only=True):
    """What became of it."""

    comment_url: str = ""
    notes: tuple[str, ...] = ()
    """Why something was not posted, one line each."""


@dataclass(slots=True)
class _Notes:
    """Collects what went wrong; a token that cannot write is told once and then left in peace."""

    event: Event
    lines: list[str] = field(default_factory=list)
    read_only: bool = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        try:
            yield
        except ReadOnlyToken as error:
            self.read_only = True
            self.lines.append(_read_only(self.event, str(error)))
        except GitHubError as error:
            self.lines.append(f"not posted: {error}. The verdict is the same; the job summary has the report.")


def post(report: Report, markdown: str, settings: Settings, event: Event, port: GitHubPort | None, prefix: str = "") -> Published:
    """Posts comment and commit status as far as the event and the token allow; never raises for GitHub's sake."""
    notes, url = _Notes(event), ""
    if port is None:
        return Published(notes=("no token: neither comment nor commit status is posted. Leave the input token at its default.",))
    strange = _strange(report, event)
    if strange:
        notes.lines.append(strange)
    if event.kind is Kind.PULL_REQUEST and event.pr and _wants_comment(settings):
        with notes.attempt():
            url = _comment(report, markdown, settings, event, port, notes)
    if not notes.read_only and event.head and event.name not in SILENT:
        with notes.attempt():
            _status(report, settings, event, port, strange=bool(strange), notes=notes)
        if settings.inputs.get("check-run") == "true" and not strange:
            with notes.attempt():
                _check_run(report, settings, event, port, prefix, notes)
    return Published(comment_url=url, notes=tuple(notes.lines))


def _check_run(report: Report, settings: Settings, event: Event, port: GitHubPort, prefix: str, notes: _Notes) -> None:
    from prodready.github.checkrun import leave

    if more := leave(report, port, head=event.head, prefix=prefix, url=run_url(settings)):
        notes.lines.append(more)


def _comment(report: Report, markdown: str, settings: Settings, event: Event, port: GitHubPort, notes: _Notes) -> str:
    from prodready.github.comment import Overtaken, Stamp, keep

    pr = event.pr or 0
    now = port.head(pr)
    if now != event.head:
        notes.lines.append(f"comment left alone: pull request #{pr} has moved on to {now[:12]}, whose own run will post.")
        return ""
    text = f"{markdown.rstrip()}\n\n{_footer(settings, event)}"
    stamp = Stamp.of(settings, event.head, verdict.of(report).word)
    try:
        return keep(port, pr, verdict.context(settings), text, stamp, anew=settings.inputs.get("comment") == "recreate").url
    except Overtaken as newer:
        notes.lines.append(f"comment left alone: {newer}")
        return ""


def _status(report: Report, settings: Settings, event: Event, port: GitHubPort, *, strange: bool, notes: _Notes) -> None:
    if _observing(settings):
        notes.lines.append("observe: no commit status is set, so nothing is blocked and nothing is let through.")
        return
    state, words = verdict.of(report).state, verdict.description(report)
    if strange:
        state, words = verdict.ERROR.state, "error: the checkout is not the commit of this event"
    try:
        port.set_status(event.head, context=verdict.context(settings), state=state, description=words, target_url=run_url(settings))
    except Unreachable:
        # Setting it twice is setting it once: the last write of a context holds.
        port.set_status(event.head, context=verdict.context(settings), state=state, description=words, target_url=run_url(settings))


def _strange(report: Report, event: Event) -> str:
    """A workflow that checks out something else must not turn the change's status green."""
    gated, meant = report.subject.commit, {event.head, event.merge} - {""}
    if not meant or gated in meant:
        return ""
    return (
        f"what was gated ({gated[:12] or 'no commit'}) is neither the head nor the merge commit of this event, so the commit status says error. "
        "Let actions/checkout run without 'ref:'."
    )


def _read_only(event: Event, error: str) -> str:
    same = "Verdict, job summary and outputs are the same."
    if event.read_only:
        return f"not posted: the token of this run cannot write, because {event.read_only}. {same}"
    return f"not posted: {error}. {same} To post, give the job 'permissions: {{contents: read, pull-requests: write, statuses: write}}'."


def _wants_comment(settings: Settings) -> bool:
    return settings.inputs.get("comment", "true") != "false"


def _observing(settings: Settings) -> bool:
    return settings.inputs.get("observe", "false").lower() != "false"


def run_url(settings: Settings) -> str:
    """The page of this run, empty outside of one."""
    github = settings.github
    if not github.run_id.isdigit():
        return ""
    attempt = f"/attempts/{github.run_attempt}" if github.run_attempt.isdigit() else ""
    return f"{github.server_url}/{github.repository}/actions/runs/{github.run_id}{attempt}"


def _footer(settings: Settings, event: Event) -> str:
    url = run_url(settings)
    return f"<sub>for {event.head[:12]}{f' · [the run and its whole report]({url})' if url else ''}</sub>"
