"""Where Alertmanager sends each kind of alert, by its own routes, and how soon.

The configuration is read from a file, or from the running Alertmanager, which keeps its secrets back. For each set of labels the routes are followed
as Alertmanager follows them; what they lead to must be a receiver that notifies somebody, through one of the kinds given (``pagerduty``, ``slack``,
``email``, ``webhook``, …), within ``within`` (``group_wait``), and again at least every ``again`` (``repeat_interval``).

An item that uses it:

    - id: alerts.paging
      title: Pages reach PagerDuty within a minute, and again within four hours
      check: alert_routes
      params:
        files: [deploy/alertmanager.yml]
        routes: [{labels: {severity: page}, kinds: [pagerduty, opsgenie], within: 1m, again: 4h}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.checks.alert_routes.tree import MalformedError, Route, reached
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.readers import structured
from prodready.service import Where, service


class Path(Struct, frozen=True, kw_only=True):
    """What must become of an alert with these labels."""

    labels: Mapping[str, str]
    """The labels of the alert."""
    kinds: tuple[str, ...] = ()
    """Kinds of notification of which one is needed; empty takes any."""
    receivers: tuple[str, ...] = ()
    """Names of receivers of which one is needed; empty takes any."""
    within: str = ""
    """Longest ``group_wait``."""
    again: str = ""
    """Longest ``repeat_interval``."""

    def __post_init__(self) -> None:
        durations.seconds(self.within), durations.seconds(self.again)


class Params(Struct, frozen=True, kw_only=True):
    """Which configuration, and what it must do."""

    routes: tuple[Path, ...]
    """Each set of labels, and where it must lead."""
    files: tuple[str, ...] = ()
    """The configuration file of Alertmanager."""
    url: Where | None = None
    """Address or target of the running Alertmanager."""

    def __post_init__(self) -> None:
        if bool(self.files) == bool(self.url):
            raise ValueError("name either the file, or the url of the running Alertmanager")
        if not self.routes:
            raise ValueError("list what must become of at least one alert")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with where each alert goes. Raises CannotTell."""
    text, name, path = _configuration(ctx, params)
    try:
        (document,) = structured.read(text, name=name, kind="yaml")
        kinds = {str(receiver["name"]): _kinds(receiver) for receiver in document.data["receivers"]}
        findings = [found for wanted in params.routes for found in _wrong(wanted, reached(document.data["route"], wanted.labels), kinds, path)]
    except (structured.Unreadable, MalformedError, KeyError, TypeError, ValueError, AttributeError) as error:
        words = f"{name} is no configuration of Alertmanager: {shown(str(error))[:160]}"
        raise CannotTell(words, "'amtool check-config' tells what is wrong with it") from None
    return Found(examined=len(params.routes), findings=tuple(findings), evidence=Evidence(source=f"{len(params.routes)} routes of {name}"))


def _configuration(ctx: Context, params: Params) -> tuple[str, str, str]:
    if params.url:
        alertmanager = service(ctx, params.url, kind="Alertmanager")
        status = alertmanager.json("/api/v2/status")
        text = status.get("config", {}).get("original") if isinstance(status, dict) else None
        if not isinstance(text, str):
            raise CannotTell(f"{alertmanager.name} tells no configuration", "see that the address is that of Alertmanager itself")
        return text, alertmanager.name, ""
    paths = ctx.repo.files(*params.files)
    if len(paths) != 1:
        raise CannotTell(f"{len(paths)} files match {few(params.files)}, expected one", "name the one configuration file of Alertmanager")
    return ctx.repo.text(paths[0]), shown(paths[0]), paths[0]


def _kinds(receiver: Mapping[str, Any]) -> tuple[str, ...]:
    """``pagerduty`` for ``pagerduty_configs``, where at least one is configured."""
    return tuple(str(key).removesuffix("_configs") for key, value in receiver.items() if str(key).endswith("_configs") and value)


def _wrong(wanted: Path, taken: tuple[Route, ...], kinds: Mapping[str, tuple[str, ...]], path: str) -> Iterator[Finding]:
    labels = ", ".join(f'{name}="{value}"' for name, value in wanted.labels.items())
    names = [route.receiver for route in taken]

    def finding(rule: str, message: str, fix: str) -> Finding:
        return Finding(rule=rule, message=f"an alert with {labels} {message}", severity=Severity.HIGH, path=path, fix=fix, anchor=labels)

    if unknown := [name for name in names if name not in kinds]:
        yield finding("unknown-receiver", f"goes to {unknown[0]}, which is no receiver", "add the receiver, or mend the route")
    if not any(kinds.get(name) for name in names):
        yield finding("silent-receiver", f"goes to {few(names)}, which notifies nobody", "give the receiver a configuration such as pagerduty_configs")
        return
    good = [route for route in taken if kinds.get(route.receiver) and _fits(wanted, route, kinds)]
    if not good:
        reached_kinds = sorted({kind for name in names for kind in kinds.get(name, ())})
        needed = " or ".join((*wanted.receivers, *wanted.kinds))
        yield finding("wrong-receiver", f"goes to {few(names)} ({', '.join(reached_kinds)}), expected {needed}", "add a route with these matchers before it")
        return
    for limit, word, attribute in ((wanted.within, "group_wait", "wait"), (wanted.again, "repeat_interval", "repeat")):
        fastest = min(float(getattr(route, attribute)) for route in good)
        if limit and fastest > durations.seconds(limit):
            yield finding("slow-route", f"is held by a {word} of {fastest:g} s, expected at most {limit}", f"set {word}: {limit} in that route")


def _fits(wanted: Path, route: Route, kinds: Mapping[str, tuple[str, ...]]) -> bool:
    by_name = not wanted.receivers or route.receiver in wanted.receivers
    return by_name and (not wanted.kinds or any(kind in wanted.kinds for kind in kinds[route.receiver]))


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=60)
