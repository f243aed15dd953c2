"""What asking a panel's query gives."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct, field

from prodready import promql
from prodready.check import CannotTell
from prodready.service import Service


class Query(Struct, frozen=True, kw_only=True):
    """One query of a panel, its variables filled in."""

    text: str
    """The expression, in the language of the data source."""
    source: str = ""
    """The uid of the data source; empty for the default one."""
    kind: str = "prometheus"
    trouble: str = ""
    """Why it cannot be asked at all; empty when it can."""
    raw: dict[str, Any] = field(default_factory=dict)
    """All that the panel says of it, for Grafana to run."""


class Asked(Struct, frozen=True, kw_only=True):
    """The answer to one query."""

    series: int
    newest: float = 0.0
    """Seconds since 1970 of the newest point; 0 when it carries no time."""
    error: str = ""
    """What the data source refuses with."""


class Source(Protocol):
    """Whatever answers the queries of a dashboard."""

    def ask(self, query: Query, *, now: float, reach: float) -> Asked:
        """The answer over the last ``reach`` seconds. Raises CannotTell."""

    def library(self, uid: str) -> dict[str, Any]:
        """A panel that is kept outside of the dashboard. Raises CannotTell."""


class Store:
    """A Prometheus, for dashboards that are read from files."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def ask(self, query: Query, *, now: float, reach: float) -> Asked:
        if query.kind != "prometheus":
            raise CannotTell(f"a query of {query.kind} cannot be asked of Prometheus", "ask a running Grafana instead: 'url'")
        step = max(15.0, reach / 100)
        window = {"query": query.text, "start": f"{now - reach:.3f}", "end": f"{now:.3f}", "step": f"{step:g}"}
        data = promql.api(self.service, "query_range", window)
        series = [one for one in data["result"] if one.get("values")]
        return Asked(series=len(series), newest=max((float(one["values"][-1][0]) for one in series), default=0.0))

    def library(self, uid: str) -> dict[str, Any]:
        raise CannotTell(f"the library panel {uid} is not in the file", "ask a running Grafana instead: 'url'")
