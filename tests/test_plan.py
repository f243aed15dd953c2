"""The plan binds items to checks, types their parameters, applies their rules and joins equal work."""

import pytest

from nouns import FolderRepo, category, checklist, item
from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.model import Item, Stage, Unseen, When
from prodready.plan import Plan, plan, without

README = {"paths": ["README.md"]}


def planned(*items: Item, files: dict[str, str] | None = None, stage: Stage = Stage.PR, **rest: object) -> Plan:
    held = checklist(category("one", 1, *items), settings={"doc": ["GUIDE.md"]}, targets={"api": "https://localhost"})
    return plan(held, FolderRepo(files or {"a.py": ""}), stage=stage, **rest)  # type: ignore[arg-type]


def test_items_that_ask_the_same_question_share_one_job() -> None:
    (job,) = planned(item("a", params=README), item("b", params={"paths": ["README.md"]})).jobs
    assert ["a", "b"] == [one.id for one in job.items]
    assert job.label == "a +1"


def test_items_with_other_parameters_run_apart() -> None:
    assert len(planned(item("a", params=README), item("b", params={"paths": ["NOTES.md"]})).jobs) == 2


@pytest.mark.parametrize(("stage", "ids"), [(Stage.PR, ["a"]), (Stage.RELEASE, ["a", "b"]), (Stage.POST_RELEASE, ["a", "b", "c"])])
def test_a_stage_holds_its_own_items_and_those_of_the_stages_before(stage: Stage, ids: list[str]) -> None:
    items = [item(name, params={"paths": [name]}, stage=when) for name, when in (("a", Stage.PR), ("b", Stage.RELEASE), ("c", Stage.POST_RELEASE))]
    made = planned(*items, stage=stage)
    assert (ids, 3 - len(ids)) == ([job.items[0].id for job in made.jobs], made.left_out)


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (When(files=("*.py",)), None),
        (When(files=("*.go", "*.rs")), "applies to *.go, *.rs; none here"),
        (When(settings=("doc",)), None),
        (When(settings=("junit",)), "applies when settings names junit"),
        (When(targets=("api",)), None),
        (When(targets=("prometheus",)), "applies when targets names prometheus"),
    ],
)
def test_the_rule_of_an_item_alone_says_whether_it_applies(when: When, reason: str | None) -> None:
    settled = planned(item("a", params=README, when=when)).settled
    assert ([] if reason is None else [reason]) == [one.reason for one in settled]


def test_an_item_that_is_switched_off_keeps_its_reason() -> None:
    assert planned(item("a", params=README, off="we have none")).settled[0].reason == "switched off: we have none"


def test_a_rule_that_cannot_be_told_does_not_take_the_item_away() -> None:
    class Broken(FolderRepo):
        def files(self, *patterns: str) -> tuple[str, ...]:
            raise CannotTell("the listing broke")

    held = checklist(category("one", 1, item("a", params=README, when=When(files=("*.py",)))))
    assert plan(held, Broken(), stage=Stage.PR).settled[0].unseen == Unseen(reason="the listing broke")  # type: ignore[arg-type]


def test_a_parameter_may_come_from_the_repositorys_settings() -> None:
    assert planned(item("a", params={"paths": {"setting": "doc"}})).jobs[0].params.paths == ("GUIDE.md",)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"path": ["x"]}, "a: params: path: 'path' is no key here; did you mean 'paths'?"),
        ({"paths": 3}, "a: params: paths: expected"),
        ({"paths": {"setting": "nope"}}, "a: needs the setting 'nope'"),
        ({}, "'paths' is missing"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(params: dict[str, object], says: str) -> None:
    with pytest.raises(ProdreadyError) as caught:
        planned(item("a", params=params))
    assert says in caught.value.message


def test_a_selection_keeps_only_what_it_names() -> None:
    items = (item("a", params=README), item("b", params={"paths": ["NOTES.md"]}))
    made = planned(*items, only=["b"])
    assert (["b"], 1) == ([job.items[0].id for job in made.jobs], made.left_out)


@pytest.mark.parametrize(
    ("selection", "says"),
    [({"only": ["readme.exist"]}, "no item 'readme.exist' in this profile; did you mean 'readme.exists'?"), ({"domains": ["repo"]}, "no domain 'repo'")],
)
def test_a_selection_of_nothing_known_is_an_error_not_an_empty_run(selection: dict[str, list[str]], says: str) -> None:
    with pytest.raises(ProdreadyError, match=r".+") as caught:
        planned(item("readme.exists", params=README), **selection)
    assert says in caught.value.message


def test_what_another_run_observed_is_not_run_again() -> None:
    made = without(planned(item("a", params=README), item("b", params=README), item("c", params={"paths": ["x"]})), ["a", "c"])
    assert [["b"]] == [[one.id for one in job.items] for job in made.jobs]
    assert ["a", "c"] == [one.id for _, one in made.given]
