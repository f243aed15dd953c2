"""The code has no known security flaw: injection, unsafe loading, TLS that looks at nothing, hard-coded passwords, tokens that can be guessed.

bandit (pinned) reads every *.py file under the gate; semgrep (pinned, offline, with rules of our own) reads Python, JavaScript, TypeScript, Go, Java and
shell scripts, and follows what a caller sends to SQL, commands, files and addresses. Both see copies that hold nothing else: no `.bandit`, no
pyproject.toml, no `.semgrepignore`, no excluded folder. Flaws are planted beside them in each run, one for each language, and must be found. A file that
a scanner cannot parse is a gap: the verdict is then unknown, not clean.
A `# nosec` or `nosemgrep` comment is no way out unseen: what it hides is listed as suppressed. It does not count against the bound, and everyone can see it.

Severity is bandit's own (high, medium, low), and where its confidence is low the message says so; of our rules, ERROR is high and WARNING medium.
bandit's rules: https://bandit.readthedocs.io/en/latest/plugins/

It cannot see: other languages, Python without the ending .py, what crosses from one function to another, and what only happens at run time.

    - id: code.security
      title: No serious security flaw in the code
      check: code_security
      expect: no findings >= high
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from msgspec import Struct

from prodready.check import Check
from prodready.checks.code_security import bandit, semgrep
from prodready.context import Context
from prodready.model import Found
from prodready.names import counted
from prodready.tools.scan import Scanned, nothing, numbered
from prodready.tools.together import together

Engine = Literal["bandit", "semgrep"]
ENGINES: Mapping[Engine, tuple[tuple[str, ...], Callable[[Context, Sequence[str]], Scanned]]] = {
    "bandit": (bandit.FILES, bandit.scan_files),
    "semgrep": (semgrep.FILES, semgrep.scan_files),
}
"""What each reads, and how it is asked."""


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read, and by what."""

    files: tuple[str, ...] = semgrep.FILES
    """Patterns of the source files (gitignore syntax); each scanner takes those of its languages."""
    engines: tuple[Engine, ...] = ("bandit", "semgrep")
    """Which scanners: bandit, semgrep."""

    def __post_init__(self) -> None:
        if not self.engines:
            raise ValueError(f"engines: name at least one of {', '.join(ENGINES)}")


def observe(ctx: Context, params: Params) -> Found:
    """Lets each scanner read the files of its languages. Raises CannotTell when none could."""
    wanted = frozenset(ctx.repo.files(*params.files))
    inputs = {engine: [path for path in ctx.repo.files(*ENGINES[engine][0]) if path in wanted] for engine in params.engines}
    if not any(inputs.values()):
        return nothing("source files", params.files)
    asked = [engine for engine, paths in inputs.items() if paths]
    seen = together([partial(ENGINES[engine][1], ctx, inputs[engine]) for engine in asked])
    examined = {path for engine in asked for path in inputs[engine]}
    return Found(
        examined=len(examined),
        evidence=seen.evidence(counted(len(examined), "source file")),
        findings=numbered(seen.findings),
        gaps=seen.gaps,
        notes=seen.notes,
    )


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="code", tools=("bandit", "semgrep"), deadline=1600)
