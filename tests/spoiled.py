"""A scanner with a fault: runs the real one and spoils what it leaves, or does not run it at all.

Started as a program through the script that ``script`` writes; its own first line of defence is that it imports nothing of prodready.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

EMPTY = {
    "gitleaks": "[]",
    "bandit": '{"errors": [], "generated_at": "", "metrics": {"_totals": {"loc": 0}}, "results": []}',
    "pip-audit": '{"dependencies": [], "fixes": []}',
    "zizmor": "[]",
    "detect-secrets": '{"version": "1.5.0", "scanned": [], "passed": {}, "unread": {}, "results": []}',
    "trufflehog": "",
    "semgrep": '{"version": "1.185.0", "results": [], "errors": [], "paths": {"scanned": []}, "skipped_rules": []}',
}
NORMAL = {"gitleaks": 77, "bandit": 1, "pip-audit": 1, "zizmor": 14, "detect-secrets": 0, "trufflehog": 183, "semgrep": 1}
"""How each ends when the planted fault was found."""
REPORT = {"gitleaks": "--report-path", "bandit": "--output", "pip-audit": "--output", "zizmor": "", "detect-secrets": "", "trufflehog": "", "semgrep": ""}
NONE = "has no fault"
UNRUN = {
    "crashes": lambda tool: sys.exit("Traceback: it broke"),
    "ends with an unknown code": lambda tool: sys.exit(42),
    "is killed": lambda tool: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": lambda tool: time.sleep(600),
    "prints nothing": lambda tool: 0,
    "prints nothing and says it found something": lambda tool: NORMAL[tool],
    "is too loud": lambda tool: print("x" * 4 * 1024 * 1024),
}
"""Faults that need no real run."""
SPOILED = {
    NONE: lambda tool, text: text,
    "prints garbage": lambda tool, text: "\udcff\udcfe not a report",
    "reports nothing at all": lambda tool, text: EMPTY[tool],
    "is cut off": lambda tool, text: text[: len(text) // 2],
    "changes its format": lambda tool, text: '{"version": 99, "runs": {"all": 1}}',
    "prints a list of numbers": lambda tool, text: "[1, 2]",
    "prints a banner first": lambda tool, text: f"A new version is available!\n{text}",
    "prints two documents": lambda tool, text: text + text,
    "loses the planted fault": lambda tool, text: without_canary(tool, text),  # noqa: PLW0108 (defined below)
    "drops an input": lambda tool, text: without_input(tool, text),  # noqa: PLW0108 (likewise)
    "reports on something else": lambda tool, text: text.replace("canary-", "elsewhere-").replace('"Commit": "', '"Commit": "0'),
    "finds something and says nothing": lambda tool, text: text,
    "says it found something and lists nothing": lambda tool, text: EMPTY[tool],
    "logs an error": lambda tool, text: text,
}
"""Faults in the report of a real run."""
STALE = "leaves an earlier report"
FAULTS = (*UNRUN, *(fault for fault in SPOILED if fault != NONE), STALE)


UNSTARTABLE = ("missing", "not executable", "of another machine", "a folder")
"""Why a program cannot even start."""


def unstartable(path: Path, kind: str) -> Path:
    """What lies where the program should, so that it cannot start."""
    if kind == "not executable":
        path.write_text("#!/bin/sh\n")
    elif kind == "of another machine":
        path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(64))
        path.chmod(0o755)
    elif kind == "a folder":
        path.mkdir()
    return path


def script(path: Path, *, tool: str, real: tuple[str, ...], fault: str, only: str = "") -> Path:
    """A program that behaves as ``fault`` says; where ``only`` is not its first argument it behaves as the real one."""
    setting = json.dumps({"tool": tool, "real": real, "fault": fault, "only": only, "kept": f"{path}.kept"})
    body = f"import runpy, sys\nsys.argv[1:1] = [{setting!r}]\nrunpy.run_path({__file__!r}, run_name='__main__')\n"
    path.write_text(f"#!{sys.executable} -I\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return path


def without_canary(tool: str, text: str) -> str:
    """The report as a blind scanner would write it."""
    if tool == "trufflehog":
        return "".join(line for line in text.splitlines(keepends=True) if "canary-" not in line)
    return json.dumps(_without_canary(tool, json.loads(text)))


def _without_canary(tool: str, report: object) -> object:
    if tool == "semgrep":
        return {**report, "results": [one for one in report["results"] if "canary-" not in one["path"]]}
    if tool == "bandit":
        return {**report, "results": [one for one in report["results"] if "canary-" not in one["filename"]]}
    if tool == "detect-secrets":
        return {**report, "results": []}
    if tool == "pip-audit":
        return {**report, "dependencies": [{**one, "vulns": []} for one in report["dependencies"]]}
    return [one for one in report if "canary-" not in json.dumps(one)]


def without_input(tool: str, text: str) -> str:
    """The report of a scanner that left out an input; where the log tells, see ``log_without_input``."""
    return text if tool == "trufflehog" else json.dumps(_without_input(tool, json.loads(text)))


def _without_input(tool: str, report: object) -> object:
    if tool == "semgrep":
        return {**report, "paths": {"scanned": [name for name in report["paths"]["scanned"] if not name.startswith("tree/")]}}
    if tool == "bandit":
        return {**report, "metrics": {name: one for name, one in report["metrics"].items() if not name.startswith("tree/")}}
    if tool == "detect-secrets":
        return {**report, "scanned": [name for name in report["scanned"] if not name.startswith("tree/")]}
    if tool == "pip-audit":
        return {**report, "dependencies": [one for one in report["dependencies"] if "canary" in one["name"]]}
    return report


def log_without_input(tool: str, log: str) -> str:
    """The log of a scanner that left out an input."""
    if tool == "gitleaks":
        log = "".join(line for line in log.splitlines(keepends=True) if "scanning path path=tree/" not in line)
        return log.replace(" INF 2 commits scanned.", " INF 1 commits scanned.")
    told = {"zizmor": "completed tree/", "trufflehog": '"path": "tree/'}.get(tool)
    return "".join(line for line in log.splitlines(keepends=True) if not told or told not in line)


def main(tool: str, real: list[str], fault: str, only: str, kept: str) -> int:
    """Behaves as the fault says."""
    args = sys.argv[2:]
    if fault in UNRUN and (not only or only == args[0]):
        return UNRUN[fault](tool) or 0
    ended = subprocess.run([*real, *args], capture_output=True, check=False)
    report, log, code = _report(tool, args), ended.stderr.decode(errors="surrogateescape"), ended.returncode
    text = report.read_text("utf-8") if report else ended.stdout.decode()
    if not only or only == args[0]:
        text = _first(Path(kept), text) if fault == STALE else SPOILED[fault](tool, text)
        log = log_without_input(tool, log) if fault == "drops an input" else log
        log += "12:00AM ERR it went wrong\nWARNING:pip_audit._service.osv:left out\n" if fault == "logs an error" else ""
        code = 0 if fault in ("finds something and says nothing", "reports nothing at all") else code
    if report:
        report.write_text(text, "utf-8", errors="surrogateescape")
    else:
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    sys.stderr.write(log)
    return code


def _first(kept: Path, text: str) -> str:
    """The report of the first run, whatever run this is."""
    if not kept.exists():
        kept.write_text(text, "utf-8")
    return kept.read_text("utf-8")


def _report(tool: str, args: list[str]) -> Path | None:
    return Path(args[args.index(REPORT[tool]) + 1]) if REPORT[tool] else None


if __name__ == "__main__":
    setting = json.loads(sys.argv[1])
    sys.exit(main(**setting))
