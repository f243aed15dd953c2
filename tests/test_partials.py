"""Partial reports bring observations of the same commit, never verdicts."""

from datetime import UTC, datetime

from nouns import category, checklist, finding, found, item, outcome
from prodready.model import Decision, Outcome, Report, Score, Stage, Status, Subject, Unseen
from prodready.partials import observations


def partial(*outcomes: Outcome, commit: str = "c" * 40) -> Report:
    held = checklist(category("one", 1, *(one.item for one in outcomes)))
    return Report(
        version="1", subject=Subject(repository="o/n", commit=commit, base="", dirty=False), checklist=held, stage=Stage.PR,
        started=datetime(2026, 1, 1, tzinfo=UTC), seconds=0, outcomes=outcomes, checks=(),
        score=Score(value=100, without_waivers=100, pass_mark=80, categories=()), decision=Decision(ready=True, exit_code=0, reasons=()),
    )  # fmt: skip


def test_what_they_saw_is_taken_whatever_they_concluded() -> None:
    seen = found(finding())
    assert {"a": seen} == observations([partial(outcome(item("a"), Status.PASSED, seen))], "c" * 40)


def test_another_commits_report_tells_nothing_about_this_one() -> None:
    (told,) = observations([partial(outcome(item("a"), Status.PASSED), commit="d" * 40)], "c" * 40).values()
    assert isinstance(told, Unseen)


def test_two_reports_that_disagree_tell_nothing() -> None:
    both = [partial(outcome(item("a"), Status.PASSED, found())), partial(outcome(item("a"), Status.FAILED, found(finding())))]
    assert isinstance(observations(both, "c" * 40)["a"], Unseen)


def test_a_partial_cannot_say_that_an_item_does_not_apply() -> None:
    assert observations([partial(outcome(item("a"), Status.NOT_APPLICABLE))], "c" * 40) == {}


def test_a_report_without_a_commit_cannot_speak_for_a_run_without_one() -> None:
    (told,) = observations([partial(outcome(item("a"), Status.PASSED), commit="")], "").values()
    assert isinstance(told, Unseen)
