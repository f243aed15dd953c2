"""GitHub's API behind one class: PyGithub with retries that never repeat a POST, deadlines, and a small typed set of errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodready.names import shown

if TYPE_CHECKING:
    from github import Github

ACTIONS_BOT = "github-actions[bot]"
TIMEOUT = 30
"""Seconds one request may take."""
PATIENCE = 60.0
PAGES = 50
"""Pages of 100 comments that are read; GitHub stops at 2500 comments itself."""
FILE_LIMIT = 1024 * 1024
"""Bytes of a file read through the API; GitHub inlines no larger ones."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment of a pull request's conversation."""

    id: int
    author: str
    author_id: int | None
    """None for a deleted account."""
    body: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the token speaks for."""

    login: str
    id: int | None = None
    """None when only the login is known."""

    def wrote(self, comment: Comment) -> bool:
        """Whether the comment is ours: by number where known, since logins can be renamed and reused."""
        return comment.author_id == self.id if self.id is not None else comment.author == self.login


@dataclass(slots=True, kw_only=True)
class GitHubPort:
    """All that prodready asks of GitHub about one repository. Every method raises GitHubError."""

    api_url: str
    repository: str
    """``owner/name``."""
    token: str = field(repr=False)
    patience: float = PATIENCE
    """Seconds we wait at most when GitHub asks us to slow down."""
    _github: Github | None = field(default=None, init=False, repr=False)

    def whoami(self) -> Identity:
        """Whom the token speaks for. ``GET /user`` refuses the token of a workflow run, GraphQL's viewer knows it."""
        with _translated("find out whom the token belongs to"):
            _, data = self._client.requester.graphql_query("query { viewer { login databaseId } }", {})
            viewer = data["data"]["viewer"]
            return Identity(login=str(viewer["login"]), id=int(viewer["databaseId"]))

    def head(self, pr: int) -> str:
        """The commit the pull request stands at now."""
        with _translated(f"read pull request #{pr}"):
            return str(self._get(f"/pulls/{pr}")["head"]["sha"])

    def tip(self, branch: str) -> str:
        """The commit the branch stands at now."""
        with _translated(f"read the branch {branch}"):
            return str(self._get(f"/git/ref/heads/{quote(branch)}")["object"]["sha"])

    def file(self, path: str, commit: str) -> bytes | None:
        """A file at a commit, None when the commit has none. Raises Refused for a folder, a link or a file over 1 MiB."""
        from base64 import b64decode

        try:
            with _translated(f"read {path} at {commit[:12]}"):
                found = self._get(f"/contents/{quote(path)}", ref=commit)
        except NotFound:
            return None
        if not isinstance(found, dict) or found.get("type") != "file" or found.get("encoding") != "base64":
            raise Refused(f"{shown(path)} at {commit[:12]} is not an ordinary file of at most {FILE_LIMIT // 2**20} MiB")
        return b64decode(found["content"])

    def comments(self, pr: int) -> tuple[Comment, ...]:
        """Every comment of the conversation, oldest first, all pages."""
        found: list[Comment] = []
        with _translated(f"read the comments of pull request #{pr}"):
            for page in range(1, PAGES + 1):
                part = self._get(f"/issues/{pr}/comments", per_page="100", page=str(page))
                found += [_comment(one) for one in part]
                if len(part) < 100:
                    return tuple(found)
        raise Refused(f"pull request #{pr} has more than {100 * PAGES} comments")

    def create_comment(self, pr: int, body: str) -> Comment:
        """Writes a comment, once. After Unreachable it may exist: look before writing again."""
        with _translated(f"comment on pull request #{pr}"):
            return _comment(self._send("POST", f"/issues/{pr}/comments", {"body": body}))

    def edit_comment(self, comment: int, body: str) -> Comment:
        """Replaces the text of a comment."""
        with _translated("edit the comment"):
            return _comment(self._send("PATCH", f"/issues/comments/{comment}", {"body": body}))

    def delete_comment(self, comment: int) -> None:
        """Deletes a comment; one that is gone already is fine."""
        try:
            with _translated("delete a comment"):
                self._send("DELETE", f"/issues/comments/{comment}", None)
        except NotFound:
            return

    def set_status(self, commit: str, *, context: str, state: str, description: str, target_url: str) -> None:
        """Sets a commit status; the last write of a context holds."""
        body = {"context": context, "state": state, "description": description, **({"target_url": target_url} if target_url else {})}
        with _translated(f"set the commit status {context}"):
            self._send("POST", f"/statuses/{commit}", body)

    def read(self, path: str, **parameters: str) -> Any:
        """Any answer of the API, by its whole path."""
        with _translated(f"read {path}"):
            return self._client.requester.requestJsonAndCheck("GET", path, parameters=parameters or None)[1]

    def pages(self, path: str, key: str = "", **parameters: str) -> list[Any]:
        """A whole list, all pages; ``key`` where GitHub wraps it in an object. Raises Refused beyond 5 000 entries."""
        found: list[Any] = []
        for page in range(1, PAGES + 1):
            part = self.read(path, **parameters, per_page="100", page=str(page))
            rows = part.get(key) if key and isinstance(part, dict) else part
            if not isinstance(rows, list):
                raise Unreachable(f"cannot read {shown(path)}: GitHub's answer is not what its documentation promises")
            found += rows
            if len(rows) < 100:
                return found
        raise Refused(f"{shown(path)} has more than {100 * PAGES} entries")

    def write(self, verb: str, path: str, body: Any) -> Any:
        """Sends a body; what GitHub answers. Never repeated by itself when it creates something."""
        with _translated(f"write {path}"):
            return self._client.requester.requestJsonAndCheck(verb, path, input=body)[1]

    def _get(self, path: str, **parameters: str) -> Any:
        return self._client.requester.requestJsonAndCheck("GET", f"/repos/{self.repository}{path}", parameters=parameters or None)[1]

    def _send(self, verb: str, path: str, body: dict[str, str] | None) -> Any:
        return self._client.requester.requestJsonAndCheck(verb, f"/repos/{self.repository}{path}", input=body)[1]

    @property
    def _client(self) -> Github:
        if self._github is None:
            self._github = _connect(self.api_url, self.token, self.patience)
        return self._github


def _connect(api_url: str, token: str, patience: float) -> Github:
    from github import Auth, Github

    from prodready.github.retry import patient

    return Github(
        base_url=api_url, auth=Auth.Token(token), retry=patient(patience), timeout=TIMEOUT, per_page=100,
        seconds_between_requests=0, seconds_between_writes=0,
    )  # fmt: skip


@contextmanager
def _translated(wish: str) -> Iterator[None]:
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
        raise _by_status(error.status, wish, _words(error.data)) from None
    except (RequestException, OSError) as error:
        raise Unreachable(f"cannot {shown(wish)}: GitHub did not answer ({type(error).__name__})") from None
    except (AssertionError, AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        raise Unreachable(f"cannot {shown(wish)}: GitHub's answer is not what its documentation promises ({type(error).__name__})") from None


def _by_status(status: int, wish: str, said: str) -> GitHubError:
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


def _comment(data: dict[str, Any]) -> Comment:
    user = data.get("user") or {}
    return Comment(
        id=int(data["id"]), author=str(user.get("login", "")), author_id=user.get("id"), body=str(data.get("body") or ""), url=str(data.get("html_url") or "")
    )
