"""A scanner that starts slowly, run once for all its faults: what it left is kept, and later runs leave the same, spoiled, under the mark of their own run.

Started as a program through the script that ``script`` writes; its own first line of defence is that it imports nothing of prodready.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spoiled

EMPTY = {"hadolint": "[]", "checkov": '{"passed": 0, "failed": 0, "resource_count": 0}', "trivy": '{"SchemaVersion": 2}'}
FOUND = {"hadolint": 1, "checkov": 1, "trivy": 7}
"""How each ends when the planted fault was found."""
NONE, STALE = spoiled.NONE, spoiled.STALE
Report = Callable[[str, str], str]
FAULTS: dict[str, Report] = {
    **{fault: spoil for fault, spoil in spoiled.SPOILED.items() if fault != "logs an error"},
    "reports nothing at all": lambda tool, text: EMPTY[tool],
    "loses the planted fault": lambda tool, text: without(tool, text, "canary-"),
    "drops an input": lambda tool, text: without(tool, text, "tree/"),
    "reports on something else": lambda tool, text: text.replace("tree/", "elsewhere/"),
    "says it found something and lists nothing": lambda tool, text: EMPTY[tool],
    STALE: lambda tool, text: text,
}
"""Faults in the report of a real run."""


def script(path: Path, *, tool: str, real: tuple[str, ...], kept: Path, fault: str) -> Path:
    """A program that behaves as ``fault`` says; ``kept`` is where the real run is kept."""
    setting = json.dumps({"tool": tool, "real": real, "kept": str(kept), "fault": fault})
    here = str(Path(__file__).parent)
    path.write_text(
        f"#!{sys.executable} -I\nimport sys\nsys.path.insert(0, {here!r})\nimport replayed\nsys.exit(replayed.main(**{setting}))\n", encoding="utf-8"
    )
    path.chmod(0o755)
    return path


def without(tool: str, text: str, start: str) -> str:
    """The report of a scanner that did not look at paths that begin so."""
    report = json.loads(text)
    if tool == "hadolint":
        return json.dumps([one for one in report if not one["file"].startswith(start)])
    if tool == "trivy":
        return json.dumps({**report, "Results": [one for one in report["Results"] if not one["Target"].startswith(start)]})
    return json.dumps([_spared(one, start) for one in (report if isinstance(report, list) else [report])])


def _spared(report: dict[str, Any], start: str) -> dict[str, Any]:
    results = report["results"]
    for outcome in ("passed_checks", "failed_checks"):
        results[outcome] = [one for one in results[outcome] if not one["file_path"].startswith(f"/{start}")]
    return report


def main(tool: str, real: list[str], kept: str, fault: str) -> int:
    """Behaves as the fault says."""
    args, where = sys.argv[1:], Path(kept)
    if fault in spoiled.UNRUN:
        spoiled.NORMAL.update(FOUND)
        return spoiled.UNRUN[fault](tool) or 0
    if not where.is_file():
        where.write_text(json.dumps(_run(real, args)), "utf-8")
    told = json.loads(where.read_text("utf-8"))
    text = told["text"] if fault == STALE else told["text"].replace(told["mark"], _mark())
    text = FAULTS[fault](tool, text)
    if report := _report(args):
        report.write_text(text, "utf-8", errors="surrogateescape")
    else:
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
    return 0 if fault in ("finds something and says nothing", "reports nothing at all") else int(told["code"])


def _run(real: list[str], args: list[str]) -> dict[str, Any]:
    ended = subprocess.run([*real, *args], capture_output=True, check=False)
    report = _report(args)
    return {"text": report.read_text("utf-8") if report else ended.stdout.decode(), "code": ended.returncode, "mark": _mark()}


def _report(args: list[str]) -> Path | None:
    at = args.index("--output") + 1 if "--output" in args else 0
    return Path(args[at]) if at and args[at].startswith("/") else None


def _mark() -> str:
    """What is new in each run: the name of the folder with the planted faults."""
    return next(Path.cwd().glob("canary-*")).name.removeprefix("canary-")
