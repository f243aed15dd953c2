"""Run a command as a step of GitHub Actions: options from the action's inputs, foreign output fenced, an error told as a verdict.

The composite actions call this; people call the command itself.

Example:
  PRODREADY_STAGE=release prodready action run

"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from msgspec.structs import replace

from prodready.errors import Exit
from prodready.github.commands import Fence, write_outputs
from prodready.names import shown
from prodready.settings import Settings

CHOICES = {"comment": ("true", "false", "recreate"), "sarif": ("off", "file"), "check-run": ("false", "true")}
"""Inputs that no option of a command stands for, and their words."""
PARTIALS = "prodready-out/partial"
"""Where the domain actions leave their reports and the summary looks for them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The command, and the domain a domain action stands for."""
    parser.add_argument("verb", choices=("run", "shard", "plan", "check", "drill", "launch", "merge", "publish"), help="the command to run")
    parser.add_argument("--domain", default="", help="only items of this domain, as a partial report for 'merge'")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the command; the exit code is its."""
    fence = Fence()
    os.environ["PRODREADY_FENCE"] = fence.token
    print(fence.opening, flush=True)
    code = _code(args, settings)
    sys.stderr.flush()
    print(fence.closing, flush=True)
    if args.verb in ("check", "drill", "launch"):
        _leave_status(code, settings)
    elif code in (Exit.USAGE, Exit.BUG, Exit.INTERRUPTED):
        from prodready.github.publish import after_error

        print("\n".join(after_error(code, replace(settings, github=replace(settings.github, fence="")))))
    return code


def _code(args: argparse.Namespace, settings: Settings) -> int:
    from prodready.cli import outcome

    wrong = _invalid(settings.inputs)
    if wrong:
        print(f"prodready: {wrong}", file=sys.stderr)
        return Exit.USAGE
    return outcome(arguments(args.verb, args.domain, os.environ))


def _invalid(inputs: Mapping[str, str]) -> str:
    """What is wrong with the inputs that only actions have, empty when nothing is."""
    for name, valid in CHOICES.items():
        if inputs.get(name, valid[0]) not in valid:
            return f"the input {name} is {shown(inputs[name])!r}; write {' or '.join(valid)}"
    return ""


def _leave_status(code: int, settings: Settings) -> None:
    status = {Exit.READY: "passed", Exit.NOT_READY: "failed", Exit.UNKNOWN: "unknown", Exit.PENDING: "pending"}
    if settings.github.output:
        write_outputs(settings.github.output, {"status": status.get(Exit(code), "error") if code in tuple(Exit) else "error"})


def arguments(verb: str, domain: str, environ: Mapping[str, str]) -> list[str]:
    """The command line. Inputs are joined to their option by ``=``: a value that starts with a dash stays a value."""
    if verb == "run":
        out = environ.get("PRODREADY_OUT") or f"{PARTIALS}/{domain}"
        return ["run", f"--domain={domain}", f"--out={out}"] if domain else ["run"]
    if verb == "plan":
        return ["plan", f"--shards={environ.get('PRODREADY_SHARDS', '')}"]
    if verb == "shard":
        return ["run", f"--only={environ.get('PRODREADY_ONLY', '')}", f"--out={PARTIALS}/{environ.get('PRODREADY_SHARD', '')}"]
    if verb == "publish":
        names = ("workflow", "artefact", "rescan")
        return ["publish", *(f"--{name}={text}" for name in names if (text := environ.get(f"PRODREADY_{name.upper()}", "")))]
    if verb == "merge":
        parts = environ.get("PRODREADY_SHARDS", "")
        return ["merge", *([f"--shards={parts}"] if parts else []), "--", environ.get("PRODREADY_PARTIALS") or PARTIALS]
    if verb == "launch":
        return _launch(environ)
    given = {"--expect": environ.get("PRODREADY_EXPECT", "")}
    params = [line.strip() for line in environ.get("PRODREADY_PARAMS", "").splitlines() if line.strip()]
    options = [*(f"--param={line}" for line in params), *(f"{name}={text}" for name, text in given.items() if text)]
    if verb == "drill":
        slack = ["--slack"] if environ.get("PRODREADY_SLACK") == "true" else []
        return ["drill", *options, *slack, f"--evidence={environ.get('PRODREADY_EVIDENCE') or 'evidence'}", "--", *environ.get("PRODREADY_DRILL", "").split()]
    return ["check", *options, "--", environ.get("PRODREADY_CHECK", ""), environ.get("PRODREADY_PATH") or "."]


def _launch(environ: Mapping[str, str]) -> list[str]:
    decision, reason = environ.get("PRODREADY_DECISION", ""), environ.get("PRODREADY_REASON", "")
    what = [f"--{decision}={reason}" if decision in ("go-on", "abort") else f"--{decision}"] if decision and decision != "continue" else []
    given = {"--wait": environ.get("PRODREADY_WAIT", ""), "--production": environ.get("PRODREADY_PRODUCTION", "")}
    options = [f"{name}={text}" for name, text in given.items() if text] + (["--slack"] if environ.get("PRODREADY_SLACK") == "true" else [])
    return ["launch", *what, *options, f"--evidence={environ.get('PRODREADY_EVIDENCE') or 'evidence'}", "--", environ.get("PRODREADY_LAUNCH") or "launch.yml"]
