"""Running systems: where each one is, how one is let in, and how its answers are read. Credentials come by the name of an environment variable only."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Answer, Context, HttpRequest
from prodready.decode import DecodeError, decode, nearest
from prodready.names import shown
from prodready.readers import json_text, structured

MOST = 500
"""Requests that one check may send to one system."""
_VARIABLE = re.compile(r"PRODREADY_[A-Z0-9_]{1,60}")
_OURS = frozenset(("PRODREADY_TOKEN", "PRODREADY_ORG_TOKEN"))
_REMEDIES = {
    401: "the credentials are missing or refused: name the variable that holds them in the target ('token:' or 'password:')",
    403: "the credentials do not reach this far: grant read access, nothing more",
    404: "see that the address is the one of this kind of system, with any path prefix it is served under",
    429: "it limits the rate: run this less often, or raise its limit for this user",
}

T = TypeVar("T")
Records = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Name -> type of record -> values."""
Query = Mapping[str, str] | Iterable[tuple[str, str]]


class Target(Struct, frozen=True, kw_only=True):
    """A running system of ``targets:``. Values of credentials are never written here, only the names of variables that hold them."""

    url: str
    """Its address, with the path prefix it is served under."""
    token: str = ""
    """Variable that holds a bearer token; its name begins with PRODREADY_."""
    user: str = ""
    """User name for basic authentication."""
    password: str = ""
    """Variable that holds the password of ``user``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header -> variable that holds its value."""
    tenant: str = ""
    """Tenant of a shared Loki, Mimir or Cortex (``X-Scope-OrgID``)."""
    ca_file: str = ""
    """PEM file in the repository with the certificate authority of a system that is not publicly certified."""
    dns: Records = field(default_factory=dict)
    """Names that lead here, each with the records that it must have: ``{desk.example.com: {A: [192.0.2.10]}}``."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.username or parts.password:
            raise ValueError("an address carries no credentials: write 'user:' and the name of a variable in 'password:'")
        for name in (self.token, self.password, *self.headers.values()):
            credential(name)


def credential(name: str) -> None:
    """Raises ValueError for a variable that is not meant for targets: whoever writes the file chooses where the value goes, so it cannot be any."""
    if name and (not _VARIABLE.fullmatch(name) or name in _OURS):
        raise ValueError(f"{name!r} is no variable for a target: name one such as PRODREADY_GRAFANA_TOKEN")


def secret_for(ctx: Context, variable: str, url: str) -> str:
    """The credential, for the host of ``url`` and for no other.

    Two targets of different hosts may not share one, and whoever sets the variable may say where it goes: ``PRODREADY_X_TOKEN_HOST=grafana.example.com``
    beside ``PRODREADY_X_TOKEN``. Raises CannotTell for another host than that.
    """
    own = _host(url)
    for name, entry in ctx.targets.items():
        if isinstance(entry, Mapping) and variable in _named_in(entry) and (other := _host(str(entry.get("url", "")))) and other != own:
            raise CannotTell(f"{variable} would go to {shown(own)} and to {shown(other)} (targets.{shown(name)})", "give each host a credential of its own")
    value = ctx.secret(variable)
    try:
        bound = ctx.secret(f"{variable}_HOST")
    except CannotTell:
        return value
    if bound.lower() != own:
        raise CannotTell(f"{variable} is for {shown(bound)}, and was not sent to {shown(own)}", f"mend the address of the target, or set {variable}_HOST")
    return value


def _named_in(entry: Mapping[str, Any]) -> set[str]:
    headers = entry.get("headers")
    return {str(entry.get("token")), str(entry.get("password")), *map(str, headers.values() if isinstance(headers, Mapping) else ())}


def _host(url: str) -> str:
    return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()


Where = str | Target
"""What a check's ``url`` takes: an address, the name of a target, or a target."""


@dataclass(slots=True, kw_only=True)
class Service:
    """One running system as a check asks it: a bounded number of times, and only drills write."""

    ctx: Context
    target: Target
    name: str
    """What messages call it."""
    asked: int = 0

    def get(self, path: str = "", query: Query = (), *, deadline: float = 10.0, follow: bool = True, method: Literal["GET", "HEAD"] = "GET") -> Answer:
        """The answer of whatever status. Raises CannotTell when none came."""
        return self._send(HttpRequest(url=self.url(path, query), method=method, headers=self._headers(), deadline=deadline, follow=follow))

    def json(self, path: str, query: Query = (), *, deadline: float = 10.0) -> Any:
        """The JSON of a good answer. Raises CannotTell for every other, saying which and what would help."""
        return self.decoded(self.good(self.get(path, query, deadline=deadline), path), path)

    def post(self, path: str, body: bytes, *, kind: str = "application/json", deadline: float = 10.0) -> Answer:
        """The answer of whatever status to a question that is too long for an address, and so is posted. Raises CannotTell when none came."""
        headers = {**self._headers(), "Content-Type": kind}
        return self._send(HttpRequest(url=self.url(path), method="POST", body=body, headers=headers, deadline=deadline))

    def delete(self, path: str) -> Answer:
        """The answer of whatever status to a DELETE: a drill takes away what it has put there. Raises CannotTell when none came."""
        return self._send(HttpRequest(url=self.url(path), method="DELETE", headers=self._headers(), deadline=10.0))

    def good(self, answer: Answer, path: str = "") -> Answer:
        """The answer when its status is 2xx. Raises CannotTell for any other."""
        if 200 <= answer.status < 300:
            return answer
        remedy = _REMEDIES.get(answer.status, "look at its log; it answers, but not with what was asked")
        raise CannotTell(f"{self.name} answered {path or 'with'} HTTP {answer.status}", remedy)

    def url(self, path: str, query: Query = ()) -> str:
        """The whole address."""
        pairs = urlencode(list(query.items() if isinstance(query, Mapping) else query))
        return self.target.url.rstrip("/") + path + (f"?{pairs}" if pairs else "")

    def decoded(self, answer: Answer, path: str) -> Any:
        """The JSON of an answer, whatever its status. Raises CannotTell when it is none."""
        try:
            return json_text.loads(answer.body.decode("utf-8"), name=f"{self.name} {path}")
        except (UnicodeDecodeError, structured.Unreadable) as error:
            raise CannotTell(f"{self.name} answered {path} with no JSON: {shown(str(error))[:160]}", _REMEDIES[404]) from None

    def _send(self, request: HttpRequest) -> Answer:
        self.asked += 1
        if self.asked > MOST:
            raise CannotTell(f"{self.name} would be asked more than {MOST} times", "narrow what this item looks at")
        authorities = self.ctx.repo.text(self.target.ca_file) if self.target.ca_file else ""
        return self.ctx.http.send(replace(request, authorities=authorities))

    def _headers(self) -> dict[str, str]:
        target = self.target

        def secret(variable: str) -> str:
            return secret_for(self.ctx, variable, target.url)

        headers = {name: secret(variable) for name, variable in target.headers.items()}
        if target.tenant:
            headers["X-Scope-OrgID"] = target.tenant
        if target.token:
            headers["Authorization"] = f"Bearer {secret(target.token)}"
        elif target.password:
            pair = f"{target.user}:{secret(target.password)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers


def service(ctx: Context, where: Where, *, kind: str) -> Service:
    """The system at an address or of a name. Raises CannotTell when there is no such target, or its entry is wrong."""
    target = where if isinstance(where, Target) else named(ctx, where, Target)
    return Service(ctx=ctx, target=target, name=f"{kind} at {_shown(target.url)}")


def named(ctx: Context, where: str, into: type[T]) -> T:
    """The entry of that name below ``targets:``; an address alone stands for ``{url: …}``. Raises CannotTell."""
    entry = {"url": where} if "://" in where else ctx.targets.get(where)
    if entry is None:
        known = nearest(where, list(ctx.targets)) if ctx.targets else "none is given here"
        raise CannotTell(f"there is no target {shown(where)!r}; {known}", f"write 'targets: {{{shown(where)}: …}}' in .prodready.yml, or give the address")
    try:
        return decode({"url": entry} if isinstance(entry, str) else entry, into, ("targets", where))
    except DecodeError as error:
        raise CannotTell(f"a target is wrong: {error}", "mend it in .prodready.yml") from None


def called(where: Where) -> str:
    """What a record calls a system: its address, or its name below ``targets:``."""
    return (where if isinstance(where, str) else where.url).rstrip("/")


def segment(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return shown(f"{parts.hostname or url}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}")
