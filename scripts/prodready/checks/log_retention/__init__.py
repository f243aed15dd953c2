"""Loki really deletes logs after the time that the policy says, and not before.

``retention_period`` alone deletes nothing: the compactor must have ``retention_enabled`` and, from Loki 3 on, a ``delete_request_store``. The
configuration is read from the running Loki (``/config``) or from a file. ``classes`` are the periods of single kinds of logs, as
``limits_config.retention_stream`` sets them by selector.

An item that uses it:

    - id: logs.retention
      title: Logs are kept for 30 days, and audit logs for two years
      check: log_retention
      params: {url: loki, at_least: 30d, at_most: 31d, classes: [{selector: '{level="audit"}', at_least: 730d}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown
from prodready.readers import structured
from prodready.service import Where, service


class Class(Struct, frozen=True, kw_only=True):
    """One kind of logs."""

    selector: str
    """As ``retention_stream`` writes it; white space does not matter."""
    at_least: str = ""
    """Shortest time that is allowed."""
    at_most: str = ""
    """Longest time that is allowed."""

    def __post_init__(self) -> None:
        durations.seconds(self.at_least), durations.seconds(self.at_most)


class Params(Struct, frozen=True, kw_only=True):
    """Which Loki, and for how long it must keep logs."""

    url: Where | None = None
    """Address or target of the running Loki."""
    files: tuple[str, ...] = ()
    """Its configuration file, instead."""
    at_least: str = ""
    """Shortest time that is allowed."""
    at_most: str = ""
    """Longest time that is allowed."""
    classes: tuple[Class, ...] = ()
    """Kinds of logs with times of their own."""

    def __post_init__(self) -> None:
        durations.seconds(self.at_least), durations.seconds(self.at_most)
        if bool(self.url) == bool(self.files):
            raise ValueError("name the url of Loki, or its configuration file")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the retention. Raises CannotTell."""
    text, name, path = _configuration(ctx, params)
    try:
        (document,) = structured.read(text, name=name, kind="yaml")
        limits, compactor = _part(document.data, "limits_config"), _part(document.data, "compactor")
        findings = [*_deletes(compactor, path), *_kept("logs", limits.get("retention_period", 0), params.at_least, params.at_most, path)]
        periods = {_plain(str(one["selector"])): one.get("period") for one in limits.get("retention_stream") or ()}
        for kind in params.classes:
            period = periods.get(_plain(kind.selector), limits.get("retention_period", 0))
            findings += _kept(f"logs of {kind.selector}", period, kind.at_least, kind.at_most, path)
    except (structured.Unreadable, ValueError, KeyError, TypeError, AttributeError) as error:
        words = f"{name} is no configuration of Loki: {shown(str(error))[:160]}"
        raise CannotTell(words, "see that the address is that of Loki itself, or that this is its file") from None
    return Found(examined=1 + len(params.classes), findings=tuple(findings), evidence=Evidence(source=f"the retention of {name}"))


def _configuration(ctx: Context, params: Params) -> tuple[str, str, str]:
    if params.url:
        loki = service(ctx, params.url, kind="Loki")
        return loki.good(loki.get("/config"), "/config").body.decode("utf-8", "replace"), loki.name, ""
    paths = ctx.repo.files(*params.files)
    if len(paths) != 1:
        raise CannotTell(f"{len(paths)} files match {few(params.files)}, expected one", "name the one configuration file of Loki")
    return ctx.repo.text(paths[0]), shown(paths[0]), paths[0]


def _part(data: Any, key: str) -> dict[str, Any]:
    """A section; a file that has neither it nor any other of Loki's is none. Raises KeyError."""
    if key not in data and not {"schema_config", "ingester", "common"} & set(data):
        raise KeyError(f"{key} is missing")
    return data.get(key) or {}


def _deletes(compactor: dict[str, Any], path: str) -> Iterator[Finding]:
    if compactor.get("retention_enabled") is not True:
        yield _finding("retention-off", "the compactor deletes nothing, whatever the period is", "set compactor.retention_enabled: true", path)
    elif not compactor.get("delete_request_store"):
        yield _finding("no-delete-store", "the compactor has no delete_request_store", "set compactor.delete_request_store to the object store", path)


def _kept(what: str, period: object, at_least: str, at_most: str, path: str) -> Iterator[Finding]:
    kept = durations.seconds(period)  # Raises ValueError
    words = f"{shown(what)} are kept for {f'{kept / 86_400:g} days' if kept else 'ever'}"
    if kept and kept < durations.seconds(at_least):
        yield _finding("too-short", f"{words}, expected at least {at_least}", f"raise the period to {at_least}", path)
    if at_most and (kept == 0 or kept > durations.seconds(at_most)):
        yield _finding("too-long", f"{words}, expected at most {at_most}", f"set the period to {at_most}", path)


def _plain(selector: str) -> str:
    return "".join(selector.split())


def _finding(rule: str, message: str, fix: str, path: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, path=path, fix=fix, anchor=message)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", deadline=60)
