"""The policy file at the tip of the base branch, through the API where the checkout does not have it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from prodready.errors import ProdreadyError
from prodready.github.client import GitHubError, GitHubPort
from prodready.github.event import Event, Kind, parse
from prodready.names import shown
from prodready.settings import Settings

OWN = ".prodready.yml"


class AtBase(Struct, frozen=True, kw_only=True):
    """A file of the base branch."""

    content: bytes | None
    """None when the base has no such file."""
    commit: str
    """Where it was read."""


def read(settings: Settings, port: GitHubPort | None, path: str = OWN, folder: Path = Path()) -> bytes | None:
    """The file at the base, None when the base has none or the event has no base. Raises ProdreadyError when that could not be told."""
    found = at_base(settings, port, path, folder)
    return found.content if found else None


def at_base(settings: Settings, port: GitHubPort | None, path: str = OWN, folder: Path = Path()) -> AtBase | None:
    """The file at the base, with its commit; None when the event has no base.

    A pull request is judged by the base branch as it is now; a merge group by the commit it was built on. Raises ProdreadyError.
    """
    event = parse(settings.github)
    if not event.base_sha:
        return None
    try:
        return _by_api(event, port, path)
    except GitHubError as error:
        found = _by_git(event, path, folder)
        if found is None:
            raise _untold(event, path, str(error)) from None
        return found


def _by_api(event: Event, port: GitHubPort | None, path: str) -> AtBase:
    if port is None:
        raise GitHubError("there is no token")
    commit = port.tip(event.base_ref) if event.kind is Kind.PULL_REQUEST else event.base_sha
    return AtBase(content=port.file(path, commit), commit=commit)


def _by_git(event: Event, path: str, folder: Path) -> AtBase | None:
    """The file in the objects of the checkout; None when the checkout does not have the base."""
    from prodready.world.git import Git, question

    refs = [f"refs/remotes/origin/{event.base_ref}"] if event.kind is Kind.PULL_REQUEST else []
    for ref in (*refs, event.base_sha):
        commit = question(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if commit:
            listed = question(folder, "ls-tree", "-z", "--full-tree", commit, "--", path) or ""
            if not listed:
                return AtBase(content=None, commit=commit)
            if not listed.startswith("100"):
                raise ProdreadyError(f"{shown(path)} at the base {commit[:12]} is no ordinary file", "Replace the link or folder by the file.")
            return AtBase(content=Git(folder).run("cat-file", "blob", f"{commit}:{path}").stdout, commit=commit)
    return None


def _untold(event: Event, path: str, why: str) -> ProdreadyError:
    return ProdreadyError(
        f"{shown(path)} at the tip of {event.base_ref} could not be read ({why}), so it is not known which policy holds",
        "Give actions/checkout 'fetch-depth: 0', or the job 'permissions: {contents: read}'.",
    )
