"""The name of a repository as its remote has it, for runs outside of GitHub."""

from __future__ import annotations

import re
from pathlib import Path

from prodready.world.git import question

_NAME = re.compile(r"[:/](?P<name>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$")


def repository_name(root: Path) -> str:
    """``owner/name`` from the remote ``origin``, else the folder's own name."""
    found = _NAME.search(question(root, "config", "--get", "remote.origin.url") or "")
    return found["name"] if found else root.name
