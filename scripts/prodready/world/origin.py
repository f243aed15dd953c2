"""The name of a repository as its remote has it, for runs outside of GitHub."""

from __future__ import annotations

import re
from pathlib import Path

from prodready.world.git import question

_NAME = re.compile(r"[:/](?P<name>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$")


def repository_name(root: Path) -> str:
    """``owner/name`` from the remote ``origin``, else the name of the checkout's folder: a path on this machine names no owner."""
    url = question(root, "config", "--get", "remote.origin.url") or ""
    found = None if url.startswith(("/", ".", "file:")) else _NAME.search(url)
    top = question(root, "rev-parse", "--show-toplevel")
    return found["name"] if found else Path(top).name if top else root.name
