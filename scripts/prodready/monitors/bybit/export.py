"""Keeps a meter fed by a probe, and its metrics where they are collected: served for a scrape, or pushed to a Pushgateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Http, HttpRequest
from prodready.monitors.bybit.limits import Meter
from prodready.monitors.bybit.probe import Probe

RUNBOOK = "bybit-runbook.md"
FILES = ("bybit.rules.yml", "bybit.test.yml", "bybit-dashboard.json", RUNBOOK)
"""What ships for Prometheus, promtool, Grafana and whoever is on call."""


def fed(meter: Meter, probe: Probe, endpoints: Sequence[str], tell: Callable[[str], None]) -> bool:
    """Asks each endpoint once; whether all told their limit. What kept one from it is told."""
    faults = []
    for endpoint in endpoints:
        try:
            limit, _ = probe.ask(endpoint)
            meter.note(endpoint, {"x-bapi-limit": str(limit.limit), "x-bapi-limit-status": str(limit.remaining)})
        except CannotTell as unable:
            faults.append(endpoint)
            tell(f"{unable.reason}; {unable.remedy}")
    meter.up = not faults
    return meter.up


def pushed(http: Http, gateway: str, meter: Meter, *, instance: str) -> None:
    """Puts the metrics in the place of those pushed before. Raises CannotTell when the gateway does not take them."""
    address = f"{gateway.rstrip('/')}/metrics/job/bybit/instance/{quote(instance, safe='')}"
    answer = http.send(HttpRequest(url=address, method="POST", body=meter.text().encode(), headers={"Content-Type": "text/plain; version=0.0.4"}))
    if answer.status not in (200, 202):
        raise CannotTell(f"the Pushgateway at {gateway} answered HTTP {answer.status}", "see that the address is that of a Pushgateway")


def written(folder: Path, root: Path) -> list[Path]:
    """Writes what ships below a folder, with the runbook's path from the root of the repository in it. Raises OSError, FileExistsError."""
    runbook = (folder / RUNBOOK).resolve().relative_to(root.resolve()).as_posix()
    paths = [folder / name for name in FILES]
    if there := [path for path in paths if path.exists()]:
        raise FileExistsError(f"{there[0]} exists")
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        text = (resources.files("prodready.monitors.bybit") / "files" / path.name).read_text("utf-8")
        path.write_text(text.replace("${runbook}", runbook), "utf-8")
    return paths
