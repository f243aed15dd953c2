"""Runs a team's engine, ``serve_engine.py MODULE:NAME``, for the drill: JSON lines in, JSON lines out. Standard library only; it runs in the team's Python.

``NAME`` makes the engine when it is called. The engine has a method for each kind of message (``start``, ``mark``, ``fills``, ``order``, …) or one
named ``answer`` for all. What it prints goes to standard error.
"""

import importlib
import json
import os
import sys


def main(name: str) -> None:
    """Answers each line with one."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  pathlib would cost a tenth of the start
    module, _, attribute = name.partition(":")
    engine = getattr(importlib.import_module(module), attribute)()
    for line in sys.stdin:
        message = json.loads(line)
        method = getattr(engine, message["type"], None) or engine.answer
        answers.write(json.dumps(method(message), default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
