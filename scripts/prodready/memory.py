"""What a run takes from the past and leaves to the future: trends, the delta, a message on change. Nothing here can change a verdict or fail a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prodready.errors import ProdreadyError
from prodready.history import History
from prodready.model import Report
from prodready.report.past import NOTHING, Past
from prodready.settings import Settings


def recall(report: Report, settings: Settings) -> tuple[Past, tuple[str, ...]]:
    """What came before, and why it is not known when it is not."""
    if settings.history is None:
        return NOTHING, ()
    try:
        return History(settings.history).past(report), ()
    except ProdreadyError as error:
        return NOTHING, (f"no trend and no delta: {error.message}",)


def keep(report: Report, past: Past, settings: Settings) -> Iterator[str]:
    """Appends the run, and tells Slack what changed; gives what went wrong, one line each."""
    if settings.history is None:
        return
    store = History(settings.history)
    try:
        if store.add(report) and settings.slack:
            yield from _tell(report, past, store, settings.slack)
    except ProdreadyError as error:
        yield f"this run is not remembered: {error.message}"


def _tell(report: Report, past: Past, store: History, webhook: str) -> Iterator[str]:
    from prodready.notify import slack
    from prodready.notify.changes import messages
    from prodready.world.http import RealHttp

    now = datetime.now(UTC)
    for key, message in messages(report, past, now):
        if not store.first_time(key, now):
            continue
        sent = slack.send(RealHttp(), webhook, message)
        if not sent.delivered:
            store.untold(key)
            yield f"Slack was not told: {sent.detail}"
