"""Guess a password a hundred times, and see that the door closes: for this user, and for nobody else.

``login`` logs ``${LOGIN}`` in with ``${PASSWORD}``; any answer as it asks for is a success. First the right password must work, and that of another
user, else nothing is proven. Then wrong passwords are tried, one after the other. After ``by`` of them the right password must be refused, and it
must stay refused to the end; the other user must still come in (a lock on everybody is an outage that anyone can cause); ``unlock`` must open again.
A guess that is not answered, or neither admitted nor refused (a 500), leaves the drill unknown.

A file that uses it:

    drill: lockout
    title: A hundred guesses lock the account
    params:
      login: {post: "http://localhost:8080/login", body: '{"user": "${LOGIN}", "password": "${PASSWORD}"}', headers: {Content-Type: application/json}}
      user: drill
      password: DRILL_PASSWORD
      other_user: drill-2
      other_password: DRILL2_PASSWORD
      by: 10
      unlock: {run: [./unlock.sh, drill]}
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from msgspec import Struct

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled, claim, judged
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.steps import Step, Steps
from prodready.model import Finding
from prodready.names import counted
from prodready.probes import token


class Params(Struct, frozen=True, kw_only=True):
    """Whose account, and how one logs in."""

    login: Step
    """Logs ``${LOGIN}`` in with ``${PASSWORD}``."""
    user: str
    """The account that is locked: one for drills, nobody's own."""
    password: str
    """Variable that holds its password."""
    other_user: str = ""
    """An account that must not be locked with it."""
    other_password: str = ""
    """Variable that holds its password."""
    attempts: int = 100
    """How many wrong passwords are tried."""
    by: int = 100
    """After how many of them the account must be locked."""
    unlock: Step | None = None
    """Opens the account again; always done."""
    pause: Duration = 0.0
    """Time between two tries."""

    def __post_init__(self) -> None:
        seconds(self.pause, "pause")
        if not 1 <= self.by <= self.attempts <= 1000:
            raise ValueError("attempts is at most 1000, by is 1 to attempts")
        if bool(self.other_user) != bool(self.other_password):
            raise ValueError("the other account needs 'other_user' and 'other_password'")


def perform(ground: Ground, params: Params) -> Drilled:
    """Guesses. Raises CannotTell, ProdreadyError."""
    steps = Steps(ground=ground, word=token())
    target = _target(params)
    host = params.login.host
    ground.disturb(f"try {params.attempts} wrong passwords of {params.user}: {params.login}", at=host or target, here=not host)
    door = _Door(steps=steps, params=params)
    door.opens()
    if params.unlock and params.unlock.run:
        ground.guard.arm([Undo(what=f"unlock: {params.unlock}", argv=tuple(map(steps.filled, params.unlock.run)))])
    claims = door.tried()
    claims += door.unlocked()
    return judged(
        ground, claims, examined=params.attempts, told=f"{counted(params.attempts, 'wrong password')} of {params.user} at {target}",
        facts={"attempts": params.attempts, "refused_visibly_at": door.visible},
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Door:
    """The login, and who comes in."""

    steps: Steps
    params: Params
    visible: int | None = None
    """The first guess that was refused in another way than the first."""

    def opens(self) -> None:
        """Raises CannotTell when a right password does not work before anything is done."""
        pairs = [(self.params.user, self.params.password), (self.params.other_user, self.params.other_password)]
        for user, password in pairs[: 2 if self.params.other_user else 1]:
            if not self.admits(user, self.steps.ground.secret(password)):
                refused = f"{user} was refused with the right password before anything was done"
                raise CannotTell(refused, "unlock the account, and see that the variable is right")
        self.steps.ground.journal.note("baseline", "the right passwords work")

    def admits(self, user: str, password: str) -> bool:
        return self.steps.given(LOGIN=user, PASSWORD=password).admitted(self.params.login)

    def tried(self) -> list[Finding]:
        """Guesses; what is wrong."""
        claims, first = list[Finding](), None
        for number in range(1, self.params.attempts + 1):
            asked = self.steps.given(LOGIN=self.params.user, PASSWORD=f"wrong-{secrets.token_hex(8)}")
            told = asked.told(self.params.login)
            if not asked.amiss(self.params.login, told):
                return [claim("wrong-password-admitted", f"guess {number} came in with a wrong password", "look at the login: it admits anybody")]
            if told.number is None or told.number not in self.params.login.refusals:
                odd = f"guess {number} was neither admitted nor refused: {asked.amiss(self.params.login, told)}"
                raise CannotTell(odd, "see whether it broke under guesses, and say in 'denies' how it refuses")
            first = told.number if first is None else first
            if self.visible is None and told.number != first:
                self.visible = number
                self.steps.ground.journal.note("observe", f"guess {number} was refused with {told.number} instead of {first}")
            claims += self.locked(number) if number == self.params.by else []
            time.sleep(seconds(self.params.pause))
        return claims or [*(self.locked(self.params.attempts) if self.params.attempts > self.params.by else []), *self.others()]

    def locked(self, number: int) -> list[Finding]:
        """What is wrong after that many guesses."""
        if self.admits(self.params.user, self.steps.ground.secret(self.params.password)):
            return [claim("not-locked", f"after {number} wrong passwords the right one still comes in: who guesses on will guess it", "lock, or slow down")]
        self.steps.ground.journal.note("observe", f"after {number} wrong passwords even the right one is refused")
        return []

    def others(self) -> list[Finding]:
        if not self.params.other_user or self.admits(self.params.other_user, self.steps.ground.secret(self.params.other_password)):
            return []
        return [claim("locks-everybody", f"{self.params.other_user} is locked out too: anyone can lock out all", "lock accounts, and not the door")]

    def unlocked(self) -> list[Finding]:
        if self.params.unlock is None:
            return []
        wrong = self.steps.wrong(self.params.unlock)
        self.steps.ground.journal.note("restore", f"unlock: {wrong or 'done'}")
        if wrong or not self.admits(self.params.user, self.steps.ground.secret(self.params.password)):
            return [claim("stays-locked", f"the account cannot be opened again: {wrong or 'the right password is still refused'}", "mend 'unlock'")]
        return []


def _target(params: Params) -> str:
    return params.login.get or params.login.post or str(params.login)


DRILL = Drill(params=Params, perform=perform, expect="no findings", target=_target)
