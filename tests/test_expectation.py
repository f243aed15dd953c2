"""A bound in the words of a profile means one thing, says so, and never holds what it cannot compare."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready import expectation
from prodready.expectation import Bound, ExpectationError, Incomparable, NoMoreFindings, OneOf


@pytest.mark.parametrize(
    ("text", "value", "unit", "held"),
    [
        (">= 80 %", 80, "%", True),
        (">= 80 %", 79.99, "%", False),
        ("<= 5 min", 300, "s", True),
        ("<= 5 min", 301, "s", False),
        ("< 200 ms", 0.1999, "s", True),
        ("< 1 GB", 999_999_999, "B", True),
        ("<= 1 GiB", 1024**3, "B", True),
        ("== 0", 0, "", True),
        ("!= 0", 0, "", False),
        ("> 1.5", 1.5, "", False),
        (">= -5e-1", -0.5, "", True),
        ("between 1 and 5", 5, "", True),
        ("between 10 ms and 2 s", 2.1, "s", False),
        ("is true", True, "", True),
        ("is true", False, "", False),
        ("== A+", "A+", "", True),
        ("is not F", "F", "", False),
        ("one of A, A+", "A", "", True),
        ("one of A, A+", "B", "", False),
        ("none of B, C", "A", "", True),
        (r"matches ^v\d", "v3", "", True),
        (r"matches ^v\d", "3", "", False),
    ],
)
def test_a_bound_holds_exactly_what_it_says(text: str, value: float | str | bool, unit: str, held: bool) -> None:
    bound = expectation.parse(text)
    assert not isinstance(bound, NoMoreFindings)
    assert bound.met_by(value, unit) is held


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        (">= 80 %", 81, ""),
        ("<= 5 min", 3, "B"),
        (">= 1", "A", ""),
        (">= 1", True, ""),
        (">= 1", math.nan, ""),
        ("< 1", math.nan, ""),
        ("!= 1", math.nan, ""),
        ("matches a", 1, ""),
    ],
)
def test_what_cannot_be_compared_is_told_apart_from_a_miss(text: str, value: float | str | bool, unit: str) -> None:
    bound = expectation.parse(text)
    assert not isinstance(bound, NoMoreFindings)
    with pytest.raises(Incomparable):
        bound.met_by(value, unit)


def test_a_pattern_that_never_ends_is_stopped() -> None:
    bound = expectation.parse("matches ^(a|aa)+$")
    assert not isinstance(bound, NoMoreFindings)
    with pytest.raises(Incomparable, match="takes too long"):
        bound.met_by("a" * 80 + "!", "")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no findings", NoMoreFindings(limit=0, severity=0)),
        ("no findings >= high", NoMoreFindings(limit=0, severity=3)),
        ("at most 3 findings at or above low", NoMoreFindings(limit=3, severity=1)),
        ("== 5 widgets", Bound(operator="==", limit=5, unit="widgets", text="== 5 widgets")),
        ("one of a ,b", OneOf(words=("a", "b"))),
    ],
)
def test_words_are_parsed_once(text: str, meant: expectation.Expectation) -> None:
    assert meant == expectation.parse(text)


@pytest.mark.parametrize("text", ["", "80 %", ">= eighty", "no findings >= awful", "=> 5", "between 1", "between a and b", "matches (", "one of", ">= 1 2"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ExpectationError) as caught:
        expectation.parse(text)
    assert str(caught.value)


@given(st.text(max_size=60))
def test_no_text_crashes_the_parser_and_what_it_reads_it_can_say_again(text: str) -> None:
    try:
        meant = expectation.parse(text)
    except ExpectationError:
        return
    assert str(meant) == str(expectation.parse(str(meant)))


@given(st.floats(allow_nan=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_keeps_exactly_one_of_a_bound_and_its_opposite(value: float, limit: float) -> None:
    below = Bound(operator="<", limit=limit, unit="", text="")
    above = Bound(operator=">=", limit=limit, unit="", text="")
    assert below.met_by(value, "") is not above.met_by(value, "")
