"""Whether a runbook's address leads to words in this repository."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from prodready.context import Repo
from prodready.readers import headings


def broken(repo: Repo, address: str) -> str:
    """Why it leads nowhere; empty when it does. Templates in the path are no address that can be followed. Raises CannotTell."""
    parts = urlsplit(address)
    path = _file(repo, unquote(parts.path))
    if not path:
        return "is not in this repository"
    if parts.fragment and not _section(repo.text(path), unquote(parts.fragment)):
        return f"has no section #{parts.fragment[:80]} in {path}"
    return ""


def _file(repo: Repo, path: str) -> str:
    """The longest end of the path that is a file here: what comes before is where the repository is hosted."""
    parts = [part for part in PurePosixPath(path).parts if part not in ("/", "..")]
    known = frozenset(repo.files())
    return next((end for at in range(len(parts)) if (end := "/".join(parts[at:])) in known), "")


def _section(text: str, anchor: str) -> bool:
    """Whether a heading has that anchor, as GitHub and GitLab make them, and says something."""
    return any(_anchor(heading.title) == anchor.lower() for heading in headings.read(text).headings)


def _anchor(title: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
