"""``prodready waivers``: the loans of a policy at a glance, and each way in which one is none any more."""

import json

import pytest

from prodready import cli
from programs import MINI, commit, git, repository, write

NOW = "--now=2026-11-25T12:00:00Z"


def own(until="2026-12-31", item="words", more=""):
    loan = f"{{item: {item}, owner: '@ada', approver: '@bob', ticket: OPS-7, reason: soon, until: {until}}}"
    return f"extends: mini.yml\nwaived_most: 60\nwaivers:\n  - {loan}\n{more}"


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Runs it on a repository with this policy."""
    repo = repository(tmp_path / "repo", {"README.md": "hello\n", "mini.yml": MINI, ".prodready.yml": own()})
    monkeypatch.chdir(repo)

    def run(verb, *args, policy=None):
        if policy is not None:
            write(repo, {".prodready.yml": policy})
        code = cli.outcome(["waivers", verb, NOW, *args])
        return code, "".join(capsys.readouterr())

    return run


def test_a_list_shows_who_owes_what_until_when(told):
    code, text = told("list")
    heading, row = text.splitlines()
    assert (0, ["words", "@ada", "@bob", "OPS-7", "2026-12-31", "36", "soon"]) == (code, row.split())
    assert heading.startswith("ITEM")


def test_without_waivers_it_says_so(told):
    assert (0, "no waivers\n") == told("list", policy="extends: mini.yml\n")


def test_good_loans_are_none_of_its_business(told):
    assert (0, "1 waiver, 0 wrong\n") == told("lint")


def test_one_that_ends_within_fourteen_days_is_a_warning(told):
    code, text = told("lint", policy=own("2026-12-04"))
    assert (0, True) == (code, text.startswith("soon: the waiver of words ends in 9 days, on 2026-12-04 (@ada, OPS-7)"))


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (own("2026-11-24"), "words: expired on 2026-11-24; do the work, or ask @bob for more time"),
        (own("2027-06-01"), "more than 90 days from now"),
        (own().replace("waived_most: 60", "waived_most: 10"), "50.0 points are lent, at most 10 may be"),
    ],
)
def test_one_that_is_late_too_long_or_too_large_is_wrong(told, policy, says):
    code, text = told("lint", policy=policy)
    assert (1, True) == (code, says in text), text


def test_one_that_is_not_needed_any_more_is_wrong(told, tmp_path, capsys):
    cli.outcome(["run", ".", f"--out={tmp_path / 'out'}"])
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "passed" == next(item["status"] for item in report["items"] if item["id"] == "words")
    capsys.readouterr()
    code, text = told("lint", f"--report={tmp_path / 'out' / 'report.json'}")
    assert (1, True) == (code, "words: not used, the item passes; take the waiver out" in text), text


def test_one_that_is_widened_against_the_base_is_wrong(told, tmp_path):
    git(tmp_path / "repo", "checkout", "-q", "-b", "change")
    write(tmp_path / "repo", {".prodready.yml": own("2027-01-31")})
    commit(tmp_path / "repo", "Widen")
    code, text = told("lint", "--base=main")
    assert (1, True) == (code, "the waiver of words is widened from 2026-12-31 to 2027-01-31" in text), text


def test_two_of_one_item_are_an_error_with_its_line(told):
    twice = own(more="  - {item: words, owner: '@ada', approver: '@bob', ticket: OPS-8, reason: again, until: 2026-12-01}\n")
    code, text = told("lint", policy=twice)
    assert (2, True) == (code, "'words' is waived above already: keep one of the two" in text), text
