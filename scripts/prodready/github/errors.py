"""What can go wrong with GitHub: a small typed set of errors, made of everything PyGithub, requests and odd answers can raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prodready.names import shown


class GitHubError(Exception):
    """GitHub did not do what was asked; the message is one line for people."""


class ReadOnlyToken(GitHubError):
    """The token may not do this (401, 403)."""


class NotFound(GitHubError):
    """It does not exist, or the token may not see it (404)."""


class RateLimited(GitHubError):
    """GitHub asks us to wait longer than we are ready to."""


class Refused(GitHubError):
    """GitHub finds the request wrong (other 4xx)."""


class Unreachable(GitHubError):
    """No answer, or a server error: what was asked may have happened or not."""


@contextmanager
def translated(wish: str) -> Iterator[None]:
    """Makes one of our errors of everything PyGithub, requests and odd answers can raise."""
    from github import BadCredentialsException, GithubException, RateLimitExceededException, UnknownObjectException
    from requests import RequestException

    try:
        yield
    except RateLimitExceededException:
        raise RateLimited(f"GitHub's rate limit does not let us {shown(wish)} now") from None
    except UnknownObjectException:
        raise NotFound(f"cannot {shown(wish)}: not found, or the token may not see it (404)") from None
    except BadCredentialsException:
        raise ReadOnlyToken(f"cannot {shown(wish)}: the token is not valid (401)") from None
    except GithubException as error:
        raise by_status(error.status, wish, _words(error.data)) from None
    except (RequestException, OSError) as error:
        raise Unreachable(f"cannot {shown(wish)}: GitHub did not answer ({type(error).__name__})") from None
    except (AssertionError, AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        raise Unreachable(f"cannot {shown(wish)}: GitHub's answer is not what its documentation promises ({type(error).__name__})") from None


def by_status(status: int, wish: str, said: str) -> GitHubError:
    """The error for a status of GitHub's."""
    line = f"cannot {shown(wish)}: {said or 'GitHub said no'} ({status})"
    if status in (401, 403):
        return ReadOnlyToken(line)
    if status in (404, 429):
        return NotFound(line) if status == 404 else RateLimited(line)
    return Refused(line) if 400 <= status < 500 else Unreachable(line)


def _words(data: object) -> str:
    """GitHub's own message, one line."""
    said = data.get("message") if isinstance(data, dict) else data
    return shown(said.strip()[:200]) if isinstance(said, str) else ""
