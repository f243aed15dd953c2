"""The ways to a team's risk engine: a Python object, a program that speaks JSON lines, an HTTP service. All of them are asked the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Context, Dialogue, Http, HttpRequest
from prodready.names import shown
from prodready.risk.protocol import Message

RUNNER = Path(__file__).with_name("serve_engine.py")
STATE = "PRODREADY_STATE"
"""Names the folder in which an engine keeps what a restart must not forget."""
LIMIT = 16 * 1024 * 1024


class Address(Struct, frozen=True, kw_only=True):
    """Where a team's risk engine is, and how it is asked: what every drill of risk has among its parameters."""

    engine: str = ""
    """Python entry point ``package.module:factory``, run by ``python`` in ``folder``."""
    command: tuple[str, ...] = ()
    """A program that reads a JSON object a line and answers each with one."""
    url: str = ""
    """An HTTP address that takes each message as a POST of JSON."""
    python: str = "python3"
    """Which Python runs ``engine``: the one with what it imports."""
    folder: str = "."
    """Where ``engine`` or ``command`` runs, relative to the gated folder."""
    answer_within: float = 5.0
    """Seconds that one answer may take."""
    token: str = ""
    """Name of the environment variable with the bearer token for ``url``."""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.engine, self.command, self.url))) != 1:
            raise ValueError("say where the risk engine is by one of engine: package.module:factory, command: [program, …] or url: http://…")
        if self.engine and not all(part.isidentifier() for part in self.engine.replace(":", ".", 1).split(".")):
            raise ValueError(f"engine: {self.engine!r} is no entry point; write package.module:factory")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url: {self.url!r} is no HTTP address")
        if not 0 < self.answer_within <= 600:
            raise ValueError("answer_within is a number of seconds up to 600")

    @property
    def shown(self) -> str:
        """In a word, for records."""
        return self.engine or shown(" ".join(self.command)) or shown(self.url.partition("?")[0])


@contextmanager
def connected(ctx: Context, address: Address) -> Iterator[Program | Service]:
    """The engine, ready to be asked. Raises CannotTell."""
    if address.url:
        yield Service(http=ctx.http, address=address, authorization=f"Bearer {ctx.secret(address.token)}" if address.token else "")
        return
    if ctx.privileged:
        remedy = "run it in a job on 'pull_request' or 'push', without secrets"
        raise CannotTell("this process holds secrets, and code of the repository is not run beside them", remedy)
    argv = address.command or (address.python, str(RUNNER), address.engine)
    with ExitStack() as open_programs:
        yield Program(ctx=ctx, argv=argv, cwd=_folder(ctx, address.folder), address=address, state=ctx.scratch(), stack=open_programs)


def _folder(ctx: Context, folder: str) -> Path:
    root = ctx.repo.root.resolve()
    place = (root / folder).resolve()
    if not place.is_relative_to(root) or not place.is_dir():
        raise CannotTell(f"{shown(folder)} is no folder below the gated one", "name a folder of the repository in 'folder'")
    return place


@dataclass(slots=True, kw_only=True)
class Program:
    """An engine that is a program; it starts with the first question."""

    ctx: Context
    argv: tuple[str, ...]
    cwd: Path
    address: Address
    state: Path
    stack: ExitStack
    talk: Dialogue | None = field(default=None)

    def ask(self, message: Message) -> Message:
        """Its answer. Raises CannotTell."""
        if self.talk is None:
            environ = {STATE: str(self.state), "PYTHONDONTWRITEBYTECODE": "1"}
            running: AbstractContextManager[Dialogue] = self.ctx.run.converse(self.argv, cwd=self.cwd, env=environ)
            self.talk = self.stack.enter_context(running)
        return _understood(self.talk.ask(json.dumps(message).encode(), deadline=self.address.answer_within), self.address)

    def restart(self) -> bool:
        """Kills it, as a crash of its machine would; the folder of its state stays."""
        self.stack.close()
        self.talk = None
        return True

    def fresh(self) -> None:
        """Ends it and forgets its state: the next question goes to an engine that knows nothing."""
        self.restart()
        self.state = self.ctx.scratch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An engine behind HTTP. Its life is not in our hands; a ``start`` that is not ``resumed`` is a new account to it."""

    http: Http
    address: Address
    authorization: str = field(default="", repr=False)

    def ask(self, message: Message) -> Message:
        """Its answer. Raises CannotTell."""
        headers = {"Content-Type": "application/json", **({"Authorization": self.authorization} if self.authorization else {})}
        answer = self.http.send(
            HttpRequest(
                url=self.address.url, method="POST", body=json.dumps(message).encode(), headers=headers, follow=False,
                deadline=self.address.answer_within, limit=LIMIT,
            )
        )  # fmt: skip
        if answer.status != 200:
            raise CannotTell(f"{self.address.shown} answered {message['type']!r} with HTTP {answer.status}", "answer 200 and a JSON object to every message")
        return _understood(answer.body, self.address)

    def restart(self) -> bool:
        """Not in our hands."""
        return False

    def fresh(self) -> None:
        """Its next ``start`` says it."""


def _understood(raw: bytes, address: Address) -> Message:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        said = shown(raw[:80].decode("utf-8", "replace"))
        raise CannotTell(f"{address.shown} answered {said!r}, no JSON object", "print nothing but one JSON object a line; logs belong on standard error")
    return answer
