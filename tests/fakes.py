"""Made-up secrets, made when asked for: none of them stands anywhere, so that no scanner of this repository finds one."""

from __future__ import annotations

import functools
import secrets
import string

_WIDE = string.ascii_letters + string.digits


@functools.cache
def fake(name: str) -> str:
    """A secret of that kind, the same all through one run. A suffix makes another one: ``github-pat.2``."""
    return _KINDS[name.partition(".")[0]]()


def _some(length: int, of: str = _WIDE) -> str:
    """Random characters that are as mixed as those of a real key: scanners pass over those with little entropy."""
    while True:
        text = "".join(secrets.choice(of) for _ in range(length))
        if len(set(text)) >= min(length, len(set(of))) / 2:
            return text


def _private_key() -> str:
    lines = "\n".join(_some(64) for _ in range(12))
    return f"-----BEGIN {'RSA'} PRIVATE KEY-----\n{lines}\n-----END {'RSA'} PRIVATE KEY-----\n"


_KINDS = {
    "github-pat": lambda: "ghp_" + _some(36),
    "aws-key": lambda: "AKIA" + _some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "private-key": _private_key,
    "password": lambda: _some(20),
}
