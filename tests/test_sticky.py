"""The comment that stays: which run may write, when it is written anew, and what it says against the base."""

import json

import pytest

from fake_github.server import ACTIONS
from prodready.github.client import GitHubPort
from prodready.github.comment import Overtaken, Stamp, keep, marker
from prodready.report import markdown
from pulls import packed
from reports import ready, sample

GATE, HEAD = "prodready/gate", "a" * 40

pytestmark = pytest.mark.integration


@pytest.fixture
def port(github):
    return GitHubPort(api_url=github.url, repository=github.repository, token="ghs_workflow", patience=1.0)


def stamp(run, attempt=1, word="ready", head=HEAD):
    return Stamp(run=run, attempt=attempt, head=head, word=word)


@pytest.mark.parametrize("later", [stamp(78), stamp(77, 2)])
def test_a_run_that_ends_after_a_later_one_leaves_its_comment_alone(github, port, later):
    keep(port, 1, GATE, "the later", later)
    with pytest.raises(Overtaken):
        keep(port, 1, GATE, "the earlier", stamp(77))
    assert ["the later"] == [comment.body.splitlines()[2] for comment in github.comments]


def test_a_run_about_another_commit_is_not_later(github, port):
    keep(port, 1, GATE, "old", stamp(99, head="b" * 40))
    keep(port, 1, GATE, "new", stamp(77))
    assert ["new"] == [comment.body.splitlines()[2] for comment in github.comments]


def test_written_anew_when_the_verdict_changes_and_edited_when_it_does_not(github, port):
    first = keep(port, 1, GATE, "a", stamp(1, word="not-ready"), anew=True)
    assert first.id == keep(port, 1, GATE, "b", stamp(2, word="not-ready"), anew=True).id
    github.comment(1, ACTIONS, "people talk")
    second = keep(port, 1, GATE, "c", stamp(3, word="ready"), anew=True)
    assert second.id > first.id
    assert [second.id] == [comment.id for comment in github.comments if comment.body.startswith(marker(GATE))]


def test_written_anew_once_when_the_answer_is_lost(github, port):
    keep(port, 1, GATE, "a", stamp(1, word="not-ready"), anew=True)
    github.trouble("POST", "/comments", times=5, status=502, stored=True)
    keep(port, 1, GATE, "b", stamp(2), anew=True)
    assert ["b"] == [comment.body.splitlines()[2] for comment in github.comments]


def test_two_runs_that_write_anew_leave_the_younger(github, port):
    keep(port, 1, GATE, "a", stamp(1, word="not-ready"), anew=True)
    github.after("POST", "/issues/1/comments", lambda: github.comment(1, ACTIONS, f"{marker(GATE)}\nother"))
    keep(port, 1, GATE, "b", stamp(2), anew=True)
    keep(port, 1, GATE, "b", stamp(3), anew=True)
    assert 1 == len(github.comments)


def test_a_pull_request_with_thousands_of_comments_is_read_to_the_end(github, port):
    for number in range(2_600):
        github.comment(1, None, f"comment {number}")
    mine = github.comment(1, ACTIONS, f"{marker(GATE)}\nold")
    assert mine.id == keep(port, 1, GATE, "new").id


def test_the_comment_says_what_changed_against_the_base():
    text = markdown.render(sample(), before=ready())
    (told,) = [line for line in text.splitlines() if line.startswith("**Against the base**")]
    assert "score 100.0 → 19.5 (-80.5)" in told
    assert "gone: `docs.readme`" in told


def test_without_a_base_nothing_is_compared():
    assert "Against the base" not in markdown.render(sample())


def test_the_base_is_the_newest_report_of_a_run_on_that_branch_of_this_repository(pull):
    pull.base()
    before = pull.gate().report if pull.change() else {}
    good = {**before, "subject": {**before["subject"], "commit": pull.github.branches["main"]}}
    forged = packed({"report.json": json.dumps({**good, "score": {**good["score"], "value": 1.0}}).encode()})
    pull.github.at_base(forged, pull.github.branches["main"], head_repository=2)
    pull.github.at_base(packed({"report.json": json.dumps(good).encode()}), pull.github.branches["main"])
    pull.change({"desk.py": "x = 2  # FIXME\n"})
    pull.gate()
    assert "score 100.0 → 50.0 (-50.0); newly broken: `code.finished`" in pull.github.comments[0].body
