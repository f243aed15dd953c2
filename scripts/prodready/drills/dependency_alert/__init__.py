r"""Plant a malicious dependency in a throw-away worktree: the gate must turn red because of it, and the alert must be received.

A worktree of HEAD is made beside the repository, and the gate is run there twice: as it is, when it must not name ``package``, and with ``plant``
appended to the files it names: a lock entry with a known advisory, a wrong hash, a name that is nearly another's, a new install script. It must then
end with one of ``red``, and name the package. No code of the package is run by the drill. The alert is what the gate posts to the webhook whose
address it finds in ``webhook``: there the drill's own receiver listens; or what ``heard`` finds where people read. It must name the package or the
worktree. Without ``gate`` it is prodready itself, by the policy of the worktree.

A file that uses it:

    drill: dependency_alert
    title: A package with a known hole is stopped, and somebody hears of it
    params:
      plant: {requirements.txt: "jinja2==2.4.1\n"}
      package: jinja2
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, timed
from prodready.engine.acts import Act
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Span
from prodready.engine.receiver import Receiver
from prodready.engine.steps import Step, Steps
from prodready.model import Finding
from prodready.probes import token

_OURS = ("run", ".")
_PASSED = ("PRODREADY_CACHE", "PRODREADY_OSV_URL")


class Params(Struct, frozen=True, kw_only=True):
    """What is planted, and who must notice."""

    plant: Mapping[str, str]
    """File -> text that is appended to it; a file that is not there is made."""
    package: str
    """The package that the gate must name."""
    gate: tuple[str, ...] = ()
    """The program that gates the folder it is run in; prodready when empty."""
    red: tuple[int, ...] = (1,)
    """Exit codes by which it refuses."""
    webhook: str = "SLACK_WEBHOOK_URL"
    """Variable in which the gate is given the address to post its alert to."""
    heard: Step | None = None
    """Finds the alert where people read it; then the gate's own settings lead there."""
    limit: Duration = 300.0
    """How long the gate may take."""
    within: Duration = 60.0
    """How long after the gate's end the alert may be received."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        seconds(self.within, "within")
        for name in self.plant:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"plant: {name!r} is not below the repository")
        if not self.plant or not re.fullmatch(r"[@\w./-]{2,214}", self.package):
            raise ValueError("say what is planted, and which package the gate must name")


def perform(ground: Ground, params: Params) -> Drilled:
    """Plants, gates, listens. Raises CannotTell, ProdreadyError."""
    history = ground.world.repo.history
    if history is None:
        raise CannotTell("this is no git repository, so there can be no worktree of it", "run the drill in a clone")
    word = token()
    ground.disturb(f"add {params.package} to {', '.join(params.plant)} in a worktree of its own, and gate that", at=ground.world.repo.root.name, here=True)
    place = ground.world.scratch() / word
    remove = ("git", "-C", str(history.toplevel), "worktree", "remove", "--force", str(place))
    ground.guard.arm([Undo(what="remove the worktree", argv=remove)])
    made = ground.act(("git", "-c", "core.hooksPath=/dev/null", "-C", str(history.toplevel), "worktree", "add", "--detach", str(place), "HEAD"), deadline=120)
    if made.code:
        raise CannotTell(f"git made no worktree: {made.last}", "see that the folder of git can be written")
    with Receiver() as receiver:
        gate = _Gate(ground=ground, params=params, folder=place / history.prefix, history=place.parent / "history.sqlite", word=word, receiver=receiver)
        return _drilled(gate)


class _Gate(Struct, frozen=True, kw_only=True):
    """The gate in the worktree."""

    ground: Ground
    params: Params
    folder: Path
    history: Path
    """Where the gate remembers, for the time of the drill, that it was green."""
    word: str
    receiver: Receiver

    def run(self) -> Act:
        program = self.params.gate or (sys.executable, "-I", str(Path(__file__).parents[2]), *_OURS)
        environ = {self.params.webhook: self.receiver.url} if self.params.heard is None else {}
        environ |= {"PRODREADY_HISTORY": str(self.history), **_passed(self.ground)}
        return self.ground.act(program, deadline=seconds(self.params.limit), folder=self.folder, environ=environ)

    def names(self, act: Act) -> bool:
        """Whether it names the package, in its output or in the report it left."""
        return self.params.package.lower() in act.output.lower()

    def heard(self, end: float) -> str:
        """Why no alert was received until then; empty when one was."""
        steps = Steps(ground=self.ground, word=self.word)
        while True:
            if self.params.heard is not None:
                wrong = steps.wrong(self.params.heard)
            else:
                told = any(self.word in message.text or self.params.package.lower() in message.text.lower() for message in self.receiver.messages)
                wrong = "" if told else f"nothing about it was posted to the address in {self.params.webhook}"
            if not wrong or time.monotonic() > end:
                return wrong
            time.sleep(0.1)


def _drilled(gate: _Gate) -> Drilled:
    """Gates before and after the plant."""
    ground, params = gate.ground, gate.params
    before = gate.run()
    if gate.names(before):
        raise CannotTell(f"the gate names {params.package} before it was planted", "plant a package that the repository does not have")
    ground.journal.note("baseline", f"without it the gate ended with {before.code}, and did not name it")
    for name, text in params.plant.items():
        _append(gate.folder / name, text)
    begin = time.monotonic()
    after = gate.run()
    ground.journal.note("observe", f"with it the gate ended with {after.code}")
    claims = _red(gate, before, after)
    wrong = "" if claims else gate.heard(time.monotonic() + seconds(params.within))
    took = Span(0.0, time.monotonic() - begin)
    ground.journal.note("observe", "no alert is waited for" if claims else wrong or "the alert was received")
    claims += [claim("alert-lost", f"the gate stopped it, and nobody heard of it: {wrong}", "let the gate tell people")] if wrong else []
    return timed(ground, took, claims, told=f"from {params.package} in the lock file to the alert")


def _red(gate: _Gate, before: Act, after: Act) -> list[Finding]:
    """What is wrong about the verdict. Raises CannotTell when it is none."""
    params = gate.params
    if after.code == 0:
        return [claim("gate-green", f"the gate let {params.package} through", "require the check of dependencies")]
    if after.code not in params.red:
        odd = f"the gate ended with {after.code}, and that is no verdict: {after.last}"
        raise CannotTell(odd, "see why it could not tell, and say in 'red' how it refuses")
    if not gate.names(after):
        was = "as it was before" if before.code == after.code else "for another reason"
        return [claim("not-named", f"the gate is red {was}, and does not name {params.package}", "let it read this lock file")]
    return []


def _append(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise CannotTell(f"{path.name} cannot be planted: {error.strerror}", "name a file of the repository in 'plant'") from None


def _passed(ground: Ground) -> dict[str, str]:
    found = {}
    for name in _PASSED:
        with suppress(CannotTell):
            found[name] = ground.world.secret(name)
    return found


DRILL = Drill(params=Params, perform=perform, expect="<= 5 min", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: params.package)
