"""A database for Trivy that a test makes: bbolt's file format (github.com/etcd-io/bbolt, page.go and bucket.go), as far as a reader needs it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = 4096
LEAF, META, FREE = 2, 4, 16
Tree = Mapping[str, Any]
"""Bucket or key -> bucket or value."""


def write(cache: Path, *, updated: str, advisories: Tree, details: Tree) -> Path:
    """Puts ``db/trivy.db`` and its date below a folder: source -> package -> id -> advisory, and id -> what is known of it."""
    folder = cache / "db"
    folder.mkdir(parents=True, exist_ok=True)
    sources = {name: {"ID": "ghsa", "Name": name, "URL": "https://example.org"} for name in advisories}
    (folder / "trivy.db").write_bytes(database({**advisories, "data-source": sources, "vulnerability": details}, depth=dict.fromkeys(advisories, 2)))
    told = {"Version": 2, "NextUpdate": "2036-01-01T00:00:00Z", "UpdatedAt": updated, "DownloadedAt": updated}
    (folder / "metadata.json").write_text(json.dumps(told), "utf-8")
    return cache


def database(buckets: Tree, *, depth: Mapping[str, int]) -> bytes:
    """The file: two meta pages, an empty list of free pages, and one leaf that holds every bucket within itself."""
    count, body = _leaf({name: _bucket(tree, depth.get(name, 1)) for name, tree in buckets.items()}, LEAF_BUCKET)
    leaf = _page(3, LEAF, count, body)
    high = 3 + len(leaf) // PAGE
    return _meta(0, high) + _meta(1, high) + _page(2, FREE, 0, b"") + leaf


LEAF_BUCKET = 1


def _bucket(tree: Tree, depth: int) -> bytes:
    """A bucket that lies within its parent: the page number 0, then its page."""
    if depth > 1:
        count, body = _leaf({name: _bucket(inner, depth - 1) for name, inner in tree.items()}, LEAF_BUCKET)
    else:
        count, body = _leaf({name: json.dumps(value).encode() for name, value in tree.items()}, 0)
    return struct.pack("<QQ", 0, 0) + struct.pack("<QHHI", 0, LEAF, count, 0) + body


def _leaf(entries: Mapping[str, bytes], flag: int) -> tuple[int, bytes]:
    heads, body = b"", b""
    rows = sorted((name.encode(), value) for name, value in entries.items())
    for number, (name, value) in enumerate(rows):
        heads += struct.pack("<IIII", flag, 16 * (len(rows) - number) + len(body), len(name), len(value))
        body += name + value
    return len(rows), heads + body


def _page(number: int, flags: int, count: int, body: bytes) -> bytes:
    more = (16 + len(body) - 1) // PAGE
    return (struct.pack("<QHHI", number, flags, count, more) + body).ljust((more + 1) * PAGE, b"\0")


def _meta(number: int, high: int) -> bytes:
    told = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, 3, 0, 2, high, number)
    return _page(number, META, 0, told + struct.pack("<Q", _fnv(told)))


def _fnv(data: bytes) -> int:
    """FNV-1a in 64 bits, the checksum of a meta page."""
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state
