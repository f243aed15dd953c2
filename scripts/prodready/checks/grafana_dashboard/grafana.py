"""A running Grafana, by its HTTP API."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from prodready.check import CannotTell
from prodready.checks.grafana_dashboard.asked import Asked, Query
from prodready.names import shown
from prodready.service import Service, segment

_ODD = "see that the address is that of Grafana 9 or newer, with any path prefix"


@dataclass(slots=True)
class Grafana:
    """What this check asks of Grafana."""

    service: Service
    sources: dict[str, str] = field(default_factory=dict)
    """uid of each data source that was found -> its kind."""

    def dashboard(self, title: str) -> dict[str, Any]:
        """The dashboard of that whole title. Raises CannotTell when it cannot be seen, since a viewer may lack the right."""
        rows = self.service.json("/api/search", {"type": "dash-db", "query": title, "limit": "100"})
        uids = [str(row.get("uid")) for row in rows if isinstance(row, dict) and row.get("title") == title] if isinstance(rows, list) else []
        if len(uids) != 1:
            many = f"{len(uids)} dashboards" if uids else "no dashboard"
            remedy = "create it, and give the service account the right to view it"
            raise CannotTell(f"{self.service.name} shows {many} with the title {shown(title)!r}", remedy)
        board = self.service.json(f"/api/dashboards/uid/{segment(uids[0])}")
        if not isinstance(board, dict) or not isinstance(board.get("dashboard"), dict):
            raise CannotTell(f"{self.service.name} answered with a dashboard that is none", _ODD)
        return dict(board["dashboard"])

    def library(self, uid: str) -> dict[str, Any]:
        """The model of a library panel. Raises CannotTell."""
        model = self.service.json(f"/api/library-elements/{segment(uid)}").get("result", {}).get("model")
        return dict(model) if isinstance(model, dict) else {}

    def ask(self, query: Query, *, now: float, reach: float) -> Asked:
        """Has Grafana run the query. Raises CannotTell."""
        asked = {**query.raw, "refId": "A", "datasource": {"type": query.kind, "uid": query.source}, "intervalMs": 15_000, "maxDataPoints": 100}
        window = {"from": str(math.floor((now - reach) * 1000)), "to": str(math.ceil(now * 1000))}
        body = json.dumps({"queries": [asked], **window}).encode()
        answer = self.service.post("/api/ds/query", body)
        if answer.status not in (207, 400):  # those two explain themselves in the body
            self.service.good(answer, "/api/ds/query")
        data = self.service.decoded(answer, "/api/ds/query")
        result = data.get("results", {}).get("A") if isinstance(data, dict) else None
        if not isinstance(result, dict):
            raise CannotTell(f"{self.service.name} answered a query with nothing about it: {shown(str(data.get('message', '')))[:200]}", _ODD)
        if result.get("error"):
            return Asked(series=0, error=shown(str(result["error"]))[:200])
        columns = list(_columns(result.get("frames") or ()))
        return Asked(series=len(columns), newest=max(columns, default=0.0))


def _columns(frames: Any) -> Iterator[float]:
    """For each frame that holds a value, its newest time in seconds; 0 where it has none."""
    for frame in frames:
        fields, values = frame["schema"]["fields"], frame["data"]["values"]
        times = next((column for spec, column in zip(fields, values, strict=True) if spec["type"] == "time"), None)
        for spec, column in zip(fields, values, strict=True):
            rows = [row for row, value in enumerate(column) if value is not None]
            if spec["type"] != "time" and rows:
                yield float(times[rows[-1]]) / 1000 if times else 0.0
