"""Keeps a meter fed by a probe, and its metrics where they are collected: served for a scrape, or pushed to a Pushgateway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Http, HttpRequest
from prodready.monitors.bybit.limits import Meter
from prodready.monitors.bybit.probe import Probe


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
