"""When are two leaks the same secret? Told by a hash under a key that lives as long as one run, so that it reveals nothing afterwards."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from prodready.checks.secrets.unsilenced import unsilenced


class Identity:
    """Turns the lines of a leak into a value to compare: never shown, never kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, content: bytes | None, start: int, end: int, *, otherwise: str) -> str:
        """The identity of the secret in these lines (1-based, inclusive); ``otherwise`` stands in where there are no such lines."""
        lines = unsilenced(content).split(b"\n")[start - 1 : end] if content is not None and 1 <= start <= end else []
        text = b"\n".join(line.strip() for line in lines) or b"\0" + otherwise.encode("utf-8", "replace")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
