"""The command line answers quickly, explains itself with examples, and leaves nothing behind when it is interrupted."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import answers
from prodready import check, cli
from prodready.errors import Exit
from prodready.settings import Settings
from programs import HERE, MINI, PROGRAM, prodready, repository, write


def test_every_command_shows_an_example_in_its_help() -> None:
    for name in cli.COMMANDS:
        ended = prodready(name, "--help")
        assert (ended.code, "example" in ended.out.lower()) == (0, True), name


def test_help_lists_every_command_and_every_exit_code() -> None:
    words = prodready("--help").out
    assert [name for name in cli.COMMANDS if f"  {name} " not in words] == []
    assert [code for code in Exit if f"  {code.value} " not in words] == []


def test_no_arguments_are_no_command() -> None:
    assert prodready().code == Exit.USAGE


def test_version_is_that_of_the_version_file() -> None:
    assert prodready("--version").out == f"prodready {(HERE / 'scripts/prodready/VERSION').read_text().strip()}\n"


def test_a_check_of_one_document_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::desk/*"}]}')
    program = [PROGRAM[0], "-X", "importtime", *PROGRAM[1:]]
    ended = subprocess.run([*program, "check", "iam_wildcards", tmp_path], capture_output=True, text=True, timeout=60, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "prodready.checks.iam_wildcards.judging" in loaded
    assert set() == loaded & {"dataclasses", "inspect", "ast", "tempfile", "subprocess", "yaml", "github"}


def test_the_settings_print_no_secret() -> None:
    environ = {"PRODREADY_TOKEN": "s3cret", "PRODREADY_ORG_TOKEN": "s3cret", "SLACK_WEBHOOK_URL": "s3cret", "PRODREADY_BYBIT_SECRET": "s3cret", "CI": "true"}
    told = repr(Settings.from_environ(environ))
    assert ("ci=True" in told, "s3cret" in told) == (True, False)


@pytest.mark.parametrize("what", ["checks", "items", "profiles", "tools"])
def test_each_list_has_a_heading_and_rows(what: str, tmp_path: Path) -> None:
    lines = prodready("list", what, cwd=tmp_path).out.splitlines()
    assert lines[0].isupper()
    assert len(lines) > 1


@pytest.mark.parametrize("check_id", check.known())
def test_every_check_explains_itself_with_its_parameters(check_id: str) -> None:
    ended = prodready("explain", check_id)
    assert ended.code == 0, ended.err
    assert "Default bound: " in ended.out
    assert "Parameters:" in ended.out


def test_an_item_is_explained_with_why_and_how(tmp_path: Path) -> None:
    words = prodready("explain", "secrets.none", cwd=tmp_path).out
    assert ("Why: " in words, "How: " in words) == (True, True)


def test_a_profile_is_linted_with_its_weights(tmp_path: Path) -> None:
    (tmp_path / "mini.yml").write_text(MINI.replace("weight: 100", "weight: 103"), "utf-8")
    ended = prodready("lint", "mini.yml", cwd=tmp_path)
    assert (ended.code, "add up to 103, not 100" in ended.out) == (0, True)


DOUBTFUL = """\
  - id: more
    title: More
    weight: 1
    items:
      - {id: coverage, title: Coverage, check: test_report, params: {files: [c.xml], measure: coverage}, expect: '>= 120 %'}
      - {id: rate, title: Rate, check: test_report, params: {files: [c.xml]}, expect: '>= 0 %'}
      - {id: fine, title: Fine, check: test_report, params: {files: [c.xml]}, expect: '>= 100 %'}
      - {id: report, title: Report, check: document, params: {paths: ['ssl/2025-08-<date>.pdf']}}
      - {id: again, title: there is a  readme, check: text_pattern, params: {files: [README.md], pattern: hello, mode: require}}
      - {id: signed, title: Signed, check: attestation, params: {roles: [risk-oficer]}}
"""


def test_a_profile_is_linted_for_what_makes_no_sense(tmp_path: Path) -> None:
    own = "extends: mini.yml\nroles: {risk-officer: {people: {erin: 2}}}\nsignoffs: {release: [risk-officer]}\n"
    write(tmp_path, {"mini.yml": MINI + DOUBTFUL, ".prodready.yml": own})
    ended = prodready("lint", ".prodready.yml", cwd=tmp_path)
    doubts = [line.removeprefix("  doubt: ") for line in ended.out.splitlines() if line.startswith("  doubt: ")]
    expected = (
        "report: 'ssl/2025-08-<date>.pdf' has a placeholder", "again: says and asks the same as readme", "risk-oficer must sign, and nobody is named",
        "coverage: coverage is a share between 0 and 100%, so '>= 120 %' can never hold", "rate: pass_rate is a share between 0 and 100%",
    )  # fmt: skip
    assert (1, 5) == (ended.code, len(doubts)), ended.out
    assert all(doubt.startswith(words) for doubt, words in zip(doubts, expected, strict=True)), doubts


def test_observe_tells_the_code_it_would_have_and_ends_with_0(tmp_path: Path) -> None:
    repo = repository(tmp_path / "r", {"README.md": "no\n", "mini.yml": MINI})
    ended = prodready("run", ".", "--profile", "mini.yml", "--observe", cwd=repo)
    assert (ended.code, "would have ended with 1" in ended.out) == (0, True)


def test_two_runs_at_the_same_time_given_leave_the_same_bytes_but_for_the_clock(tmp_path: Path) -> None:
    repo = repository(tmp_path / "r", {"README.md": "hello badword\n", "mini.yml": MINI})
    texts = []
    for name in ("one", "two"):
        prodready("run", ".", "--profile", "mini.yml", "--now", "2026-01-31T12:00:00Z", "--out", tmp_path / name, cwd=repo)
        texts.append(re.sub(r'"seconds": [0-9.e-]+', "", (tmp_path / name / "report.json").read_text("utf-8")))
    assert texts[0] == texts[1]


def test_a_check_gives_one_outcome_as_json_and_its_exit_code(tmp_path: Path) -> None:
    repo = repository(tmp_path / "r", {"README.md": "hello\n"})
    args = ("check", "text_pattern", ".", "-p", "files=[README.md]", "-p", "mode=require", "--json", "-p")
    assert [prodready(*args, f"pattern={word}", cwd=repo).code for word in ("hello", "goodbye")] == [0, 1]
    assert prodready("check", "text_pattern", ".", "-p", "files=[MISSING.md]", "-p", "pattern=x", cwd=repo).code == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    mark = f"{time.time_ns()}.5"
    slow = MINI.replace(
        "check: text_pattern, params: {files: [README.md], pattern: hello, mode: require}", f"check: command, params: {{argv: [sleep, '{mark}']}}"
    )
    repo = repository(tmp_path / "r", {"README.md": "hello\n", "mini.yml": slow})
    argv = [sys.executable, "-I", str(HERE / "scripts" / "prodready"), "run", ".", "--profile", "mini.yml"]
    with subprocess.Popen(argv, cwd=repo, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "CI": ""}) as running:
        assert _within(60, lambda: _processes(mark) == 1)
        running.send_signal(number)
        running.wait(timeout=60)
    assert running.returncode == Exit.INTERRUPTED
    assert _within(20, lambda: _processes(mark) == 0)


def _processes(mark: str) -> int:
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes())
        except OSError:
            continue
    return sum(line.startswith(b"sleep\0") and mark.encode() in line for line in lines)


def _within(seconds: float, holds: object) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_a_run_without_its_scanner_ends_with_3_and_names_the_item(tmp_path: Path) -> None:
    secrets = "{id: secrets, title: No secret, check: secrets, params: {history: none}, required: true}"
    mini = MINI.replace("      - {id: words", f"      - {secrets}\n      - {{id: words")
    repo = repository(tmp_path / "r", {"README.md": "hello\n", "mini.yml": mini})
    empty = {"PRODREADY_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    ended = prodready("run", ".", "--profile", "mini.yml", "--offline", cwd=repo, env=empty)
    assert ended.code == Exit.UNKNOWN, ended.everything
    assert "secrets" in ended.out
    assert "offline: nothing that needs the network could be told" in ended.out


def test_the_list_of_checks_says_of_each_what_the_check_itself_says() -> None:
    loaded = [(name, check.load(name).domain, check.load(name).expect, check.doc(name).partition("\n")[0]) for name in check.known()]
    assert loaded == [(head.id, head.domain, head.expect, head.about) for head in check.headings()]


def test_a_check_knows_the_targets_of_the_repository(tmp_path: Path) -> None:
    with answers.serving({"/healthz": {"text": "ok"}}) as server:
        repo = repository(tmp_path / "r", {".prodready.yml": f"extends: starter\ntargets: {{service: '{server.url}'}}\n"})
        there = prodready("check", "http_probe", ".", "-p", "url=service", "-p", "path=/healthz", cwd=repo)
        gone = prodready("check", "http_probe", ".", "-p", "url=servce", cwd=repo)
    assert (Exit.READY, Exit.UNKNOWN) == (there.code, gone.code), there.everything
    assert "did you mean 'service'?" in gone.out


def test_a_check_says_what_to_write_instead_and_shows_how_it_judged(tmp_path):
    policy = '{"Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage", "ec2:DescribeInstances"], "Resource": "*"}]}'
    repo = write(tmp_path, {"p.json": policy})
    plain, explained = (prodready("check", "iam_wildcards", ".", *more, cwd=repo) for more in ((), ("--explain",)))
    assert (plain.code, explained.code) == (1, 1)
    assert "to do at p.json:1: write " in plain.everything
    assert "can only be granted on *: ec2:DescribeInstances" in explained.everything
    assert "can only be granted on *" not in plain.everything
    refused = prodready("check", "git_ignored", ".", "--explain", cwd=repo)
    assert (refused.code, "'explain' is no key here" in refused.everything) == (2, True)
