"""A repository is offered what it needs to begin with, and nothing it has is ever changed."""

import pytest
import yaml

from prodready.proposals import profile_of, proposals
from prodready.world.repo import open_repo
from programs import HERE, prodready, repository


@pytest.mark.parametrize(
    ("files", "profile"),
    [
        ({"README.md": "x"}, "starter"),
        ({"RELEASE_CHECKLIST.md": "- [ ] a"}, "release"),
        ({"docs/PRE_LIVE_CHECKLIST.md": "- [ ] a"}, "pre-live"),
        ({"requirements.txt": "ccxt==4.0\n"}, "pre-live"),
        ({"pyproject.toml": "[project]\ndependencies = ['requests']\n"}, "starter"),
    ],
)
def test_the_profile_fits_what_is_there(files, profile, tmp_path):
    assert profile == profile_of(open_repo(repository(tmp_path / "service", files)))[0]


def test_without_yes_nothing_is_written(tmp_path):
    root = repository(tmp_path / "service", {"README.md": "x"})
    ended = prodready("init", root)
    assert (0, ["README.md"]) == (ended.code, sorted(path.name for path in root.iterdir() if path.name != ".git"))
    assert "nothing was written" in ended.out


def test_with_yes_the_files_are_there_valid_and_not_offered_again(tmp_path):
    root = repository(tmp_path / "service", {"README.md": "x"})
    assert 0 == prodready("init", root, "--yes").code
    for name in (".prodready.yml", ".github/workflows/prodready.yml", ".github/CODEOWNERS", ".pre-commit-config.yaml"):
        assert (root / name).is_file()
    assert 0 == prodready("lint", root / ".prodready.yml").code
    assert (HERE / "examples/workflows/prodready.yml").read_text("utf-8") == (root / ".github/workflows/prodready.yml").read_text("utf-8")
    assert ["prodready", "prodready-lint"] == [hook["id"] for hook in yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]]
    assert "everything is there already" in prodready("init", root).out


def test_a_file_that_is_there_is_never_changed(tmp_path):
    files = {".github/CODEOWNERS": "* @me\n", ".pre-commit-config.yaml": "repos: []\n", ".prodready.yml": "extends: starter\n"}
    root = repository(tmp_path / "service", files)
    ended = prodready("init", root, "--yes")
    assert 0 == ended.code
    assert files == {name: (root / name).read_text("utf-8") for name in files}
    assert "add to .github/CODEOWNERS" in ended.out
    assert "/.prodready.yml @your-org" in ended.out


def test_the_hooks_that_are_offered_exist_and_run_commands_that_exist():
    hooks = {hook["id"]: hook for hook in yaml.safe_load((HERE / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert {"prodready", "prodready-lint"} == set(hooks)
    for hook in hooks.values():
        words = hook["entry"].split()
        assert ("prodready", 0) == (words[0], prodready(words[1], "--help").code)


def test_every_proposal_says_why(tmp_path):
    assert all(proposal.why for proposal in proposals(open_repo(repository(tmp_path / "service", {"README.md": "x"}))))
