"""Arguments -> settings -> one command. The only place that exits."""

from __future__ import annotations

import argparse
import gc
import importlib
import keyword
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from prodready import quick, version  # noqa: F401 - first of all: it decides how msgspec is loaded
from prodready.decode import nearest
from prodready.errors import Exit, ProdreadyError
from prodready.settings import Settings

COMMANDS = {
    "run": "gate a repository: run the checklist, score it, decide",
    "check": "run one check by its id",
    "drill": "disturb something on purpose, time it, and leave a record",
    "launch": "lead a launch from T-0 to T+24h and its reviews, with a record for each step",
    "list": "list checks, items, profiles or tools",
    "explain": "tell what a check or an item looks at, and how to satisfy it",
    "lint": "validate a profile or a .prodready.yml, or tell what is doubtful about a Markdown checklist",
    "init": "propose the files a repository needs to begin with",
    "import": "make a profile of a Markdown checklist",
    "tick": "tick the boxes of a Markdown checklist by the evidence of a report",
    "report": "render a saved report.json in another format",
    "history": "tell the runs of the past: score, verdict, what changed",
    "fleet": "one page on many repositories, from their reports",
    "bundle": "put report, policy and signed statement into one archive",
    "verify": "tell whether a bundle is still what it was, offline",
    "monitor": "export what a venue says about its limits, beside a trading system",
    "plan": "split a run into parts for a matrix of jobs",
    "merge": "join partial reports, run what they lack, decide",
    "publish": "publish the verdict on a pull request of a fork, from a run that may write",
    "doctor": "tell whether the gate of a repository can do its work",
    "protect": "write the branch rule that makes merges wait for the gate",
    "waivers": "list the loans on failed items, or tell which are none any more",
    "sbom": "write the bill of materials (CycloneDX) of what the lock files name",
    "licences": "write the bill of materials (SPDX) or the NOTICE of what is shipped",
    "sign": "sign for a role with an SSH key, or check such a signature",
    "tools": "list, install or verify the pinned programs",
    "action": "run a command as a step of GitHub Actions, options from its inputs",
}
"""Each is a module of ``prodready.commands`` with ``configure(parser)`` and ``main(args, settings)``."""

_USAGE = """usage: prodready COMMAND [options]

Replaces the ticks of a production-readiness checklist by evidence.

commands:
{commands}

example:
  prodready run .                 gate the current checkout
  prodready run . --base main     gate a branch by the policy on main
  prodready COMMAND --help        options of a command, with an example

exit codes:
{codes}
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    gc.set_threshold(200_000, 20, 20)  # a run makes much and leaves little in circles: looking for them every 700 objects takes a twentieth of the time
    _speak_utf8()
    signal.signal(signal.SIGTERM, _interrupt)
    code = outcome(sys.argv[1:] if argv is None else argv)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # A check that was given up on may still hold a thread; it must not hold up the verdict.
    os._exit(code)


def outcome(argv: Sequence[str]) -> int:
    """The exit code of a command line; every error ends here as a message."""
    try:
        return _dispatch(list(argv))
    except ProdreadyError as error:
        _complain(error)
        return Exit.USAGE
    except KeyboardInterrupt:
        print(f"prodready: {Exit.INTERRUPTED.meaning}", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.READY
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else Exit.USAGE
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets words and exit code 70
        _bug(error)
        return Exit.BUG


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_usage())
        return Exit.READY if argv else Exit.USAGE
    if argv[0] in ("-V", "--version"):
        print(f"prodready {version()}")
        return Exit.READY
    if argv[0] not in COMMANDS:
        raise ProdreadyError(f"there is no command {argv[0]!r}; {nearest(argv[0], list(COMMANDS))}", "'prodready --help' lists them")
    module = importlib.import_module(f"prodready.commands.{argv[0]}{'_' if keyword.iskeyword(argv[0]) else ''}")
    parser = argparse.ArgumentParser(
        prog=f"prodready {argv[0]}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    module.configure(parser)
    args = parser.parse_args(argv[1:])
    return int(module.main(args, Settings.from_environ(os.environ, tty=sys.stdout.isatty())))


def _usage() -> str:
    commands = "\n".join(f"  {name:<10}{about}" for name, about in COMMANDS.items())
    codes = "\n".join(f"  {code.value:<4}{code.meaning}" for code in Exit)
    return _USAGE.format(commands=commands, codes=codes)


def _complain(error: ProdreadyError) -> None:
    print(f"prodready: {error.message}", file=sys.stderr)
    if error.remedy:
        print(f"  what to do: {error.remedy}", file=sys.stderr)


def _bug(error: Exception) -> None:
    import traceback

    steps = [f"  {frame.name} in {Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    print(f"prodready: {Exit.BUG.meaning}", file=sys.stderr)
    print("\n".join((f"  {type(error).__name__}: {error}", *steps[-8:])), file=sys.stderr)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
