"""When a request to GitHub is repeated, and when we give up instead."""

from __future__ import annotations

from typing import Any

from github import GithubRetry
from github.GithubException import RateLimitExceededExceedsMaxWait

REPEATABLE = frozenset(("GET", "HEAD", "PATCH", "PUT", "DELETE"))
"""Not POST: a server error can follow a comment that was stored, and the repetition would store a second one."""
ATTEMPTS = 3
"""How often a request is repeated at most."""


class Patient(GithubRetry):
    """Waits as long as GitHub asks; gives up at once when that is longer than the cap, where its parent would sleep on."""

    def increment(self, *args: Any, **kwargs: Any) -> Any:
        """The next attempt. Raises RateLimitExceededExceedsMaxWait."""
        response = kwargs.get("response")
        if response is not None and self.max_rate_limit_wait is not None:
            asked = self.get_retry_after(response) or 0.0
            if asked > self.max_rate_limit_wait:
                raise RateLimitExceededExceedsMaxWait(response.status, {"message": response.reason}, dict(response.headers), wait=asked)
        return super().increment(*args, **kwargs)


def patient(seconds: float) -> Patient:
    """A few more attempts, each after a wait of at most ``seconds``."""
    return Patient(
        total=ATTEMPTS, backoff_factor=0.5, allowed_methods=REPEATABLE, status_forcelist=[429, *range(500, 600)],
        max_rate_limit_wait=seconds, secondary_rate_wait=seconds, retry_after_max=86400,
    )  # fmt: skip
