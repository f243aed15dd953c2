"""Chaos on Fridays: our own workflow and drills, and the script that runs every drill of a folder."""

import json
import os
import shutil
import subprocess
import sys

import yaml

from prodready.drilling import wish
from programs import HERE, write


def test_our_own_friday(tmp_path):
    """The drills of this repository are valid, and the workflow that runs them is scheduled."""
    workflow = yaml.safe_load((HERE / ".github" / "workflows" / "chaos-friday.yml").read_text("utf-8"))
    assert {"schedule", "workflow_dispatch"} == set(workflow[True])  # YAML 1.1 reads 'on' as a truth
    assert any("./run_chaos_tests.sh" in step.get("run", "") for step in workflow["jobs"]["chaos"]["steps"])
    assert ["systemd", "systemd"] == [wish(str(path), {}).params.ways[0] for path in sorted((HERE / "drills").glob("*.yml"))]


def test_the_script_runs_every_drill_of_the_folder_and_fails_with_the_worst(tmp_path):
    good = {"drill": "timed", "params": {"target": "a", "act": [{"run": ["touch", "a"]}], "until": [{"run": ["test", "-e", "a"]}], "limit": 20}}
    bad = {"drill": "timed", "params": {"target": "b", "act": [{"run": ["true"]}], "until": [{"run": ["test", "-e", "b"]}], "limit": 1, "interval": 0.1}}

    def script(*words):
        env = {**os.environ, "PYTHON": sys.executable}
        return subprocess.run([tmp_path / "run_chaos_tests.sh", *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    shutil.copy(HERE / "run_chaos_tests.sh", tmp_path)
    launcher = f"import os, sys\nos.execv(sys.executable, [sys.executable, '-I', '{HERE}/scripts/prodready', *sys.argv[1:]])\n"
    write(tmp_path, {"scripts/launch.py": launcher})  # the environment of the tests, instead of one that is built first

    none = script()
    assert (2, True) == (none.returncode, "no drills/*.yml here" in none.stderr)
    (tmp_path / "drills").mkdir()
    (tmp_path / "drills" / "a.yml").write_text(json.dumps(good))
    assert 0 == script().returncode
    (tmp_path / "a").unlink()
    (tmp_path / "drills" / "b.yml").write_text(json.dumps(bad))
    assert (1, 3) == (script().returncode, len(list((tmp_path / "evidence").glob("*.json"))))
    (tmp_path / "a").unlink()
    assert (0, 3) == (script("--dry-run").returncode, len(list((tmp_path / "evidence").glob("*.json"))))
