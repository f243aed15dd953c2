"""A change is judged by the policy at the tip of its base branch, never by the one it brings along."""

from pathlib import Path

import pytest

from programs import MINI, commit, git, prodready, report_of, repository, statuses, write

OWN = "extends: mini.yml\n"
WEAKER = "extends: mini.yml\npass_mark: 0\nitems: {readme: {off: not today}}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "repo", {"README.md": "nothing\n", "mini.yml": MINI, ".prodready.yml": OWN})
    git(folder, "checkout", "-q", "-b", "change")
    return folder


def gate(repo: Path, *args: str) -> int:
    ended = prodready("run", repo, "--out", repo.parent / "out", *args)
    assert "Traceback" not in ended.everything
    return ended.code


def test_a_change_that_weakens_its_own_policy_is_judged_by_the_base(repo: Path) -> None:
    write(repo, {".prodready.yml": WEAKER})
    commit(repo, "Weaken")
    assert (gate(repo), gate(repo, "--base", "main")) == (0, 1)
    report = report_of(repo.parent / "out")
    assert report["profile"]["source"] == f"base:{git(repo, 'rev-parse', 'main')}"
    assert any(".prodready.yml" in note for note in report["notes"])


def test_a_change_that_weakens_the_profile_it_extends_is_judged_by_the_base(repo: Path) -> None:
    write(repo, {"mini.yml": MINI.replace("hello", "nothing")})
    commit(repo, "Weaken the profile")
    assert (gate(repo), gate(repo, "--base", "main")) == (0, 1)


def test_a_change_that_deletes_the_policy_does_not_get_rid_of_it(repo: Path) -> None:
    (repo / ".prodready.yml").unlink()
    commit(repo, "Delete")
    assert gate(repo, "--base", "main") == 1
    assert set(statuses(repo.parent / "out")) == {"readme", "words"}


def test_the_policy_is_the_one_at_the_tip_of_the_base_not_where_the_change_left_it(repo: Path) -> None:
    commit(repo, "Start")
    git(repo, "checkout", "-q", "main")
    write(repo, {".prodready.yml": "extends: mini.yml\nitems: {words: {required: true}}\n"})
    tip = commit(repo, "Tighten")
    git(repo, "checkout", "-q", "change")
    gate(repo, "--base", "main")
    assert report_of(repo.parent / "out")["profile"]["source"] == f"base:{tip}"


def test_what_the_remote_has_goes_before_a_local_branch_of_the_same_name(repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "main")
    git(tmp_path, "clone", "-q", str(repo), "clone")
    clone = tmp_path / "clone"
    write(clone, {".prodready.yml": WEAKER})
    commit(clone, "Weaken the local main")
    assert gate(clone, "--base", "main") == 1


def test_a_policy_at_the_base_that_is_a_link_is_refused(repo: Path) -> None:
    git(repo, "checkout", "-q", "main")
    (repo / ".prodready.yml").unlink()
    (repo / ".prodready.yml").symlink_to("mini.yml")
    commit(repo, "Link")
    git(repo, "checkout", "-q", "change")
    assert gate(repo, "--base", "main") == 2


def test_a_base_without_git_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "plain", {"README.md": "hello", "mini.yml": MINI})
    assert gate(folder, "--profile", "mini.yml", "--base", "main") == 2
