"""Where a TWS or Gateway is, by what a drill is given, and how its accounts are called in records."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from prodready.check import CannotTell
from prodready.context import Context
from prodready.ibkr.session import Gateway
from prodready.names import shown
from prodready.service import named


def gateway(ctx: Context, target: str) -> Gateway:
    """The Gateway of a name under ``targets:``, or of ``ibkr://host:port?client=777&account=DU…``. Raises CannotTell."""
    if not target.startswith("ibkr://"):
        found = ctx.targets.get(target)
        if isinstance(found, Mapping):
            return named(ctx, target, Gateway)
        if not found:
            raise CannotTell(f"there is no target {shown(target)!r}", "write 'targets: {ibkr: {host: 127.0.0.1, port: 4002}}', or ibkr://host:port")
        target = f"ibkr://{str(found).removeprefix('ibkr://')}"
    parts = urlsplit(target)
    try:
        asked = dict(parse_qsl(parts.query))
        return Gateway(host=parts.hostname or "", port=parts.port or 4002, client=int(asked.get("client", "777")), account=asked.get("account", ""))
    except ValueError:
        raise CannotTell(f"{shown(target)!r} is no address of TWS", "write for example ibkr://127.0.0.1:4002") from None


def masked(account: str) -> str:
    """An account number with its middle hidden: enough to know it again."""
    return f"{shown(account[:2])}…{shown(account[-2:])}" if len(account) > 4 else "…"
