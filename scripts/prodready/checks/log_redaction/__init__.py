r"""No secret goes into the logs: none is handed to a logger, something masks what slips through, and, tried with a planted one, it does.

Three looks. **Calls** (`logged-secret`): a Python logging call or `print` whose argument is named like a secret, in f-strings and `extra=` too; a value that
is masked, hashed, measured or compared first is none. **Filter** (`no-redaction`): whether any logging filter, formatter or structlog processor masks at
all. **Probe** (`leaks-*`), where `entry` names the function that sets up logging: it is called by the team's own Python in an empty folder, a line with a
random secret is logged in seven ways, and everything it printed or wrote is searched for it, as it is and in base64 and hex. A line without a secret must
arrive, or the probe proves nothing. The probe **runs code of the repository**, so it is left out, as a gap, where the process holds secrets.

    - id: logs.redacted
      title: No secret goes into the logs
      check: log_redaction
      params: {entry: "desk.logs:configure", path: [src]}
      expect: no findings >= medium
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.log_redaction.calls import logged
from prodready.checks.log_redaction.leak import probe
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted
from prodready.tools.scan import nothing, numbered

ENTRY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
MASKS = re.compile(r"(?i)redact|mask|scrub|saniti[sz]e|censor|obfuscat")


class Params(Struct, frozen=True, kw_only=True):
    """Which code, and how its logging is set up."""

    files: tuple[str, ...] = ("*.py", "!tests/**", "!test_*.py", "!*_test.py", "!conftest.py")
    """gitignore patterns of the Python files of the service."""
    entry: str = ""
    """The function without arguments that sets up logging, as `package.module:function`; empty leaves the probe out."""
    logger: str = ""
    """The logger to try; empty is the root logger."""
    path: tuple[str, ...] = (".",)
    """Folders of the repository from which the module can be imported."""
    python: str = "python3"
    """The program that has the service's own packages."""

    def __post_init__(self) -> None:
        if self.entry and not ENTRY.fullmatch(self.entry):
            raise ValueError("entry: write package.module:function, for example desk.logs:configure")


def observe(ctx: Context, params: Params) -> Found:
    """All three looks. Raises CannotTell when the probe cannot be made."""
    paths = ctx.repo.files(*params.files)
    if not paths:
        return nothing("Python files", params.files)
    trees, gaps = _parsed(ctx, paths)
    findings = [finding for path, tree in trees for finding in logged(tree, path)]
    findings += [] if any(_masks(tree) for _, tree in trees) else [NO_REDACTION]
    leaks = probe(ctx, params.entry, logger=params.logger, path=params.path, python=params.python) if params.entry else None
    return Found(
        examined=len(trees),
        evidence=Evidence(source=counted(len(trees), "Python file") + (f" and {leaks.ways} ways to log through {params.entry}" if leaks else "")),
        findings=numbered((*findings, *(leaks.findings if leaks else ()))),
        gaps=(*gaps, *(leaks.gaps if leaks else ())),
    )


def _parsed(ctx: Context, paths: Sequence[str]) -> tuple[list[tuple[str, ast.Module]], list[str]]:
    trees, gaps = [], []
    for path in paths:
        try:
            trees.append((path, ast.parse(ctx.repo.text(path))))
        except (CannotTell, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            gaps.append(f"{path}: it is no Python that can be read ({type(error).__name__})")
    return trees, gaps


def _masks(tree: ast.Module) -> bool:
    """Whether the module has something that looks over log records and masks."""
    return any(MASKS.search(name) for name in _hooked(tree))


def _hooked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(re.search(r"Filter|Formatter|Handler|Processor", ast.unparse(base)) for base in node.bases):
            yield node.name + " " + " ".join(one.name for one in ast.walk(node) if isinstance(one, ast.FunctionDef))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("addFilter", "structlog.configure", "dictConfig", "setLogRecordFactory")):
            yield ast.unparse(node)


NO_REDACTION = Finding(
    rule="no-redaction",
    message="no logging filter, formatter or processor masks secrets, so a single careless line is a leak",
    severity=Severity.LOW,
    anchor="filter",
    fix="add a logging.Filter that masks values beside names such as password, token and authorization, and name it in 'entry' to have it tried",
)

CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="secrets")
