"""What a change adds, read from a diff of the real git, whatever the names and the lines are."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from prodready import suppressors
from prodready.readers.diff import added
from programs import commit, git, repository

ODD = ["plain.py", "with blank.py", 'quote".py', "tab\there.py", "né.py", "-dash.py", "new\nline.py", "b/a.py"]
lines = st.lists(st.sampled_from(["a", "+++ b/x", "@@ -1 +1 @@", "-- x", "diff --git a/x b/x", "", "\\ No newline", "\ttab"]), max_size=6)


@settings(max_examples=25, deadline=None)
@given(before=lines, after=lines, name=st.sampled_from(ODD))
def test_a_diff_of_git_gives_back_which_lines_are_new(before, after, name):
    with tempfile.TemporaryDirectory() as folder:
        repo = repository(Path(folder) / "r", {name: "".join(f"{line}\n" for line in before)})
        (repo / name).write_text("".join(f"{line}\n" for line in after), "utf-8")
        commit(repo, "Change")
        text = git(repo, "-c", "core.quotePath=false", "diff", "--no-renames", "-U0", "--text", "HEAD~", "HEAD")
        found = dict(added(text))
        assert set(found) == ({name} if before != after else set())
        new = found.get(name, {})
        assert all(after[number - 1] == words for number, words in new.items())
        assert set(after) - set(before) <= set(new.values())


def test_a_shared_file_has_a_section_for_each_tool():
    ruff, mypy = suppressors.of(["ruff"])[0], suppressors.of(["mypy"])[0]
    text = "[tool.ruff]\nignore = ['F']\n[tool.mypy]\nstrict = true\n"
    assert ("{'ignore': ['F']}", "{'strict': True}") == (ruff.section("pyproject.toml", text), mypy.section("pyproject.toml", text))
    assert "[flake8]\nignore = E\n" == suppressors.of(["flake8"])[0].section("setup.cfg", "[metadata]\nname = x\n[flake8]\nignore = E\n")


def test_a_tool_is_recognised_by_the_name_its_report_gives_it():
    named = {text: [one.tool for one in suppressors.speaking(text)] for text in ("Semgrep OSS 1.9", "python -m pytest", "Trivy", "mymypy", "eslint-x")}
    assert {"Semgrep OSS 1.9": ["semgrep"], "python -m pytest": ["pytest"], "Trivy": ["trivy"], "mymypy": [], "eslint-x": ["eslint"]} == named
