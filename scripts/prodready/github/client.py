"""GitHub's API behind one class: PyGithub with retries that never repeat a POST, deadlines, and a small typed set of errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct

from prodready.github.errors import GitHubError, NotFound, RateLimited, ReadOnlyToken, Refused, Unreachable, by_status, translated
from prodready.names import shown

if TYPE_CHECKING:
    from github import Github

__all__ = ["Artefact", "Comment", "GitHubError", "GitHubPort", "Identity", "NotFound", "RateLimited", "ReadOnlyToken", "Refused", "Unreachable"]

ACTIONS_BOT = "github-actions[bot]"
TIMEOUT = 30
"""Seconds one request may take."""
DOWNLOAD = 120.0
"""Seconds one download may take."""
PATIENCE = 60.0
PAGES = 50
"""Pages of 100 comments that are read; GitHub stops at 2500 comments itself."""
FILE_LIMIT = 1024 * 1024
"""Bytes of a file read through the API; GitHub inlines no larger ones."""


class Comment(Struct, frozen=True, kw_only=True):
    """One comment of a pull request's conversation."""

    id: int
    author: str
    author_id: int | None
    """None for a deleted account."""
    body: str
    url: str


class Artefact(Struct, frozen=True, kw_only=True):
    """One archive that a workflow run left."""

    path: str
    """Where the API gives it, below the API's address."""
    bytes: int


class Identity(Struct, frozen=True, kw_only=True):
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
        with translated("find out whom the token belongs to"):
            _, data = self._client.requester.graphql_query("query { viewer { login databaseId } }", {})
            viewer = data["data"]["viewer"]
            return Identity(login=str(viewer["login"]), id=int(viewer["databaseId"]))

    def head(self, pr: int) -> str:
        """The commit the pull request stands at now."""
        with translated(f"read pull request #{pr}"):
            return str(self._get(f"/pulls/{pr}")["head"]["sha"])

    def tip(self, branch: str) -> str:
        """The commit the branch stands at now."""
        with translated(f"read the branch {branch}"):
            return str(self._get(f"/git/ref/heads/{quote(branch)}")["object"]["sha"])

    def file(self, path: str, commit: str) -> bytes | None:
        """A file at a commit, None when the commit has none. Raises Refused for a folder, a link or a file over 1 MiB."""
        from base64 import b64decode

        try:
            with translated(f"read {path} at {commit[:12]}"):
                found = self._get(f"/contents/{quote(path)}", ref=commit)
        except NotFound:
            return None
        if not isinstance(found, dict) or found.get("type") != "file" or found.get("encoding") != "base64":
            raise Refused(f"{shown(path)} at {commit[:12]} is not an ordinary file of at most {FILE_LIMIT // 2**20} MiB")
        return b64decode(found["content"])

    def comments(self, pr: int) -> tuple[Comment, ...]:
        """Every comment of the conversation, oldest first, all pages."""
        found: list[Comment] = []
        with translated(f"read the comments of pull request #{pr}"):
            for page in range(1, PAGES + 1):
                part = self._get(f"/issues/{pr}/comments", per_page="100", page=str(page))
                found += [_comment(one) for one in part]
                if len(part) < 100:
                    return tuple(found)
        raise Refused(f"pull request #{pr} has more than {100 * PAGES} comments")

    def create_comment(self, pr: int, body: str) -> Comment:
        """Writes a comment, once. After Unreachable it may exist: look before writing again."""
        with translated(f"comment on pull request #{pr}"):
            return _comment(self._send("POST", f"/issues/{pr}/comments", {"body": body}))

    def edit_comment(self, comment: int, body: str) -> Comment:
        """Replaces the text of a comment."""
        with translated("edit the comment"):
            return _comment(self._send("PATCH", f"/issues/comments/{comment}", {"body": body}))

    def delete_comment(self, comment: int) -> None:
        """Deletes a comment; one that is gone already is fine."""
        try:
            with translated("delete a comment"):
                self._send("DELETE", f"/issues/comments/{comment}", None)
        except NotFound:
            return

    def set_status(self, commit: str, *, context: str, state: str, description: str, target_url: str) -> None:
        """Sets a commit status; the last write of a context holds."""
        body = {"context": context, "state": state, "description": description, **({"target_url": target_url} if target_url else {})}
        with translated(f"set the commit status {context}"):
            self._send("POST", f"/statuses/{commit}", body)

    def pulls(self, head: str) -> list[Any]:
        """The open pull requests of a head, ``owner:branch``."""
        return self.pages(f"/repos/{self.repository}/pulls", state="open", head=head)

    def artefacts(self, run: int, name: str) -> tuple[Artefact, ...]:
        """The archives of that name that a run left and that have not expired."""
        path = f"/repos/{self.repository}/actions/runs/{run}/artifacts"
        with translated(f"read the artefacts of run {run}"):
            rows = [row for row in self.pages(path, "artifacts", name=name) if not row["expired"] and row["name"] == name]
            return tuple(Artefact(path=f"/repos/{self.repository}/actions/artifacts/{int(row['id'])}/zip", bytes=int(row["size_in_bytes"])) for row in rows)

    def download(self, path: str, *, limit: int) -> bytes:
        """The bytes behind a path. GitHub redirects to another host, which does not get the token."""
        from prodready.check import CannotTell
        from prodready.world.http import RealHttp

        try:
            headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"}
            answer = RealHttp().get(f"{self.api_url}{path}", headers=headers, deadline=DOWNLOAD, limit=limit)
        except CannotTell as unable:
            raise Unreachable(unable.reason) from None
        if answer.status != 200:
            raise by_status(answer.status, f"download {path}", "")
        return answer.body

    def read(self, path: str, **parameters: str) -> Any:
        """Any answer of the API, by its whole path."""
        with translated(f"read {path}"):
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
        with translated(f"write {path}"):
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


def _comment(data: dict[str, Any]) -> Comment:
    user = data.get("user") or {}
    return Comment(
        id=int(data["id"]), author=str(user.get("login", "")), author_id=user.get("id"), body=str(data.get("body") or ""), url=str(data.get("html_url") or "")
    )
