"""A command of the repository itself: its exit code, or a number that it prints.

The command is a list of words, run without a shell in the gated folder, with an environment free of tokens, under a deadline. It **runs code
of the repository**: so it belongs into an unprivileged job (``pull_request`` or ``push``), and where the process holds secrets
(``pull_request_target``, ``workflow_run``) it is refused and the item stays unknown. Without ``number`` or ``json`` the exit code is measured.
With one of them the command must end with one of ``codes`` first; a time-out, a signal, a missing program and output without a number all
leave the item unknown.

An item that uses it:

    - id: perf.cold-start
      title: The service starts in under two seconds
      check: command
      params: {argv: [python, -m, bench.cold_start], json: seconds.p95, unit: s}
      expect: < 2 s
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Completed, Context, Ended
from prodready.model import Evidence, Measured
from prodready.names import shown
from prodready.patterns import compiled, matches
from prodready.readers import places

NOT_THERE = (126, 127)
"""What a shell and ``env`` answer for a program that cannot be run."""


class Params(Struct, frozen=True, kw_only=True):
    """What to run, and what to read from it."""

    argv: tuple[str, ...]
    """The program and its arguments, one word each; no shell reads them."""
    folder: str = "."
    """Where it runs, relative to the gated folder."""
    number: str = ""
    """A regular expression with one group, which is the number in the standard output; the last match counts."""
    json: str = ""
    """The path to the number, when the standard output is JSON."""
    codes: tuple[int, ...] = (0,)
    """Exit codes after which the output is believed."""
    unit: str = ""
    """The unit of the number: ``s``, ``ms``, ``%``, ``MB``."""
    seconds: float = 300.0
    """How long it may take."""

    def __post_init__(self) -> None:
        if not self.argv or any(character.isspace() for character in self.argv[0]):
            raise ValueError("argv is a list of words, write for example [make, lint]; no shell reads it")
        if self.number and self.json:
            raise ValueError("give 'number' or 'json', not both")
        if self.number and compiled(self.number).groups != 1:
            raise ValueError(f"number: {self.number!r} needs exactly one group, such as 'total: (\\d+)'")
        if self.json:
            places.parse(self.json)


def observe(ctx: Context, params: Params) -> Measured:
    """Runs the command and reads the value."""
    if ctx.privileged:
        raise CannotTell(
            "this process holds secrets, and a command of the repository is not run beside them",
            "check this item in a job on 'pull_request' or 'push', without secrets",
        )
    ended = ctx.run.command(params.argv, cwd=_folder(ctx, params.folder), deadline=params.seconds)
    _finished(ended, params)
    read: Callable[[Completed, Params], float | int] = _number if params.number else _json if params.json else lambda ended, _: ended.code
    evidence = Evidence(source=shown(" ".join(params.argv)), tool=ended.program, sha256=hashlib.sha256(ended.stdout).hexdigest())
    return Measured(value=read(ended, params), unit=params.unit, evidence=evidence)


def _folder(ctx: Context, folder: str) -> Path:
    root = ctx.repo.root.resolve()
    place = (root / folder).resolve()
    if not place.is_relative_to(root) or not place.is_dir():
        raise CannotTell(f"{shown(folder)} is no folder below the gated one", "name a folder of the repository in 'folder'")
    return place


def _finished(ended: Completed, params: Params) -> None:
    """Raises CannotTell unless the command ran to an end that says something."""
    name = shown(params.argv[0])
    if ended.ended is Ended.NOT_STARTED:
        raise CannotTell(f"{name} is not installed here, or cannot be started", "install it in an earlier step of the job")
    if ended.ended is not Ended.EXITED:
        raise CannotTell(f"{name}: {ended.ended.value} after {ended.seconds:.0f} s", "run it by hand in the gated folder and see why")
    if ended.code in NOT_THERE:
        raise CannotTell(f"{name} cannot be run here (exit code {ended.code})", "install what it needs in an earlier step of the job")
    if (params.number or params.json) and ended.code not in params.codes:
        raise CannotTell(f"{name} ended with {ended.code}, so its output is not believed", "mend it, or list the code in 'codes'")


def _number(ended: Completed, params: Params) -> float:
    text = ended.stdout.decode("utf-8", "replace")
    found = None
    for match in matches(params.number, text, name="the output"):
        found = match
    if found is None:
        raise CannotTell(f"the output of {shown(params.argv[0])} has no match for {params.number!r}", "print the number, or mend the pattern")
    return _float(found[1])


def _json(ended: Completed, params: Params) -> float | int:
    try:
        data = json.loads(ended.stdout)
    except (ValueError, RecursionError):
        raise CannotTell(f"the output of {shown(params.argv[0])} is not JSON", "print nothing but JSON on the standard output") from None
    found = [place for place in places.select(data, places.parse(params.json)) if place.found]
    if len(found) != 1:
        raise CannotTell(f"the output of {shown(params.argv[0])} has {len(found)} values at {params.json}, expected one", "mend 'json'")
    value = found[0].value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _float(value)


def _float(word: object) -> float:
    try:
        return float(str(word).replace(",", ""))
    except ValueError:
        raise CannotTell(f"{shown(str(word)[:40])!r} is no number", "mend 'number' or 'json' so that it leads to the number") from None


CHECK = Check(params=Params, observe=observe, expect="== 0", domain="repository", deadline=3600.0)
