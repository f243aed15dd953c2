"""The check that docs/writing-a-check.md writes down is whole: its files, taken out of the page, keep the contract of every check."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILE = re.compile(r"`(?P<path>scripts/prodready/checks/\S+)`:\n\n```\w+\n(?P<text>.*?)\n```\n", re.DOTALL)


def test_the_check_of_the_page_runs_and_keeps_the_contract(tmp_path):
    page = (ROOT / "docs" / "writing-a-check.md").read_text("utf-8")
    for folder in ("scripts", "tests", "profiles"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    files = {match["path"]: match["text"] for match in FILE.finditer(page)}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text + "\n", "utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_every_check.py", "-k", "shebang"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environ.pop("PYTHONPYCACHEPREFIX", None)
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert (0, 4) == (ended.returncode, len(files)), ended.stdout + ended.stderr
    assert re.search(r"(?<!\d)([1-9]\d*) passed", ended.stdout), ended.stdout
    assert "skipped" not in ended.stdout
