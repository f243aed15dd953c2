"""What a check is, and how one is found: by the name of its folder, so there is no registry."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from prodready.context import Context
from prodready.expectation import Expectation
from prodready.model import Found, Measured

if TYPE_CHECKING:
    import ast

P = TypeVar("P", bound=Struct)
CHECKS = Path(__file__).parent / "checks"


class CannotTell(Exception):
    """Raised by a check that could not see: says why, and what would let it. The runner turns it into Unseen."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Awaited(CannotTell):
    """Raised by a check that waits for a person: the item is then pending."""


class Lapsed(CannotTell):
    """Raised by a check whose evidence was good once and holds no longer: the item is then stale."""


class Check(Struct, Generic[P], frozen=True, kw_only=True):
    """Code that observes one kind of thing. It measures or finds; it never decides."""

    params: type[P]
    """A frozen struct with a docstring below each field; unknown or mistyped keys in a profile are errors."""
    observe: Callable[[Context, P], Measured | Found]
    expect: str
    """The bound that holds when an item names none, for example ``no findings >= medium``."""
    domain: str
    """Which action runs it: secrets, dependencies, code, repository, …"""
    tools: tuple[str, ...] = ()
    """Names of the pinned programs it needs, so that they are installed in parallel before the run."""
    people: bool = False
    """Asks what people said: the policy must tell who they are."""
    github: bool = False
    """Asks GitHub about the repository."""
    alone: bool = False
    """Must not run beside others: drills, latency probes."""
    late: bool = False
    """Looks at how the other items ended, and so runs after them."""
    deadline: float = 120.0
    """Seconds after which the runner gives up on it."""
    bound: Callable[[P], str] | None = None
    """The bound for these parameters, where no single one fits them all; None takes ``expect``."""

    doubt: Callable[[P, Expectation], str] | None = None
    """Why a bound can never hold, or never fail, with these parameters, and what to write instead; empty when it makes sense. ``lint`` says it."""

    def usual(self, params: P) -> str:
        """The bound that holds with these parameters when an item names none."""
        return self.bound(params) if self.bound else self.expect


def known() -> tuple[str, ...]:
    """The ids of all checks, sorted; nothing is imported."""
    return tuple(sorted(folder.name for folder in CHECKS.iterdir() if (folder / "__init__.py").is_file()))


@cache
def load(check_id: str) -> Check[Any]:
    """The check of that id. Raises KeyError for an id that is no folder of ``checks/``."""
    if check_id not in known():
        raise KeyError(check_id)
    found: Check[Any] = importlib.import_module(f"prodready.checks.{check_id}").CHECK
    return found


def doc(check_id: str) -> str:
    """The check's own words: the docstring of its folder, as ``explain`` prints it."""
    load(check_id)
    return (importlib.import_module(f"prodready.checks.{check_id}").__doc__ or "").strip()


class Heading(Struct, frozen=True, kw_only=True):
    """What a list shows of a check."""

    id: str
    domain: str
    expect: str
    about: str
    """The first line of its docstring."""


def headings() -> tuple[Heading, ...]:
    """Of every check, read from the source without importing it: a list must come at once, however much the checks need."""
    return tuple(_heading(check_id) for check_id in known())


def _heading(check_id: str) -> Heading:
    import ast

    tree = ast.parse((CHECKS / check_id / "__init__.py").read_text("utf-8"))
    given = {word.arg: word.value.value for word in _declaration(tree).keywords if isinstance(word.value, ast.Constant)}
    about = (ast.get_docstring(tree) or "").partition("\n")[0]
    return Heading(id=check_id, domain=str(given["domain"]), expect=str(given["expect"]), about=about)


def _declaration(tree: ast.Module) -> ast.Call:
    """The call in ``CHECK = Check(…)``. Raises LookupError for a module without one."""
    import ast

    for statement in reversed(tree.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id="CHECK")], value=ast.Call() as call):
                return call
    raise LookupError("no CHECK = Check(…)")
