"""GitHub as checks and sign-offs ask it: read only, every answer kept for the run, errors as CannotTell."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prodready.check import CannotTell
from prodready.github.client import GitHubError, GitHubPort, NotFound, ReadOnlyToken

RIGHTS = "give the job the permission that it needs, or a token that may read it"
WITHOUT = "give the step the input token (in Actions), or export PRODREADY_TOKEN and GITHUB_REPOSITORY"


@dataclass(slots=True, kw_only=True)
class GitHubForge:
    """One repository. Thread-safe."""

    port: GitHubPort | None
    org_port: GitHubPort | None = None
    """With the token that may read organisations."""
    pull: int | None = None
    head: str = ""
    offline: bool = False
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def repository(self) -> str:
        """``owner/name``."""
        return self.port.repository if self.port else ""

    def get(self, path: str, **query: str) -> Any:
        """An answer. Raises CannotTell."""
        return self._once("get", path, query, lambda port: port.read(self._whole(path), **query))

    def pages(self, path: str, key: str = "", **query: str) -> list[Any]:
        """A whole list. Raises CannotTell."""
        found: list[Any] = self._once(f"pages {key}", path, query, lambda port: port.pages(self._whole(path), key, **query))
        return found

    def _whole(self, path: str) -> str:
        return path[1:] if path.startswith("//") else f"/repos/{self.repository}{path}"

    def _once(self, verb: str, path: str, query: dict[str, str], ask: Callable[[GitHubPort], Any]) -> Any:
        name = json.dumps([verb, path, sorted(query.items())])
        with self._lock:
            if name not in self._kept:
                self._kept[name] = self._asked(path, ask)
            found = self._kept[name]
        if isinstance(found, CannotTell):
            raise CannotTell(found.reason, found.remedy)
        return found

    def _asked(self, path: str, ask: Callable[[GitHubPort], Any]) -> Any:
        port = (self.org_port or self.port) if path.startswith("//orgs/") else self.port
        if self.offline:
            return CannotTell("GitHub was not asked: this run is offline", "run without --offline")
        if port is None:
            return CannotTell("GitHub cannot be asked: there is no token", WITHOUT)
        try:
            return ask(port)
        except (NotFound, ReadOnlyToken) as refused:
            return CannotTell(str(refused), RIGHTS)
        except GitHubError as error:
            return CannotTell(str(error), "run the gate again when GitHub answers")
