"""Records on disk: a JSON file each, beside it the incident log for people and the timeline; named so that they sort by time."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from prodready.engine.outage import Span
from prodready.evidence import incident_log, timeline
from prodready.evidence.record import Record, parse, text
from prodready.evidence.signature import RECORDS, sign

MOST = 8 * 1024 * 1024
"""Bytes of one record."""


def write(record: Record, folder: Path, *, key: Path | None = None) -> Path:
    """Writes the record and its companions, its signature among them; gives the path of the JSON. Each appears whole or not at all.

    Raises OSError, and ProdreadyError when the key does not sign: then there is no record.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem(record)}.json"
    if record.incidents:
        put(path.with_suffix(".svg"), timeline.svg(record))
    put(path.with_suffix(".md"), incident_log.log(record))
    if key is not None:
        put(path.with_suffix(".sig"), sign(text(record).encode(), key, namespace=RECORDS))
    put(path, text(record))
    return path


def stem(record: Record) -> str:
    """``20261125T142244123Z-chaos-redis-localhost-6379-1f2e3d4c``."""
    when = re.sub(r"[-:.]", "", record.started)
    what = re.sub(r"[^a-z0-9]+", "-", f"{record.drill}-{record.target}".lower()).strip("-")[:80]
    return f"{when}-{what}-{record.id[:8]}"


def put(path: Path, content: str) -> None:
    """Replaces a file in one step. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def add_line(path: Path, line: str) -> None:
    """Adds one line to a log, in one write. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def read_all(folder: Path) -> tuple[list[Record], list[str]]:
    """The records below a folder from the oldest on, and what is wrong with files that are none."""
    records, wrong = [], []
    for path in sorted(folder.rglob("*.json")) if folder.is_dir() else []:
        try:
            records.append(parse(path.read_text("utf-8") if path.stat().st_size <= MOST else ""))
        except (OSError, ValueError, RecursionError) as error:
            wrong.append(f"{path.name}: {error}")
    return sorted(records, key=lambda record: record.began), wrong


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that this share of all does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def mean_span(record: Record) -> Span | None:
    """The record's interval."""
    if record.interval is None or len(record.interval) != 2 or record.interval[0] is None:
        return None
    return Span(record.interval[0], float("inf") if record.interval[1] is None else record.interval[1])
