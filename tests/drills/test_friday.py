"""Chaos on Fridays: our own workflow and drills, and the script that runs every drill of a folder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import clusters
import machines
import supervised
from prodready.drilling import wish
from prodready.settings import Settings
from programs import HERE, git, repository, write


def test_our_own_friday(tmp_path):
    """The drills of this repository are valid, and the workflow that runs them is scheduled."""
    workflow = yaml.safe_load((HERE / ".github" / "workflows" / "chaos-friday.yml").read_text("utf-8"))
    assert {"schedule", "workflow_dispatch"} == set(workflow[True])  # YAML 1.1 reads 'on' as a truth
    assert any("./run_chaos_tests.sh" in step.get("run", "") for step in workflow["jobs"]["chaos"]["steps"])
    assert ["systemd", "systemd"] == [wish(str(path), {}).params.ways[0] for path in sorted((HERE / "drills").glob("*.yml"))]


UNITS = {
    "redis-server.service": "[Service]\nExecStart={redis} --port 6379 --bind 127.0.0.1 --save '' --dir {folder}\n",
    "postgresql@.service": "[Service]\nType=notify\nUser=postgres\nRuntimeDirectory=postgresql\nExecStart={postgres} -D {data}\n",
}
"""The services as their packages bring them: nobody restarts them but by what the workflow writes."""
SUDO = """\
#!/bin/sh
user=root
while :; do case $1 in --preserve-env=*) shift ;; -u) user=$2; shift 2 ;; *) break ;; esac; done
exec setpriv --reuid=$user --regid=$user --clear-groups "$@"
"""
CHECKOUT = "git init -q . && git fetch -q $CONSUMER HEAD && git checkout -q FETCH_HEAD"
UPLOAD = "ls evidence/*.json && cp -r evidence $UPLOADED"


def played(folder, line):
    """An action of GitHub's that is one line of shell."""
    step = f"runs: {{using: composite, steps: [{{shell: bash, run: '{line}'}}]}}"
    inputs = {name: {"default": ""} for name in ("persist-credentials", "name", "path", "if-no-files-found")}
    return repository(folder, {"action.yml": f"name: played\ndescription: played\ninputs: {json.dumps(inputs)}\n{step}\n"})


@pytest.mark.integration
def test_the_workflow_itself_runs_under_a_real_systemd(tmp_path):
    """act runs it as it stands: it makes systemd restart both services, and the real script kills them, three times each."""
    supervised.needs("act", "redis-server", "postgres", "initdb", "psql", "systemctl")
    made = clusters.Cluster()
    made.make(port=5432, unix_socket_directories="/run/postgresql")
    (made.data / "pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
    consumer = repository(tmp_path / "consumer", {"README.md": "x\n"})
    for name in ("scripts", "drills", ".github/workflows", "profiles"):
        shutil.copytree(HERE / name, consumer / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "run_chaos_tests.sh", consumer)
    git(consumer, "add", "-A")
    git(consumer, "commit", "-q", "-m", "all")
    cache = Path(Settings.from_environ({**os.environ, "PRODREADY_CACHE": ""}).cache)
    built = {**os.environ, "PRODREADY_CACHE": str(cache)}  # the environment of the program, before there is no network
    subprocess.run(["python3", "-I", HERE / "scripts" / "launch.py", "list", "drills"], env=built, check=True, capture_output=True)
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / "environments").symlink_to(cache / "environments")
    write(tmp_path, {"bin/sudo": SUDO, "bin/apt-get": "#!/bin/sh\nexit 0\n"})
    for path in (tmp_path / "bin").iterdir():
        path.chmod(0o755)
    steps = yaml.safe_load((HERE / ".github" / "workflows" / "chaos-friday.yml").read_text("utf-8"))["jobs"]["chaos"]["steps"]
    used = {step["uses"].partition("/")[2].partition("@")[0]: step["uses"] for step in steps if "uses" in step}
    mapped = {used["checkout"]: played(tmp_path / "checkout", CHECKOUT), used["upload-artifact"]: played(tmp_path / "upload", UPLOAD)}
    environ = {
        **os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "act"),
        "PRODREADY_CACHE": str(tmp_path / "cache"),
    }  # fmt: skip
    given = {name: environ[name] for name in ("PATH", "HOME", "TMPDIR", "PRODREADY_CACHE")}
    given |= {"CONSUMER": str(consumer), "UPLOADED": str(tmp_path / "uploaded")}
    loopback = ["--no-cache-server", "--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1"]
    words = [word for name, folder in mapped.items() for word in ("--local-repository", f"{name}={folder}")]
    words += [word for name, text in given.items() for word in ("--env", f"{name}={text}")]
    argv = ["act", "workflow_dispatch", "-W", ".github/workflows/chaos-friday.yml", "-P", "ubuntu-24.04=-self-hosted", "--no-skip-checkout", *loopback, *words]
    programs = {"redis": supervised.find("redis-server"), "postgres": supervised.find("postgres"), "folder": tmp_path, "data": made.data}
    units = {name: "[Unit]\nDefaultDependencies=no\n" + text.format(**programs) for name, text in UNITS.items()}
    try:
        with machines.systemd(tmp_path, units, writable=(made.folder,)) as beside:
            ended = subprocess.run([*beside, "env", f"--chdir={consumer}", *argv], env=environ, capture_output=True, text=True, check=False, timeout=300)
    finally:
        made.stop()
    assert 0 == ended.returncode, (ended.stdout + ended.stderr)[-5000:]
    records = [json.loads(path.read_text()) for path in (tmp_path / "uploaded").glob("*.json")]
    assert {("passed", 3, "postgresql"), ("passed", 3, "redis")} == {(one["status"], one["examined"], one["target"].partition(":")[0]) for one in records}


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
