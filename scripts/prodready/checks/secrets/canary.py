"""A secret that never was one: random, new for each run, so that a scanner that misses it shows itself blind."""

from __future__ import annotations

import secrets
import string


def token() -> str:
    """A line that holds what looks like a GitHub token."""
    body = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
    return f'token = "{"ghp_" + body}"\n'
