"""One HTTP request, from its connection to the last byte of the answer."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import IO, cast
from urllib.parse import urlsplit

from prodready.check import CannotTell
from prodready.context import Answer, HttpRequest
from prodready.names import shown


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request, run on a thread of its own."""

    request: HttpRequest
    ends: float
    answer: Answer | None = None
    failure: str = field(default="")

    def run(self) -> None:
        """Fills in the answer, or why there is none."""
        try:
            self.answer = self.ask()
        except (OSError, HTTPException, ValueError) as error:  # URLError, SSLError and timeouts are OSErrors
            reason = getattr(error, "reason", None) or error
            self.failure = shown(str(reason))[:200] or type(reason).__name__

    def ask(self) -> Answer:
        """The answer. Raises OSError, HTTPException and ValueError."""
        begin = time.monotonic()
        request = urllib.request.Request(  # noqa: S310 - place and _Redirects let http and https through only
            self.request.url, headers={"User-Agent": "prodready", **self.request.headers}, data=self.request.body or None, method=self.request.method
        )
        opener = urllib.request.build_opener(_Redirects(self.request.follow), *self.trust())
        try:
            response = opener.open(request, timeout=max(0.1, self.ends - time.monotonic()))
        except urllib.error.HTTPError as refused:
            response = refused
        with response:
            names = {name.lower(): value for name, value in response.headers.items()}
            body = self.body(cast(HTTPResponse, response))
            return Answer(status=response.status, headers=names, body=body, seconds=time.monotonic() - begin)

    def trust(self) -> Iterator[urllib.request.BaseHandler]:
        """The handler that trusts the request's own authorities."""
        if self.request.authorities:
            yield urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=self.request.authorities))

    def body(self, response: HTTPResponse) -> bytes:
        """All bytes of the body, within the limit and the deadline. Raises ValueError and TimeoutError."""
        blocks, size = [], 0
        while block := response.read1(64 * 1024):
            blocks.append(block)
            size += len(block)
            if size > self.request.limit:
                raise ValueError(f"the body is larger than {self.request.limit:,} bytes")
            if time.monotonic() > self.ends:
                raise TimeoutError("the body came too slowly")
        if response.length:
            raise ValueError(f"the body ended {response.length:,} bytes early")
        return b"".join(blocks)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows within http and https, never down to http, and takes the caller's headers to no other origin."""

    max_redirections = 5

    def __init__(self, follow: bool) -> None:
        self.follow = follow

    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str) -> urllib.request.Request | None:
        if not self.follow:
            return None
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in ("http", "https") or (old.scheme == "https" and new.scheme == "http"):
            raise urllib.error.URLError(f"it redirects from {old.scheme} to {new.scheme or 'nowhere'}")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if request is not None and (old.scheme, old.netloc) != (new.scheme, new.netloc):
            request.headers = {"User-agent": "prodready"}
        return request


def place(url: str) -> str:
    """The address without credentials and query, for messages. Raises CannotTell for what is no http(s) address."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CannotTell(f"{shown(parts.scheme or url.partition('?')[0][:60]) or 'nothing'} is no http(s) address", "write for example http://localhost:9090")
    return shown(f"{parts.scheme}://{parts.hostname}{port}{parts.path}")
