r"""A linter of the Python world has nothing to say: black, flake8, isort, mypy, ruff, or pylint with its score; configured as the repository wants it.

Their plugins and settings can run code, so a linter belongs into an unprivileged job (`pull_request` or `push`): there it is started on `paths`, and its
words and exit code must agree. Where the process holds secrets nothing is started; the `report` that the unprivileged job left is read instead, which is
what the same command printed: `prodready explain linter` shows the line for each.

Several of them end well when they looked at nothing (black and ruff without Python files, isort on a file that does not parse, pylint with 10.00
of 10), so each must say how many files it examined. Silencing comments (`noqa`, `type: ignore`, `pylint: disable`) and files that the
configuration leaves out are counted in notes.

    black --check . 2> reports/black.txt
    flake8 --benchmark . > reports/flake8.txt
    isort --check-only --verbose . > reports/isort.txt 2>&1
    mypy --no-pretty --show-error-codes . > reports/mypy.txt
    pylint --persistent=n --recursive=y --reports=y --output-format=text . > reports/pylint.txt
    ruff check --no-cache --output-format=concise --verbose . > reports/ruff.txt 2>&1
    ruff format --check --no-cache --output-format=concise --verbose . > reports/ruff-format.txt 2>&1

An item that uses it:

    - id: code.types
      title: Type checking passes
      check: linter
      params: {tool: mypy, paths: [src], report: [reports/mypy.txt]}
      expect: no findings
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator

from msgspec import Struct

from prodready import reports
from prodready.check import CannotTell, Check
from prodready.checks.linter.tools import LINTERS, Linter, Told, Tool, told
from prodready.context import Context, Ended
from prodready.model import Evidence, Found, Measured
from prodready.names import counted, few, quoted, shown
from prodready.tools.scan import numbered

SILENCED = re.compile(r"#\s*(?:noqa\b|type:\s*ignore|pylint:\s*(?:disable|skip-file)|ruff:\s*noqa|fmt:\s*(?:off|skip)|isort:\s*(?:skip|off))", re.IGNORECASE)
NOT_THERE = (126, 127)


class Params(Struct, frozen=True, kw_only=True):
    """Which linter, on what, and where its words are when it may not be started."""

    tool: Tool
    """black, flake8, isort, mypy, pylint, ruff or ruff-format."""
    paths: tuple[str, ...] = (".",)
    """What it looks at, relative to the gated folder."""
    via: tuple[str, ...] = ()
    """Words in front of the command, such as [uv, run] or [poetry, run]."""
    report: tuple[str, ...] = ()
    """gitignore patterns of what it printed in the unprivileged job."""
    seconds: float = 600.0
    """How long it may take."""

    def __post_init__(self) -> None:
        if not self.paths or any(path.startswith(("-", "/")) for path in self.paths):
            raise ValueError("paths: write folders or files relative to the gated folder, for example [src, tests]")


def observe(ctx: Context, params: Params) -> Found | Measured:
    """Starts the linter, or reads what it printed. Raises CannotTell when its words cannot be taken for a verdict."""
    linter = LINTERS[params.tool]
    if ctx.privileged:
        said, evidence = _read(ctx, params, linter)
    else:
        said, evidence = _run(ctx, params, linter)
    if not said.examined:
        raise CannotTell(f"{params.tool} does not say that it looked at a single file", f"run it by hand: {_line(params, linter)}")
    notes, gaps = _notes(ctx, params, said), (*said.gaps, *([] if linter.parses else _unparsed(ctx)))
    if linter.score:
        if said.score is None:
            raise CannotTell(f"{params.tool} gives no score", f"run it by hand: {_line(params, linter)}")
        return Measured(
            value=said.score, examined=said.examined, evidence=evidence, findings=numbered(said.findings), gaps=gaps, notes=notes
        )  # fmt: skip
    return Found(examined=said.examined, evidence=evidence, findings=numbered(said.findings), gaps=gaps, notes=notes)


def _line(params: Params, linter: Linter) -> str:
    return shown(" ".join((*params.via, *linter.argv, *params.paths)))


def _run(ctx: Context, params: Params, linter: Linter) -> tuple[Told, Evidence]:
    ended = ctx.run.command((*params.via, *linter.argv, *params.paths), cwd=ctx.repo.root, deadline=params.seconds)
    if ended.ended is not Ended.EXITED:
        raise CannotTell(f"{params.tool}: {ended.ended.value} after {ended.seconds:.0f} s", f"run it by hand: {_line(params, linter)}")
    if ended.code in NOT_THERE:
        raise CannotTell(f"{params.tool} is not installed here", "install it in an earlier step of the job, or name how it is started in 'via'")
    said = told(linter, (ended.stdout + b"\n" + ended.stderr).decode("utf-8", "replace"), root=str(ctx.repo.root))
    if not linter.agrees(ended.code, said):
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
        raise CannotTell(
            f"{params.tool} ended with code {ended.code} and {counted(len(said.findings), 'finding')}, which contradict each other ({quoted(last[0])})",
            f"run it by hand: {_line(params, linter)}",
        )
    words = f"{counted(said.examined, 'file')} looked at by {_line(params, linter)}"
    return said, Evidence(source=words, tool=ended.program, sha256=hashlib.sha256(ended.stdout + ended.stderr).hexdigest())


def _read(ctx: Context, params: Params, linter: Linter) -> tuple[Told, Evidence]:
    if not params.report:
        raise CannotTell(
            "this process holds secrets, and a linter may run code of the repository",
            "let an unprivileged job print into a file, and name that file in 'report'; 'prodready explain linter' shows how",
        )
    found = list(reports.found(ctx, params.report, make=_line(params, linter)))
    if len(found) != 1:
        raise CannotTell(f"{len(found)} reports match {few(params.report)}, expected one", "name the one file in 'report'")
    said = told(linter, found[0].content.decode("utf-8", "replace"), root=str(ctx.repo.root))
    words = f"{counted(said.examined, 'file')} of {shown(found[0].path)}"
    return said, Evidence(source=words, tool=params.tool, sha256=found[0].sha256, collected=found[0].written)


def _unparsed(ctx: Context) -> Iterator[str]:
    """Files that are no Python, for a linter that finds nothing in them."""
    for path in ctx.repo.files("*.py"):
        try:
            ast.parse(ctx.repo.raw(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            yield f"not looked at: {shown(path)}, which does not parse"


def _notes(ctx: Context, params: Params, said: Told) -> tuple[str, ...]:
    """What silences the linter: comments, and files that it was not shown."""
    python = ctx.repo.files("*.py", "*.pyi")
    silenced = sum(len(SILENCED.findall(ctx.repo.raw(path).decode("utf-8", "replace"))) for path in python)
    notes = [f"{counted(silenced, 'comment')} silences a linter" if silenced == 1 else f"{silenced:,} comments silence linters"] if silenced else []
    if said.examined < len(python) and params.paths == (".",):
        notes.append(f"the configuration leaves out {len(python) - said.examined} of {counted(len(python), 'Python file')}")
    return tuple(notes)


CHECK = Check(
    params=Params, observe=observe, expect="no findings", domain="code", deadline=1800,
    bound=lambda params: ">= 8" if LINTERS[params.tool].score else "no findings",
)  # fmt: skip
