"""The panels of a dashboard's JSON, with their queries as they would be run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.checks.grafana_dashboard.asked import Query, Source
from prodready.names import shown

_TEXTS = ("text", "row", "news", "dashlist", "welcome", "alertlist")
"""Kinds of panels that ask for nothing."""
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::\w+)?\}|\[\[(?P<old>\w+)\]\]|\$(?P<plain>[A-Za-z]\w*)")
DEEPEST = 4


class Panel(Struct, frozen=True, kw_only=True):
    """A panel that asks for something."""

    title: str
    queries: tuple[Query, ...]


def read(board: Mapping[str, Any], source: Source | None) -> list[Panel]:
    """Every panel that shows data. Raises CannotTell for a library panel that cannot be had."""
    variables = {str(one.get("name")): one for one in _dicts((board.get("templating") or {}).get("list"))}
    return [_panel(panel, variables) for panel in _flat(board, source, 0) if panel.get("type") not in _TEXTS]


def _flat(holder: Mapping[str, Any], source: Source | None, depth: int) -> Iterator[Mapping[str, Any]]:
    """The panels, those inside of rows (both of the old and the new kind) too."""
    if depth > DEEPEST:
        return
    for panel in _dicts(holder.get("panels")):
        uid = (panel.get("libraryPanel") or {}).get("uid")
        yield {**source.library(str(uid)), "title": panel.get("title")} if uid and source else panel
        yield from _flat(panel, source, depth + 1)
    for row in _dicts(holder.get("rows")):
        yield from _flat(row, source, depth + 1)


def _panel(panel: Mapping[str, Any], variables: Mapping[str, Any]) -> Panel:
    title = shown(str(panel.get("title") or panel.get("id") or "without a title"))[:80]
    targets = [target for target in _dicts(panel.get("targets")) if not target.get("hide")]
    queries = tuple(_query(target, panel, variables) for target in targets)
    return Panel(title=title, queries=queries or (Query(text="", trouble="nothing is asked for"),))


def _query(target: Mapping[str, Any], panel: Mapping[str, Any], variables: Mapping[str, Any]) -> Query:
    text = next((str(target[key]) for key in ("expr", "query", "rawSql") if target.get(key)), "")
    source = target.get("datasource") or panel.get("datasource") or {}
    uid, kind = (source.get("uid", ""), source.get("type", "")) if isinstance(source, dict) else (str(source), "")
    uid = _filled(str(uid), variables)
    if not text:
        return Query(text="", trouble="a query is empty")
    if uid.startswith("$"):
        return Query(text=text, trouble=f"the data source {shown(uid)[:60]} is a variable without a value")
    filled = _filled(text, variables)
    return Query(text=filled, source=uid, kind=str(kind or "prometheus"), raw={**target, "expr": filled} if target.get("expr") else dict(target))


def _filled(text: str, variables: Mapping[str, Any]) -> str:
    """The text with the values that the dashboard is saved with; what Grafana fills in itself (``$__rate_interval``) becomes five minutes."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["old"] or match["plain"]
        if name in ("__rate_interval", "__interval", "__range"):
            return "5m"
        variable = variables.get(name)
        return match[0] if variable is None else _value(variable)

    return _VARIABLE.sub(value, text)


def _value(variable: Mapping[str, Any]) -> str:
    current = (variable.get("current") or {}).get("value", "")
    values = [str(one) for one in (current if isinstance(current, list) else [current])]
    if values == ["$__all"]:
        return str(variable.get("allValue") or ".*")
    return values[0] if len(values) == 1 else f"({'|'.join(values)})"


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
