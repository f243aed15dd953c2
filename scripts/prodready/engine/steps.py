"""Steps that a team writes in YAML: run a program, send a request, open a connection; and what must come back."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import HttpRequest
from prodready.engine.acts import Overdue
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.sockets import connected
from prodready.engine.watch import Down
from prodready.names import shown
from prodready.patterns import compiled, matches

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
DRILL = "DRILL"
"""``${DRILL}`` in a step is a word of this run alone: what it sends can be found again, and nothing older is taken for it."""


class Step(Struct, frozen=True, kw_only=True):
    """One thing to do, and what must come of it."""

    run: tuple[str, ...] = ()
    """A program with its arguments, one word each; no shell reads them. ``${NAME}`` is a variable of the environment, ``${DRILL}`` a word of this run."""
    get: str = ""
    """An address to ask."""
    post: str = ""
    """An address to send ``body`` to."""
    connect: str = ""
    """``host:port`` to connect to."""
    body: str = ""
    """What ``post`` sends."""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Headers of a request: ``Authorization: Bearer ${TOKEN}``."""
    status: tuple[int, ...] = ()
    """Statuses a request must be answered with; any of 2xx when empty."""
    code: tuple[int, ...] = (0,)
    """Exit codes the program must end with."""
    matches: str = ""
    """A regular expression that must be found in the output or body."""
    lacks: str = ""
    """A regular expression that must not be found in it."""
    refused: bool = False
    """Whether the connection must be refused or time out, instead of coming about."""
    denies: tuple[int, ...] = ()
    """Statuses or exit codes by which it refuses; 401, 403, 423 and 429, or exit code 1, when empty."""
    within: Duration = 0.0
    """How long it may take until this holds; it is tried again meanwhile. Only in ``assert``."""
    timeout: Duration = 10.0
    """How long one try may take."""

    def __post_init__(self) -> None:
        if len([way for way in (self.run, self.get, self.post, self.connect) if way]) != 1:
            raise ValueError("a step is one of run, get, post or connect")
        if self.connect and not re.fullmatch(r"\S+:\d{1,5}", self.connect):
            raise ValueError(f"connect: {self.connect!r} is no host:port")
        seconds(self.within, "within")
        seconds(self.timeout, "timeout")
        for pattern in filter(None, (self.matches, self.lacks)):
            compiled(pattern)

    @property
    def host(self) -> str:
        """The host it reaches; empty for a program of this machine."""
        return urlsplit(self.get or self.post).hostname or self.connect.rpartition(":")[0].strip("[]")

    @property
    def good(self) -> Container[int]:
        """Statuses or exit codes that are as they must be."""
        return self.code if self.run else self.status or range(200, 300)

    @property
    def refusals(self) -> tuple[int, ...]:
        """Statuses or exit codes by which it refuses."""
        return self.denies or ((1,) if self.run else (401, 403, 423, 429))

    def __str__(self) -> str:
        return shown(" ".join(self.run) or (f"GET {self.get}" if self.get else f"POST {self.post}" if self.post else f"connect to {self.connect}"))


class Told(Struct, frozen=True, kw_only=True):
    """What came back from a step."""

    number: int | None
    """Status or exit code; None when nothing came back at all."""
    text: str = ""
    """Output or body; why, when nothing came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Takes steps on a ground."""

    ground: Ground
    word: str
    """What ``${DRILL}`` stands for."""
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What other names stand for in this drill; they go before variables of the environment."""

    def given(self, **words: str) -> Steps:
        """The same with more words."""
        return replace(self, words={**self.words, **words})

    def wrong(self, step: Step) -> str:
        """Takes the step; what is not as it must be, empty when all is. Raises CannotTell when it cannot be taken at all."""
        return self.amiss(step, self.told(step))

    def amiss(self, step: Step, told: Told) -> str:
        """What is not as it must be in what came back."""
        if told.number is None:
            return "" if step.refused else told.text
        if step.connect:
            return "the connection came about" if step.refused else ""
        if told.number not in step.good:
            return self._bad(step, told)
        if step.matches and not _found(self.filled(step.matches), told.text):
            return f"what came back has no match for {step.matches!r}"
        return f"what came back matches {step.lacks!r}" if step.lacks and _found(self.filled(step.lacks), told.text) else ""

    def admitted(self, step: Step) -> bool:
        """Whether the step was let through: its answer is as it must be, or it is a refusal. Raises CannotTell for an answer that is neither."""
        told = self.told(step)
        if not (wrong := self.amiss(step, told)):
            return True
        if told.number is None or told.number not in step.refusals:
            remedy = "see that it runs, and say in 'denies' by which statuses or exit codes it refuses"
            raise CannotTell(f"{step} was neither admitted nor refused: {wrong}", remedy)
        return False

    def all_hold(self, steps: Sequence[Step]) -> None:
        """Raises Down with the first thing that is wrong."""
        for step in steps:
            if wrong := self.wrong(step):
                raise Down(f"{step}: {wrong}")

    def wrong_within(self, step: Step, pause: float) -> str:
        """What is still wrong when the step's time is up, empty as soon as nothing is."""
        end = time.monotonic() + seconds(step.within)
        while (wrong := self.wrong(step)) and time.monotonic() < end:
            time.sleep(pause)
        return wrong

    def filled(self, text: str) -> str:
        """The text with its variables. Raises CannotTell when one is not set."""
        return _VARIABLE.sub(lambda match: {DRILL: self.word, **self.words}.get(match[1]) or self.ground.secret(match[1]), text)

    def told(self, step: Step) -> Told:
        """Takes the step; what came back. Raises CannotTell when it cannot be taken at all."""
        if step.run:
            return self._run(step)
        return self._connect(step) if step.connect else self._ask(step)

    def _run(self, step: Step) -> Told:
        try:
            act = self.ground.act(tuple(map(self.filled, step.run)), deadline=seconds(step.timeout))
        except Overdue as late:
            return Told(number=None, text=late.reason)
        return Told(number=act.code, text=act.output)

    def _ask(self, step: Step) -> Told:
        request = HttpRequest(
            url=self.filled(step.get or step.post), method="POST" if step.post else "GET", body=self.filled(step.body).encode(),
            headers={name: self.filled(value) for name, value in step.headers.items()}, follow=False, deadline=seconds(step.timeout), limit=4 * 1024 * 1024,
        )  # fmt: skip
        try:
            answer = self.ground.world.http.send(request)
        except CannotTell as silent:
            return Told(number=None, text=silent.reason)
        return Told(number=answer.status, text=answer.body.decode("utf-8", "replace"))

    def _connect(self, step: Step) -> Told:
        host, _, port = step.connect.rpartition(":")
        try:
            with connected(host.strip("[]"), int(port), seconds(step.timeout)):
                return Told(number=0)
        except OSError as error:
            return Told(number=None, text=str(error))

    def _bad(self, step: Step, told: Told) -> str:
        if step.run:
            last = next((line.strip() for line in reversed(told.text.splitlines()) if line.strip()), "")
            return f"ended with {told.number}" + (f" ({self.ground.journal.masked(shown(last))[:200]})" if last else "")
        return f"answered {told.number}, expected {' or '.join(map(str, step.status)) or '2xx'}"


def _found(pattern: str, text: str) -> bool:
    return next(iter(matches(pattern, text, name="what came back")), None) is not None
