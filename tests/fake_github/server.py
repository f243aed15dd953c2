"""GitHub on loopback: pull requests, comments, statuses and files with state, tokens with rights, and trouble on demand.

Every request and every answer is held against GitHub's own description (contract.py); what differs is kept in ``violations``.
"""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from fake_github import contract, rules, state

VIEWER = "query { viewer { login databaseId } }"


ENDPOINTS = {
    ("GET", "/pulls/{pull_number}"): "get_pull",
    ("GET", "/pulls/{pull_number}/reviews"): "list_reviews",
    ("GET", "/pulls/{pull_number}/commits"): "list_commits",
    ("GET", "/issues/{issue_number}/comments"): "list_comments",
    ("POST", "/issues/{issue_number}/comments"): "create_comment",
    ("PATCH", "/issues/comments/{comment_id}"): "edit_comment",
    ("DELETE", "/issues/comments/{comment_id}"): "delete_comment",
    ("POST", "/statuses/{sha}"): "set_status",
    ("GET", "/git/ref/{ref}"): "get_ref",
    ("GET", "/contents/{path}"): "get_file",
    ("GET", "/pulls"): "list_pulls",
    ("GET", "/actions/runs/{run_id}/artifacts"): "list_artefacts",
    ("GET", "/actions/runs/{run_id}/approvals"): "list_approvals",
    ("GET", "/actions/artifacts/{artifact_id}/{archive_format}"): "get_artefact",
    **state.ENDPOINTS,
    **rules.ENDPOINTS,
}


@dataclass(frozen=True)
class User:
    login: str
    id: int
    writes: bool = True
    workflow: bool = True
    """The token of a workflow run: GET /user is refused, GraphQL's viewer is not."""


ACTIONS = User("github-actions[bot]", 41898282)
FORK = User("github-actions[bot]", 41898282, writes=False)
ADMIN = User("ada", 5, workflow=False)
STRANGER = User("mallory", 666, workflow=False)


@dataclass
class Trouble:
    """What happens to the next requests that match, instead of or (stored) after the real thing."""

    method: str
    part: str
    times: int = 1
    status: int = 502
    stored: bool = False
    """Whether the request takes effect before the answer is lost."""
    message: str = "Server Error"
    headers: dict = field(default_factory=dict)
    raw: bytes = b""
    """The body, instead of JSON."""
    hang: bool = False
    """No answer before the server ends."""


@dataclass
class Comment:
    id: int
    pr: int
    author: User | None
    body: str


class FakeGitHub(state.State, rules.Rules):
    """One repository. Use as a context manager; ``url`` is the API's address."""

    def __init__(self, repository="acme/desk", prefix=""):
        state.State.__init__(self)
        rules.Rules.__init__(self)
        self.repository, self.prefix = repository, prefix
        self.tokens = {"ghs_workflow": ACTIONS, "ghs_fork": FORK, "ghp_stranger": STRANGER, "ghp_admin": ADMIN}
        self.pulls, self.branches, self.files = {1: "a" * 40}, {"main": "b" * 40}, {}
        self.comments, self.statuses, self.troubles = [], [], []
        self.reviews, self.commits = [], []
        self.details, self.artefacts, self.approvals = {}, {}, {}
        self.requests, self.violations, self.hooks = [], [], []
        self._next, self._lock, self.over = 100, threading.RLock(), threading.Event()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket.settimeout(0.05)  # a client that is gone before it is accepted holds nobody up (with 0, accepted ones would not block on macOS)
        self.host = f"http://127.0.0.1:{self._server.server_port}"
        self.url = self.host + self.prefix
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def comment(self, pr, author, body):
        """Somebody comments."""
        with self._lock:
            self._next += 1
            made = Comment(self._next, pr, author, body)
            self.comments.append(made)
            return made

    def trouble(self, *args, **kwargs):
        """The next requests that match go wrong."""
        self.troubles.append(Trouble(*args, **kwargs))

    def after(self, method, part, then):
        """Calls ``then`` once, right after a request that matches was served: another run at the same time."""
        self.hooks.append((method, part, then))

    def made(self, method):
        """The paths of all requests of that method."""
        return [path for verb, path in self.requests if verb == method]

    def serve(self, method, url, token, body):
        """(status, headers, answer) of one request."""
        with self._lock:
            parts = urlsplit(url)
            path = parts.path.removeprefix(self.prefix)
            self.requests.append((method, path + (f"?{parts.query}" if parts.query else "")))
            if parts.path.endswith("/graphql"):
                return self._graphql(token, body)
            trouble = self._trouble(method, path)
            if trouble is None or trouble.stored:
                status, headers, answer = self._dispatch(method, path, parse_qs(parts.query), token, body)
            if trouble is not None:
                status, headers, answer = trouble.status, trouble.headers, _refusal(trouble.message)
            if trouble is not None and (trouble.raw or trouble.hang):
                return status, headers, trouble
            self.violations += contract.violations(method, path + (f"?{parts.query}" if parts.query else ""), body, status, answer)
            self._run_hooks(method, path)
            return status, headers, answer

    def _run_hooks(self, method, path):
        for hook in [hook for hook in self.hooks if hook[0] == method and hook[1] in path]:
            self.hooks.remove(hook)
            hook[2]()

    def _trouble(self, method, path):
        for trouble in self.troubles:
            if trouble.method == method and trouble.part in path and trouble.times:
                trouble.times -= 1
                return trouble
        return None

    def _graphql(self, token, body):
        user = self.tokens.get(token)
        if user is None:
            return 401, {}, {"message": "Bad credentials"}
        if body.get("query") != VIEWER:
            self.violations.append(f"GraphQL query not known: {body}")
        return 200, {}, {"data": {"viewer": {"login": user.login, "databaseId": user.id}}}

    def _dispatch(self, method, path, query, token, body):
        user = self.tokens.get(token)
        if user is None:
            return 401, {}, {"message": "Bad credentials"}
        if path == "/user":
            return (403, {}, {"message": "Resource not accessible by integration"}) if user.workflow else (404, {}, {"message": "not modelled"})
        found = contract.route(method, path)
        here = tuple(self.repository.split("/"))
        if found is None or (found[1].get("owner", found[1].get("org", "")), found[1].get("repo", here[1])) != here:
            return 404, {}, {"message": "Not Found"}
        if method != "GET" and (not user.writes or ("rulesets" in path and user.workflow)):
            return 403, {}, {"message": "Resource not accessible by integration", "status": "403"}
        return getattr(self, ENDPOINTS[method, found[0].removeprefix("/repos/{owner}/{repo}")])(found[1], query, user, body)

    def get_pull(self, at, query, user, body):
        number = int(at["pull_number"])
        if number not in self.pulls:
            return 404, {}, {"message": "Not Found"}
        return 200, {}, self._pull(number, contract.example("pull-request"))

    def list_pulls(self, at, query, user, body):
        owner, _, branch = query.get("head", [":"])[0].partition(":")
        (example,) = contract.example("pull-request-simple-items")
        found = [self._pull(number, example) for number in self.pulls]
        return 200, {}, [pull for pull in found if (pull["head"]["repo"]["owner"]["login"], pull["head"]["ref"]) == (owner, branch)]

    def _pull(self, number, example):
        """A pull request: its head, and what ``details`` say about its sides and its author."""
        answer, detail = self._here(example), {"head": {}, "base": {}, **self.details.get(number, {})}
        for side in ("head", "base"):
            given = {"ref": {"head": "change", "base": "main"}[side], "repo": 1, "owner": self.repository.partition("/")[0], **detail[side]}
            answer[side]["ref"] = given["ref"]
            answer[side]["repo"] = {**answer["base"]["repo"], "id": given["repo"], "owner": {**answer["user"], "login": given["owner"]}}
        answer["number"], answer["head"]["sha"], answer["base"]["sha"] = number, self.pulls[number], self.branches.get(answer["base"]["ref"], "b" * 40)
        answer["requested_teams"] = []
        answer["user"] = {**answer["user"], "login": detail.get("author", "dana"), "id": detail.get("author_id", 7)}
        return answer

    def list_artefacts(self, at, query, user, body):
        name = query.get("name", [None])[0]
        (example, *_) = self._here(contract.example("artifact-paginated"))["artifacts"]
        rows = [
            {**example, "id": number, "name": title, "size_in_bytes": size if size is not None else len(packed), "expired": False}
            for number, (run, title, packed, size) in self.artefacts.items()
            if run == int(at["run_id"]) and name in (None, title)
        ]
        return 200, {}, {"total_count": len(rows), "artifacts": rows}

    def get_artefact(self, at, query, user, body):
        if int(at["artifact_id"]) not in self.artefacts:
            return 404, {}, {"message": "Not Found"}
        return 302, {"Location": f"http://localhost:{self._server.server_port}/blob/{at['artifact_id']}"}, None

    def list_approvals(self, at, query, user, body):
        return 200, {}, self.approvals.get(int(at["run_id"]), [])

    def upload(self, run, packed, name="prodready", size=None):
        """A run uploads an archive; ``size`` is what the API says of it."""
        self._next += 1
        self.artefacts[self._next] = (run, name, packed, size)
        return self._next

    def list_reviews(self, at, query, user, body):
        return 200, {}, self.reviews

    def list_commits(self, at, query, user, body):
        return 200, {}, self.commits

    def list_comments(self, at, query, user, body):
        every = [comment for comment in self.comments if comment.pr == int(at["issue_number"])]
        size, page = min(100, int(query.get("per_page", ["30"])[0])), int(query.get("page", ["1"])[0])
        start, headers = (page - 1) * size, {}
        if start + size < len(every):
            headers["Link"] = f'<{self.url}/repos/{self.repository}/issues/{at["issue_number"]}/comments?per_page={size}&page={page + 1}>; rel="next"'
        return 200, headers, [self._comment(comment) for comment in every[start : start + size]]

    def create_comment(self, at, query, user, body):
        if len(body.get("body", "")) > 65536:
            return 422, {}, _refusal("Validation Failed")
        return 201, {}, self._comment(self.comment(int(at["issue_number"]), user, body["body"]))

    def edit_comment(self, at, query, user, body):
        found = next((comment for comment in self.comments if comment.id == int(at["comment_id"])), None)
        if found is None:
            return 404, {}, {"message": "Not Found"}
        found.body = body["body"]
        return 200, {}, self._comment(found)

    def delete_comment(self, at, query, user, body):
        kept = [comment for comment in self.comments if comment.id != int(at["comment_id"])]
        gone, self.comments = len(kept) < len(self.comments), kept
        return (204, {}, None) if gone else (404, {}, {"message": "Not Found"})

    def set_status(self, at, query, user, body):
        if len(body.get("description") or "") > 140:
            return 422, {}, _refusal("Validation Failed")
        self.statuses.append({"sha": at["sha"], **body})
        return 201, {}, {**self._here(contract.example("status")), **body, "target_url": body.get("target_url", "")}

    def get_ref(self, at, query, user, body):
        branch = at["ref"].removeprefix("heads/")
        if branch not in self.branches:
            return 404, {}, {"message": "Not Found"}
        answer = self._here(contract.example("git-ref"))
        answer["ref"], answer["object"]["sha"] = f"refs/heads/{branch}", self.branches[branch]
        return 200, {}, answer

    def get_file(self, at, query, user, body):
        content = self.files.get((query.get("ref", ["main"])[0], at["path"]))
        if content is None:
            return 404, {}, {"message": "Not Found"}
        answer = self._here(contract.example("content-file-response-if-content-is-a-file"))
        large = len(content) > 2**20
        text = "" if large else base64.encodebytes(content).decode()
        return 200, {}, {**answer, "path": at["path"], "size": len(content), "content": text, "encoding": "none" if large else "base64"}

    def example(self, name):
        return contract.example(name)

    def _comment(self, comment):
        answer = self._here(contract.example("issue-comment"))
        user = {**answer["user"], "login": comment.author.login, "id": comment.author.id} if comment.author else None
        url = f"{self.url}/repos/{self.repository}/issues/comments/{comment.id}"
        html = f"{self.host}/{self.repository}/pull/{comment.pr}#issuecomment-{comment.id}"
        return {**answer, "id": comment.id, "body": comment.body, "user": user, "url": url, "html_url": html}

    def _here(self, answer):
        """An example of GitHub's, with addresses of this server."""
        return json.loads(json.dumps(answer).replace("https://api.github.com", self.url))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet an answer: two would wait for each other's acknowledgement
    fake: FakeGitHub

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        token = (self.headers.get("Authorization") or "").rpartition(" ")[2]
        try:
            if self.path.startswith("/blob/"):
                self._blob(int(self.path.removeprefix("/blob/")))
                return
            status, headers, answer = self.fake.serve(self.command, unquote_once(self.path), token, json.loads(raw) if raw else None)
        except Exception as error:  # noqa: BLE001 - a fault of the fake must fail the test, not hang it
            self.fake.violations.append(f"the fake itself failed: {error!r}")
            status, headers, answer = 500, {}, {"message": "fake failed"}
        if isinstance(answer, Trouble) and answer.hang:
            self.fake.over.wait(30)
            self.close_connection = True
            return
        body = answer.raw if isinstance(answer, Trouble) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _blob(self, number):
        """Where GitHub keeps archives is another host: it must not see the token."""
        if self.headers.get("Authorization"):
            self.fake.violations.append("the token was sent to where archives are kept")
        packed = self.fake.artefacts[number][2]
        self.send_response(200)
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)
        self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815 - names of the standard library

    def log_message(self, *args):
        """Quiet."""


def _refusal(message):
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


def unquote_once(url):
    """The path as the server sees it; the query keeps its quoting."""
    path, mark, query = url.partition("?")
    return unquote(path) + mark + query
