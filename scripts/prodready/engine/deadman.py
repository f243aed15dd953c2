"""Restores what a drill disturbed, also when the drill itself is killed. A process of its own; standard library only.

It reads one JSON object a line on its input: ``{"undo": {…}}`` adds a step, ``{"disarm": true}`` drops those marked ``if_down``, ``{"restore": true|false}``
runs the steps and ends (with false, those marked ``if_down`` are left out, since the service came back by itself). When its input closes, or its time
is up, it runs them all.
A step is ``{"argv": […]}``, or ``{"signal": N, "pid": P, "started": "…"}`` for a process that still is the same one.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STEP = 60
"""Seconds that a step may take."""


def main(within: float) -> int:
    """Waits for the word, the silence or the time; the exit code tells whether all was restored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    steps: list[dict[str, Any]] = []
    everything = True
    for message in messages(time.monotonic() + within):
        if "restore" in message:
            everything = message["restore"]
            break
        steps = [step for step in steps if not step.get("if_down")] if "disarm" in message else [*steps, message["undo"]]
        say("armed")
    failed = [words for step in reversed(steps) if everything or not step.get("if_down") for words in [undo(step)] if words]
    say(json.dumps(failed))
    return 1 if failed else 0


def messages(end: float) -> Iterator[dict[str, Any]]:
    """Objects as they come, until the input closes or the time is up."""
    rest = b""
    while select.select([0], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(0, 65536)
        if not part:
            return
        *lines, rest = (rest + part).split(b"\n")
        yield from map(json.loads, lines)


def undo(step: dict[str, Any]) -> str:
    """Runs a step; what went wrong, empty when nothing did."""
    try:
        if "signal" in step:
            if started(step["pid"]) == step["started"]:
                os.kill(step["pid"], step["signal"])
            return ""
        ended = subprocess.run(step["argv"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=STEP, check=False)
        return f"{step['argv'][0]} ended with {ended.returncode}" if ended.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)


def started(pid: int) -> str:
    """The process's start time in clock ticks, which with its number names it for good; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def say(line: str) -> None:
    """Prints, if anybody still listens."""
    try:
        os.write(1, line.encode() + b"\n")
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
