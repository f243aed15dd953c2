"""The commands of docs/quant.md end as it says, and what it names there is."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from prodready.checks.quant_statistic.params import Name
from prodready.drill import known

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "quant.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
ENDINGS = [[0], [0, 1], [1]]
"""Of the commands of each block."""


@pytest.mark.parametrize("block", range(len(BLOCKS)))
def test_its_commands_end_as_it_says(block, tmp_path):
    folder, *commands = BLOCKS[block].splitlines() if BLOCKS[block].startswith("cd ") else ("cd .", *BLOCKS[block].splitlines())
    codes = []
    for command in commands:
        line = f"{folder} && {command}" + (f" --evidence {tmp_path}" if " drill " in command else "")
        environ = {"PRODREADY_CACHE": str(tmp_path / "cache")}
        words = line.replace("python3 ../../scripts/launch.py", "python -P -m prodready").replace("python3 scripts/launch.py", "python -P -m prodready")
        codes.append(ended(words, environ))
    assert ENDINGS[block] == codes


def ended(line, environ):
    env = {**os.environ, **environ, "PYTHONPATH": str(ROOT / "scripts"), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["sh", "-c", line], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False).returncode


def test_every_statistic_and_drill_that_it_names_is_there():
    statistics = get_args(Name)
    table = TEXT[TEXT.index("| item of a checklist") : TEXT.index("The first passes and the second fails")]
    rows = re.findall(r"^\| [^|]+ \| `(\w+)`", table, re.MULTILINE)
    assert set(rows) <= set(statistics)
    drills = TEXT[TEXT.index("| drill | what it does") : TEXT.index("An item holds the record")]
    assert {"var_liquidation"} <= set(re.findall(r"^\| `(\w+)`", drills, re.MULTILINE)) <= set(known())
