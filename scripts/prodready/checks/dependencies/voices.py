"""Programs and services that are asked beside our own look-up: what each covers, and what it told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.dependencies.advice import Advice
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.readers.resolved import Package


class Heard(Struct, frozen=True, kw_only=True):
    """What one of them told."""

    tool: str
    """Name and version."""
    sha256: str = ""
    said: tuple[Said, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Question(Struct, frozen=True, kw_only=True):
    """What they are asked."""

    packages: Sequence[Package]
    advice: Advice
    trivy_db: str = ""
    """The folder of Trivy's database; empty lets Trivy fetch it."""
    trivy_db_age: str = "48 h"


class Voice(Struct, frozen=True, kw_only=True):
    """One that can be asked."""

    systems: frozenset[str]
    """The package systems that it knows."""
    ask: Callable[[Context, Question], Heard]
    """Raises CannotTell."""


@cache
def voice(name: str) -> Voice:
    """The adapter in the folder of that name."""
    found: Voice = import_module(f"prodready.checks.dependencies.{name.replace('-', '_')}").VOICE
    return found


def hear(ctx: Context, names: Sequence[str], question: Question) -> tuple[Heard, ...]:
    """What each has to say; one that cannot be heard, or was asked for and has nothing of its kind here, is told of.

    Where none of those that an item names knows a package of this repository, the item asks for what did not happen, and that is a gap.
    """
    heard = tuple(_heard(ctx, name, question) for name in names)
    if names and not any(one.tool or one.gaps for one in heard):
        known = sorted({system for name in names for system in voice(name).systems})
        reason = f"{' and '.join(names)} could not be asked about anything: no package of {', '.join(known)} is locked here"
        return (*heard, Heard(tool="", gaps=(f"{reason} (take it out of 'also:', or switch the item off with that as the reason)",)))
    return heard


def _heard(ctx: Context, name: str, question: Question) -> Heard:
    asked = voice(name)
    mine = [package for package in question.packages if package.system in asked.systems]
    if not mine:
        return Heard(tool="", notes=(f"{name} was not asked: no package of {', '.join(sorted(asked.systems))} is locked here",))
    try:
        return asked.ask(ctx, replace(question, packages=mine))
    except CannotTell as unable:
        return Heard(tool="", gaps=(f"{name} could not be heard: {unable.reason}{f' ({unable.remedy})' if unable.remedy else ''}",))
