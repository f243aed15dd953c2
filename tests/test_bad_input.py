"""Whatever it is pointed at, prodready ends with a clear error or a visible note: never with a traceback, never with a false ready."""

import os
from pathlib import Path

import pytest

from programs import MINI, commit, git, prodready, report_of, repository, statuses, write

GOOD = {"README.md": "hello\n", "mini.yml": MINI}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", GOOD)


def gate(repo: Path, *args: str | Path) -> tuple[int, str]:
    ended = prodready("run", repo, "--profile", "mini.yml", "--out", repo.parent / "out", *args)
    assert "Traceback" not in ended.everything
    return ended.code, ended.everything


def test_a_good_repository_is_ready(repo: Path) -> None:
    code, words = gate(repo)
    assert code == 0, words
    assert statuses(repo.parent / "out") == {"readme": "passed", "words": "passed"}


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ("id: [", "not valid YAML"),
        ("- just\n- a list", "expected a mapping"),
        (MINI.replace("pass_mark", "passmark"), "did you mean 'pass_mark'?"),
        (MINI.replace("80", "'80'"), "expected a number"),
        (MINI.replace("pattern: hello", "patern: hello"), "did you mean 'pattern'?"),
        (MINI.replace("pattern: hello", "pattern: '('"), "pattern"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)), "anchors"),
        ("#" * 10_000_000, "larger than"),
        ("", "expected a mapping"),
        ("\x00\x01", "not valid YAML"),
    ],
)
def test_a_profile_that_is_wrong_ends_with_2_and_says_where(repo: Path, profile: str, says: str) -> None:
    write(repo, {"mini.yml": profile})
    code, words = gate(repo)
    assert (code, True) == (2, says in words), words
    assert "what to do" in words


def test_a_profile_that_is_not_utf8_or_not_a_file_ends_with_2(repo: Path) -> None:
    (repo / "mini.yml").write_bytes(b"id: caf\xe9\n")
    assert gate(repo)[0] == 2
    (repo / "mini.yml").unlink()
    assert gate(repo)[0] == 2
    (repo / "mini.yml").mkdir()
    assert gate(repo)[0] == 2


def test_a_policy_that_is_a_link_is_refused(repo: Path) -> None:
    write(repo.parent, {"elsewhere.yml": "extends: mini.yml\n"})
    (repo / ".prodready.yml").symlink_to(repo.parent / "elsewhere.yml")
    code, words = gate(repo)
    assert (code, True) == (2, "symbolic link" in words), words


@pytest.mark.parametrize("path", ["missing", "README.md"])
def test_a_path_that_is_no_folder_ends_with_2(repo: Path, path: str) -> None:
    assert gate(repo / path)[0] == 2


def test_outside_git_the_files_are_gated_all_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", GOOD)
    code, words = gate(folder)
    assert code == 0, words
    assert report_of(tmp_path / "out")["subject"]["commit"] == ""


def test_a_bare_repository_ends_with_2_and_says_to_clone_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    code, words = gate(tmp_path / "bare.git")
    assert (code, True) == (2, "clone" in words), words


def test_a_repository_without_commits_is_gated_by_its_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "empty", GOOD)
    git(folder, "init", "-q")
    assert gate(folder)[0] == 0


def test_a_repository_without_files_is_not_ready(tmp_path: Path) -> None:
    folder = tmp_path / "void"
    folder.mkdir()
    git(folder, "init", "-q")
    (tmp_path / "mini.yml").write_text(MINI, "utf-8")
    code, words = gate(folder, "--profile", str(tmp_path / "mini.yml"))
    assert code in (1, 3), words


def test_a_shallow_clone_is_gated_and_an_unreachable_base_ends_with_2(repo: Path, tmp_path: Path) -> None:
    for number in range(3):
        commit(repo, f"Change {number}")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    assert gate(tmp_path / "shallow")[0] == 0
    code, words = gate(tmp_path / "shallow", "--base", "no-such-branch")
    assert (code, True) == (2, "fetch-depth: 0" in words), words


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_no_pass(repo: Path) -> None:
    (repo / "README.md").chmod(0)
    assert gate(repo)[0] in (1, 3)


def test_a_link_out_of_the_repository_is_not_followed_and_is_told(repo: Path) -> None:
    (repo / "README.md").unlink()
    write(repo.parent, {"secret.md": "hello badword\n"})
    (repo / "README.md").symlink_to(repo.parent / "secret.md")
    code, words = gate(repo)
    assert code in (1, 3), words
    assert any("README.md" in note for note in report_of(repo.parent / "out")["notes"])


def test_a_file_that_is_not_text_is_no_pass(repo: Path) -> None:
    (repo / "README.md").write_bytes(b"hello \xff\xfe\xfd caf\xe9")
    assert gate(repo)[0] in (1, 3)


@pytest.mark.parametrize("name", ["-rf", "a\nb.md", "a](x)<img>.md", "caf\udce9.md", "$(touch pwned).md", "名前.md"])
def test_any_file_name_survives(repo: Path, name: str) -> None:
    (repo / name).write_text("badword\n", "utf-8")
    code, words = gate(repo, "--fail-on", "failed")
    assert code == 1 if name.endswith(".md") else code == 0, words
    assert not (repo / "pwned").exists()


@pytest.mark.parametrize(
    "args",
    [
        ("run", "--stage", "someday"),
        ("run", "--jobs", "0"),
        ("run", "--format", "docx"),
        ("run", "--now", "yesterday"),
        ("run", "--only", "nothing.here"),
        ("rnu",),
        ("check", "secrts", "."),
        ("check", "document", ".", "-p", "paths"),
        ("check", "document", ".", "-p", "paths=[a", "--expect", "no findings"),
        ("check", "document", ".", "-p", "paths=a", "--expect", "some"),
        ("explain", "nothing"),
        ("lint", "missing.yml"),
        ("report", "missing.json"),
        ("merge", "missing.json"),
        (),
    ],
)
def test_wrong_words_on_the_command_line_end_with_2(repo: Path, args: tuple[str, ...]) -> None:
    ended = prodready(*args, cwd=repo)
    assert ended.code == 2, ended.everything
    assert "Traceback" not in ended.everything


def test_a_report_that_is_no_report_ends_with_2(repo: Path) -> None:
    for text in ("", "{", "[]", '{"schema": "prodready/report/v1"}', '{"schema": "other"}', "[" * 100_000):
        write(repo, {"r.json": text})
        ended = prodready("report", "r.json", cwd=repo)
        assert ended.code == 2, ended.everything
        assert "Traceback" not in ended.everything


def test_an_output_folder_that_cannot_be_written_ends_with_2(repo: Path) -> None:
    ended = prodready("run", repo, "--profile", "mini.yml", "--out", repo / "README.md" / "x")
    assert (ended.code, "Traceback" in ended.everything) == (2, False), ended.everything


def test_the_reports_of_a_run_are_not_gated_by_the_next(repo: Path) -> None:
    write(repo, {"README.md": "hello badword\n"})
    for _ in range(2):
        ended = prodready("run", ".", "--profile", "mini.yml", cwd=repo)
        assert "prodready-out" not in str(report_of(repo / "prodready-out")["items"]), ended.everything
