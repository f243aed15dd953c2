"""A Grafana dashboard is there, its panels ask data sources that exist, and each of them shows data now.

It is read from a running Grafana (``url``; a service account with the role Viewer is enough), or from JSON files of the repository. Every query of
every panel, also those folded into rows, is asked: by Grafana itself, or, for files, of the ``prometheus`` given. Variables take the value that the
dashboard is saved with. What Grafana keeps elsewhere (library panels) is fetched; a panel that cannot be asked is a gap and no pass.

An item that uses it:

    - id: dashboards.risk
      title: The dashboard Risk Monitor shows data of the last minutes
      check: grafana_dashboard
      params: {url: grafana, title: Risk Monitor, refresh: 1m, newest: 5m, anonymous: refused}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.checks.grafana_dashboard import panels
from prodready.checks.grafana_dashboard.asked import Asked, Source, Store
from prodready.checks.grafana_dashboard.grafana import Grafana
from prodready.checks.grafana_dashboard.panels import Panel
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.readers import json_text, structured
from prodready.service import Service, Target, Where, service


class Params(Struct, frozen=True, kw_only=True):
    """Which dashboard, and what it must show."""

    url: Where | None = None
    """Address or target of Grafana."""
    title: str = ""
    """The dashboard's whole title; with ``files`` empty takes every dashboard."""
    files: tuple[str, ...] = ()
    """JSON files of dashboards (gitignore patterns), instead of a running Grafana."""
    prometheus: Where | None = None
    """The Prometheus that the queries of ``files`` are asked of; without one they are only read."""
    panels: int = 1
    """How many panels with data there must be."""
    must_query: tuple[str, ...] = ()
    """Metrics of which each must be in a query of the dashboard."""
    refresh: str = ""
    """Longest interval at which the dashboard must refresh itself."""
    newest: str = "15m"
    """How old the newest point of a panel may be; also the time range that is asked for."""
    anonymous: Literal["refused", "any"] = "any"
    """Whether somebody who is not logged in must be refused."""

    def __post_init__(self) -> None:
        durations.seconds(self.refresh), durations.seconds(self.newest)
        if bool(self.url) == bool(self.files) or (self.url and not self.title):
            raise ValueError("name the url of Grafana and a title, or the files of dashboards")


class Board(Struct, frozen=True, kw_only=True):
    """One dashboard."""

    title: str
    data: dict[str, Any]
    path: str = ""


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the dashboard. Raises CannotTell."""
    source: Source | None
    if params.url:
        grafana = Grafana(service(ctx, params.url, kind="Grafana"))
        boards, source, where = [Board(title=params.title, data=grafana.dashboard(params.title))], grafana, grafana.service.name
    else:
        boards, where = list(_files(ctx, params)), few(params.files)
        source = Store(service(ctx, params.prometheus, kind="Prometheus")) if params.prometheus else None
    seen = [(board, panels.read(board.data, source)) for board in boards]
    findings, gaps = list[Finding](), list[str]()
    for board, shown_panels in seen:
        findings += _board(board, shown_panels, params)
        for panel in shown_panels:
            _ask(panel, board, source, params, ctx, findings, gaps)
    findings += _open(ctx, params) if params.url and params.anonymous == "refused" else ()
    count = sum(len(shown_panels) for _, shown_panels in seen)
    notes = () if source else ("the queries were read and not asked: name a 'prometheus' for that",)
    evidence = Evidence(source=f"{count} panels of {few([one.title for one in boards])} at {where}")
    return Found(examined=count, findings=tuple(findings), gaps=tuple(gaps), notes=notes, evidence=evidence)


def _files(ctx: Context, params: Params) -> Iterator[Board]:
    found = []
    for path in ctx.repo.files(*params.files):
        try:
            data = json_text.loads(ctx.repo.text(path), name=path)
        except structured.Unreadable as unreadable:
            raise CannotTell(str(unreadable), "export the dashboard again") from None
        if isinstance(data, dict) and isinstance(data.get("panels"), list) and params.title in ("", data.get("title")):
            found.append(Board(title=shown(str(data.get("title", ""))), data=data, path=path))
    if not found:
        raise CannotTell(f"no dashboard {params.title!r} in {few(params.files)}".replace(" ''", ""), "export it as JSON into one of these files")
    yield from found


def _board(board: Board, shown_panels: list[Panel], params: Params) -> Iterator[Finding]:
    if len(shown_panels) < params.panels:
        message = f"has {len(shown_panels)} panels with queries, expected at least {params.panels}"
        yield _finding(board, "too-few-panels", message, "add the panels that are missing")
    words = " ".join(query.text for panel in shown_panels for query in panel.queries)
    for metric in params.must_query:
        if metric not in words:
            yield _finding(board, "metric-not-shown", f"asks for {metric} in no panel", f"add a panel with {metric}")
    if params.refresh and not 0 < _refresh(board.data) <= durations.seconds(params.refresh):
        message = f"refreshes itself {shown(str(board.data.get('refresh') or 'never'))}, expected at least every {params.refresh}"
        yield _finding(board, "slow-refresh", message, f"set its refresh to {params.refresh}")


def _refresh(data: dict[str, Any]) -> float:
    try:
        return durations.seconds(data.get("refresh") or "")
    except ValueError:
        return 0.0


def _ask(panel: Panel, board: Board, source: Source | None, params: Params, ctx: Context, findings: list[Finding], gaps: list[str]) -> None:
    for query in panel.queries:
        if query.trouble:
            findings.append(_finding(board, "broken-panel", f"in the panel {panel.title} {query.trouble}", "choose a data source that exists, and a query"))
            continue
        if source is None:
            continue
        try:
            asked = source.ask(query, now=ctx.now.timestamp(), reach=durations.seconds(params.newest))
        except CannotTell as unable:
            gaps.append(f"panel {panel.title}: {unable.reason}")
            continue
        findings.extend(_answer(panel, board, asked, params, ctx.now.timestamp()))


def _answer(panel: Panel, board: Board, asked: Asked, params: Params, now: float) -> Iterator[Finding]:
    if asked.error:
        yield _finding(board, "broken-query", f"in the panel {panel.title} the query fails: {asked.error}", "mend the query in the panel's editor")
    elif asked.series == 0:
        yield _finding(board, "empty-panel", f"shows no data in the panel {panel.title}", "see that the metric exists, and the labels of the query")
    elif asked.newest and now - asked.newest > durations.seconds(params.newest):
        yield _finding(board, "old-data", f"shows nothing newer than {now - asked.newest:.0f} s in the panel {panel.title}", "see what stopped")


def _open(ctx: Context, params: Params) -> Iterator[Finding]:
    """Asks without credentials, as anybody on the network can."""
    own = service(ctx, params.url or "", kind="Grafana")
    stranger = Service(ctx=ctx, target=Target(url=own.target.url, ca_file=own.target.ca_file), name=own.name)
    if stranger.get("/api/search", {"type": "dash-db"}, follow=False).status == 200:
        message = f"{own.name} shows its dashboards to anybody"
        yield Finding(rule="anonymous-access", message=message, severity=Severity.HIGH, fix="set auth.anonymous enabled = false", anchor="anonymous")


def _finding(board: Board, rule: str, message: str, fix: str) -> Finding:
    words = f"the dashboard {board.title} {message}"
    return Finding(rule=rule, message=words, severity=Severity.HIGH, path=board.path, fix=fix, anchor=f"{board.title} {message[:80]}")


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=180)
