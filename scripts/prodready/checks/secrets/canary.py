"""A secret that never was one: random, new for each run, so that a scanner that misses it shows itself blind."""

from __future__ import annotations

import secrets
import string

from prodready.tools.scan import Bench

_FILE = "token.txt"


def token() -> str:
    """A line that holds what looks like a GitHub token."""
    body = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
    return f'token = "{"ghp_" + body}"\n'


def planted(made: Bench) -> str:
    """The canary's path on the bench, planted when it is not there yet: all voices must find the same one."""
    path = made.canary(_FILE)
    return path if (made.folder / path).exists() else made.plant(_FILE, token())
