"""Programs run in bounds: of time, of output, of what they see; and nothing they start survives them."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prodready.context import Completed, Ended
from prodready.world.process import Processes, clean_environment

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes that left their group are found through /proc, which only Linux has")


@pytest.fixture
def processes(tmp_path):
    made = Processes(cache=tmp_path / "cache", limit=1024 * 1024)
    yield made
    made.kill_all()


def python(processes: Processes, tmp_path: Path, code: str, **options) -> Completed:
    return processes.command([sys.executable, "-c", textwrap.dedent(code)], cwd=tmp_path, **options)


def cut_off(processes: Processes, tmp_path: Path, code: str, begun: Callable[[Completed], object]) -> Completed:
    """What a program left that its deadline cut off after it had begun: on a loaded machine Python alone takes a second to start."""
    cut = (python(processes, tmp_path, code, deadline=deadline) for deadline in (1.0, 5.0, 30.0))
    return next(seen for seen in cut if begun(seen))


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether the process is gone, within a moment."""
    until = time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def read_when_written(path: Path) -> str:
    until = time.monotonic() + 30
    while not (path.exists() and path.read_text().endswith("\n")) and time.monotonic() < until:
        time.sleep(0.02)
    return path.read_text()


def test_a_program_gives_its_exit_code_and_both_streams(processes, tmp_path):
    seen = python(processes, tmp_path, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (Ended.EXITED, 7, b"out\n", b"err\n") == (seen.ended, seen.code, seen.stdout, seen.stderr)


def test_binary_garbage_comes_back_byte_for_byte(processes, tmp_path):
    seen = python(processes, tmp_path, "import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)")
    assert bytes(range(256)) * 100 == seen.stdout


def test_a_program_cannot_wait_for_input(processes, tmp_path):
    assert b"''" == python(processes, tmp_path, "import sys; print(repr(sys.stdin.read()), end='')").stdout


def test_a_program_killed_by_a_signal_says_which(processes, tmp_path):
    seen = python(processes, tmp_path, "import os; os.kill(os.getpid(), 9)")
    assert (Ended.KILLED, -9) == (seen.ended, seen.code)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [(None, 0, "No such file"), (b"#!/bin/sh\n", 0o600, "Permission denied"), (b"\x7fELF\x02wrong", 0o700, "Exec format error")],
)
def test_a_program_that_cannot_start_says_why(processes, tmp_path, content, mode, why):
    program = tmp_path / "program"
    if content is not None:
        program.write_bytes(content)
        program.chmod(mode)
    seen = processes.command([str(program)], cwd=tmp_path)
    assert (Ended.NOT_STARTED, -1) == (seen.ended, seen.code)
    assert f"{program} could not be started: {why}" in seen.stderr.decode()


def test_a_missing_folder_is_named_rather_than_the_program(processes, tmp_path):
    seen = processes.command(["true"], cwd=tmp_path / "missing")
    assert Ended.NOT_STARTED is seen.ended
    assert str(tmp_path / "missing") in seen.stderr.decode()


def test_an_argument_that_no_program_can_take_is_no_crash(processes, tmp_path):
    assert Ended.NOT_STARTED is processes.command(["true", "a\0b"], cwd=tmp_path).ended


def test_a_flood_of_output_ends_the_program_and_keeps_no_more_than_the_limit(processes, tmp_path):
    seen = python(processes, tmp_path, "while True: print('x' * 100_000)")
    assert Ended.TOO_LOUD is seen.ended
    assert 1024 * 1024 == len(seen.stdout) + len(seen.stderr)


def test_output_of_exactly_the_limit_is_not_too_loud(processes, tmp_path):
    seen = python(processes, tmp_path, "print('x' * (1024 * 1024), end='')")
    assert (Ended.EXITED, 1024 * 1024) == (seen.ended, len(seen.stdout))


def test_what_was_said_before_the_deadline_is_kept(processes, tmp_path):
    seen = cut_off(processes, tmp_path, "import time; print('begun', flush=True); time.sleep(60)", lambda seen: seen.stdout)
    assert (Ended.TIMED_OUT, b"begun\n") == (seen.ended, seen.stdout)


def test_a_program_that_ignores_the_request_to_end_is_killed(processes, tmp_path):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    seen = cut_off(processes, tmp_path, code, lambda seen: seen.stdout)
    assert (Ended.TIMED_OUT, -9, b"deaf\n") == (seen.ended, seen.code, seen.stdout)


FAMILY = """
    import os, subprocess, sys, time
    sleep = [sys.executable, "-c", "import time; time.sleep(120)"]
    child = subprocess.Popen(sleep)
    runaway = subprocess.Popen(sleep, start_new_session=True)
    with open("pids", "w") as f:
        print(child.pid, runaway.pid, file=f)
    {then}
"""


@linux
@pytest.mark.parametrize(("then", "ended"), [("sys.exit(0)", Ended.EXITED), ("os.abort()", Ended.KILLED)])
def test_however_a_program_ends_its_children_end_too_even_one_that_left_the_group(processes, tmp_path, then, ended):
    seen = python(processes, tmp_path, FAMILY.format(then=then))
    assert ended is seen.ended
    assert [True, True] == [gone(int(pid)) for pid in (tmp_path / "pids").read_text().split()]


@linux
def test_a_program_that_is_cut_off_takes_its_children_along_even_one_that_left_the_group(processes, tmp_path):
    pids = tmp_path / "pids"
    seen = cut_off(processes, tmp_path, FAMILY.format(then="time.sleep(120)"), lambda seen: pids.exists() and pids.read_text())
    assert Ended.TIMED_OUT is seen.ended
    assert [True, True] == [gone(int(pid)) for pid in pids.read_text().split()]


@linux
def test_a_child_that_keeps_the_streams_open_does_not_hold_up_the_result(processes, tmp_path):
    begin = time.monotonic()
    seen = python(processes, tmp_path, "import subprocess; print('done', flush=True); subprocess.Popen(['sleep', '120'], start_new_session=True)")
    assert (Ended.EXITED, 0, b"done\n") == (seen.ended, seen.code, seen.stdout)
    assert time.monotonic() - begin < 30


@linux
def test_kill_all_ends_programs_of_other_threads_and_lets_no_further_one_start(processes, tmp_path):
    results: list[Completed] = []
    thread = threading.Thread(target=lambda: results.append(python(processes, tmp_path, FAMILY.format(then="time.sleep(120)"))))
    thread.start()
    pids = read_when_written(tmp_path / "pids").split()
    processes.kill_all()
    thread.join(30)
    assert [Ended.KILLED] == [seen.ended for seen in results]
    assert [True, True] == [gone(int(pid)) for pid in pids]
    assert Ended.NOT_STARTED is python(processes, tmp_path, "").ended


GATE = """
    import sys, threading
    from pathlib import Path
    from prodready.world.process import Processes, interruptible
    here = Path.cwd()
    processes = Processes(cache=here / "cache")
    try:
        with interruptible(processes):
            work = lambda: processes.command([sys.executable, "-c", (here / "family.py").read_text()], cwd=here)
            worker = threading.Thread(target=work, daemon=True)
            worker.start()
            worker.join()
    except KeyboardInterrupt:
        sys.exit(130)
"""


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_no_process_behind(tmp_path, number):
    (tmp_path / "family.py").write_text(textwrap.dedent(FAMILY.format(then="time.sleep(120)")))
    scripts = str(Path(__file__).parent.parent / "scripts")
    gate = subprocess.Popen([sys.executable, "-c", textwrap.dedent(GATE)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": scripts})
    pids = read_when_written(tmp_path / "pids").split()
    gate.send_signal(number)
    assert 130 == gate.wait(30)
    assert [True, True] == [gone(int(pid)) for pid in pids]


SECRETS = {
    "PRODREADY_TOKEN": "s3cret", "GITHUB_TOKEN": "s3cret", "INPUT_TOKEN": "s3cret", "ACTIONS_RUNTIME_TOKEN": "s3cret", "AWS_SECRET_ACCESS_KEY": "s3cret",
    "PYTHONPATH": "/s3cret", "LD_PRELOAD": "", "GITLEAKS_CONFIG": "/s3cret", "PIP_INDEX_URL": "https://user:s3cret@index.example/simple",
}  # fmt: skip


def test_no_secret_of_ours_reaches_a_program(tmp_path):
    processes = Processes(cache=tmp_path, environ={**os.environ, **SECRETS})
    seen = python(processes, tmp_path, "import os; print(sorted(os.environ.items()))")
    assert b"s3cret" not in seen.stdout
    assert b"'PATH'" in seen.stdout


def test_what_a_program_needs_to_reach_the_network_is_passed_on(tmp_path):
    ours = {"HTTPS_PROXY": "http://proxy:3128", "SSL_CERT_FILE": "/ca.pem", "PIP_INDEX_URL": "https://index.example/simple", "PATH": "/usr/bin:.:relative:/bin"}
    seen = clean_environment(ours, home=tmp_path / "home", tmp=tmp_path / "tmp")
    assert {**ours, "PATH": "/usr/bin:/bin"} == {name: seen[name] for name in ours}


def test_rustup_s_compilers_are_told_to_programs_of_the_machine_and_to_no_scanner(tmp_path):
    (tmp_path / ".rustup").mkdir()
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "${RUSTUP_HOME-nothing}"\n')
    program.chmod(0o700)
    processes = Processes(cache=tmp_path, environ={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, replace={"fake": program})
    assert f"{tmp_path}/.rustup\n" == processes.command([str(program)], cwd=tmp_path).stdout.decode()
    assert b"nothing\n" == processes.tool("fake").stdout
    (tmp_path / ".rustup").rmdir()
    assert b"nothing\n" == processes.command([str(program)], cwd=tmp_path).stdout


def test_a_program_stands_in_an_empty_folder_with_an_empty_home_and_both_are_gone_afterwards(tmp_path):
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\npwd; ls -A; ls -A "$HOME" "$TMPDIR" | grep -v :; touch "$HOME/left" left\n')
    program.chmod(0o700)
    seen = Processes(cache=tmp_path, replace={"fake": program}).tool("fake")
    folder, *rest = seen.stdout.decode().split()
    assert ([], False) == (rest, Path(folder).parent.exists())


def test_a_replaced_tool_is_run_in_the_place_of_the_pinned_one_and_says_so(tmp_path):
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$1 $MODE"\n')
    program.chmod(0o700)
    seen = Processes(cache=tmp_path, replace={"gitleaks": program}).tool("gitleaks", "dir", env={"MODE": "m"})
    assert ("gitleaks (replaced)", b"dir m\n") == (seen.program, seen.stdout)
