"""The launcher builds a locked environment once, whatever happens on the way, and the caller's folder never gets a say."""

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BASE = getattr(sys, "_base_executable", sys.executable)
"""The Python behind the environment of the tests: mostly it has pip, which spares each build the seconds of ensurepip."""
CLI = """
import sys, tiny
def main():
    print(tiny.__file__, *sys.argv)
    return 5
"""


@pytest.fixture(scope="module")
def launch():
    spec = importlib.util.spec_from_file_location("launch", ROOT / "scripts" / "launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Checkout:
    """A checkout whose program needs one package, ``tiny``, which lies in a folder beside it instead of an index."""

    def __init__(self, root: Path, python: str = BASE) -> None:
        self.root = root
        self.python = python
        self.scripts = root / "scripts"
        self.cache = root / "cache"
        (self.scripts / "prodready").mkdir(parents=True)
        (self.scripts / "prodready" / "__init__.py").write_text("")
        (self.scripts / "prodready" / "cli.py").write_text(CLI)
        for name in ("launch.py", "gate"):
            (self.scripts / name).write_bytes((ROOT / "scripts" / name).read_bytes())
        wheel = tiny(root)
        self.lock(hashlib.sha256(wheel.read_bytes()).hexdigest())
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PRODREADY_", "XDG_", "PIP_"))},
            "PRODREADY_CACHE": str(self.cache),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def lock(self, sha256: str) -> None:
        (self.scripts / "requirements.lock").write_text(f"tiny==1.0 --hash=sha256:{sha256}\n")

    def start(self, *args: str, cwd: Path | None = None, **environ: str) -> subprocess.Popen[str]:
        command = [self.python, "-I", str(self.scripts / "launch.py"), *args]
        return subprocess.Popen(command, cwd=cwd or self.root, env={**self.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *args: str, cwd: Path | None = None, **environ: str) -> tuple[int, str, str]:
        process = self.start(*args, cwd=cwd, **environ)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def environments(self) -> list[Path]:
        return [path for path in (self.cache / "environments").iterdir() if path.is_dir()]


def tiny(folder: Path) -> Path:
    """A wheel with one empty module."""
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("tiny.py", "")
        packed.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        packed.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\ntiny-1.0.dist-info/RECORD,,\n")
    return wheel


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """One checkout whose environment is built, for tests that leave it whole."""
    made = Checkout(tmp_path_factory.mktemp("built"), sys.executable)
    code, _, said = made.run()
    assert (5, True) == (code, "setting up" in said)
    return made


def test_the_second_start_builds_nothing_and_the_arguments_and_the_exit_code_pass_through(built):
    code, out, said = built.run("run", "-k", "two words")
    module, *argv = out.strip().split(" ", 1)
    assert (5, ["prodready run -k two words"], "") == (code, argv, said)
    assert Path(module).is_relative_to(built.cache)


def test_the_gate_is_the_run_command(built):
    command = ["sh", str(built.scripts / "gate"), "x"]
    ended = subprocess.run(command, env={**built.environ, "PYTHON": built.python}, capture_output=True, text=True, check=False)
    assert (5, "prodready run x") == (ended.returncode, ended.stdout.split(" ", 1)[1].strip())


def test_modules_that_lie_in_the_callers_folder_or_on_pythonpath_are_never_imported(built, tmp_path):
    for name in ("tiny", "prodready", "hashlib", "subprocess", "pip", "venv", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hostile code ran')")
    assert (5, "") == built.run(cwd=tmp_path, PYTHONPATH=str(tmp_path))[::2]


def test_byte_code_is_kept_but_not_in_the_checkout(built):
    built.run()
    assert [] == list(built.scripts.rglob("__pycache__"))
    assert list(built.environments()[0].rglob(f"pycache/{str(built.scripts / 'prodready').lstrip('/')}/cli*.pyc"))


def test_hostile_modules_in_the_callers_folder_are_not_imported_while_building_either(checkout, tmp_path):
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    for name in ("tiny", "pip", "venv", "ensurepip", "runpy", "fcntl"):
        (hostile / f"{name}.py").write_text("raise SystemExit('hostile code ran')")
    code, _, said = checkout.run(cwd=hostile, PYTHONPATH=str(hostile), PIP_TARGET=str(hostile), PIP_USER="1")
    assert (5, "prodready: setting up its environment; once, well under a minute\n") == (code, said)


def test_a_package_with_another_hash_is_an_alarm_and_nothing_is_run(checkout):
    checkout.lock("0" * 64)
    code, out, said = checkout.run()
    assert (2, "") == (code, out)
    assert "not the one that was locked" in said
    assert [] == checkout.environments()


def test_without_a_package_index_it_says_what_to_set(checkout):
    code, out, said = checkout.run(PIP_NO_INDEX="0", PIP_FIND_LINKS="", PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert (2, "") == (code, out)
    assert "PIP_INDEX_URL" in said
    assert [] == checkout.environments()


def test_several_launchers_at_once_build_one_environment(checkout):
    started = [checkout.start() for _ in range(3)]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert [5, 5, 5] == [code for _, code in ended]
    assert (1, 1) == (sum("setting up" in said for said, _ in ended), len(checkout.environments()))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_build_is_not_taken_for_an_environment(checkout, number):
    process = checkout.start()
    until = time.monotonic() + 30
    while not list(checkout.cache.glob("environments/*/pyvenv.cfg")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert (130 if number == signal.SIGINT else -9) == process.returncode
    code, _, said = checkout.run()
    assert (5, True) == (code, "setting up" in said)
    assert ["tiny"] == sorted(path.stem for path in checkout.environments()[0].rglob("tiny.py"))


def test_an_environment_that_lost_a_package_or_its_python_is_built_again(checkout):
    checkout.run()
    home = checkout.environments()[0]
    next(home.rglob("tiny.py")).unlink()
    assert "setting up" in checkout.run()[2]
    for python in home.glob("bin/python*"):
        python.unlink()
    code, _, said = checkout.run()
    assert (5, True) == (code, "setting up" in said)


def test_byte_code_that_somebody_left_in_the_environment_is_no_reason_to_build_again(checkout):
    checkout.run()
    packages = next(checkout.environments()[0].rglob("tiny.py")).parent
    (packages / "__pycache__").mkdir(exist_ok=True)
    assert (5, "") == checkout.run()[::2]


def test_a_cache_that_cannot_be_written_says_what_to_set(checkout):
    checkout.cache.write_text("a file")
    code, _, said = checkout.run()
    assert (2, True) == (code, "Set PRODREADY_CACHE" in said)


def test_an_old_python_starts_a_newer_one_or_says_so(launch, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert 2 == launch.main([])
    assert "needs Python 3.11 or newer; this is 3.9.2" in capsys.readouterr().err
    (tmp_path / "python3.12").write_text("#!/bin/sh\n")
    (tmp_path / "python3.12").chmod(0o755)
    started = []
    monkeypatch.setattr(os, "execv", lambda program, argv: started.append(program))
    launch.main([])
    assert [str(tmp_path / "python3.12")] == started


def test_a_python_without_pip_says_which_debian_package_brings_it(launch, monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "quiet", lambda command, folder: (False, "No module named ensurepip"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(launch.CannotStartError, match="apt-get install python3-venv"):
        launch.installer(str(tmp_path))


def test_this_pythons_pip_goes_before_ensurepip_and_uv_stands_in_for_both(launch, monkeypatch, tmp_path):
    python = str(tmp_path / "bin" / "python")
    monkeypatch.setattr(launch, "quiet", lambda command, folder: (command[0] == sys.executable, ""))
    assert [sys.executable, "-I", "-m", "pip", "--python", python] == launch.installer(str(tmp_path))[:6]
    monkeypatch.setattr(launch, "quiet", lambda command, folder: ("ensurepip" in command, ""))
    assert [python, "-I", "-m", "pip"] == launch.installer(str(tmp_path))[:4]
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(launch, "quiet", lambda command, folder: (False, ""))
    assert [str(tmp_path / "uv"), "pip", "install"] == launch.installer(str(tmp_path))[:3]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PRODREADY_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/prodready"),
        ({"HOME": "/c"}, "/c/.cache/prodready"),
    ],
)
def test_the_cache_is_where_the_user_wants_it_and_the_program_is_told(launch, monkeypatch, environ, expected):
    for name in ("PRODREADY_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert expected == launch.cache() == os.environ["PRODREADY_CACHE"]


def test_with_an_empty_home_the_home_of_record_is_used(launch, monkeypatch):
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr(launch, "home_of_record", lambda: "/home/of/record")
    assert "/home/of/record/.cache/prodready" == launch.own_cache()


def test_without_a_home_the_cache_is_the_users_own_and_never_a_folder_another_user_could_have_prepared(launch, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr(launch, "home_of_record", lambda: "")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = Path(launch.own_cache())
    assert (tmp_path, 0o700) == (folder.parent, folder.stat().st_mode & 0o777)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (tmp_path / "prodready-12345").mkdir()
    with pytest.raises(launch.CannotStartError, match="belongs to another user"):
        launch.own_cache()


def names(path: str) -> dict[str, str]:
    """Package -> version of a lock."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / path).read_text(), re.MULTILINE))


def test_the_tests_run_with_the_versions_that_users_run_with():
    assert names("scripts/requirements.lock").items() <= names("tests/requirements.lock").items()


def test_the_package_and_the_lock_need_the_same():
    declared = {re.match("[a-z0-9-]+", line)[0] for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]}
    wanted = {line for line in (ROOT / "scripts" / "requirements.in").read_text().split("\n") if line and not line.startswith("#")}
    assert declared == wanted <= names("scripts/requirements.lock").keys()


@pytest.mark.parametrize("path", ["scripts/requirements.lock", "tests/requirements.lock"])
def test_every_locked_package_has_a_hash_and_no_index_is_named(path):
    text = (ROOT / path).read_text()
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert [] == [line for line in packages if not line.endswith("\\")]
    assert "http" not in text
