"""Who may be disturbed: this machine, what the policy names, and production only when it is named twice."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Collection

from msgspec import Struct, field

from prodready.errors import ProdreadyError
from prodready.names import shown


class Permit(Struct, frozen=True, kw_only=True):
    """The rule for one drill."""

    allowed: Collection[str] = ()
    """Host patterns of ``settings: {drill_targets: […]}``."""
    production: Collection[str] = ()
    """Host patterns of ``settings: {production_targets: […]}``."""
    environment: str = ""
    """``PRODREADY_ENV``; in ``production`` every target is production."""
    twice: str = ""
    """The production host, named a second time by ``--production``."""
    own: set[str] = field(default_factory=set)
    """Addresses that proved to be this machine's own, such as a container's."""

    def require(self, host: str, *, here: bool = False) -> None:
        """Raises ProdreadyError when this host, or what goes by that name on this machine (``here``), may not be disturbed."""
        if self.is_production(host):
            if self.twice != host:
                raise ProdreadyError(f"{shown(host)} is production, and a drill disturbs it", f"name it a second time: --production {shown(host)}")
        elif not (here or local(host) or host in self.own or _among(host, self.allowed)):
            raise ProdreadyError(
                f"{shown(host)} is not on the list of targets that drills may disturb",
                f"let .prodready.yml say 'settings: {{drill_targets: [{shown(host)}]}}'",
            )

    def is_production(self, host: str) -> bool:
        """Whether the host counts as production."""
        return self.environment.lower() in ("production", "prod", "live") or _among(host, self.production)


def local(host: str) -> bool:
    """Whether the host is this machine, by its loopback."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _among(host: str, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(host, pattern) for pattern in patterns)
