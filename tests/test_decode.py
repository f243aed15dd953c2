"""Plain data becomes frozen types strictly; every mistake is told at once, with the nearest valid word."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from prodready.decode import DecodeError, decode, dotted


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(Struct, frozen=True, kw_only=True):
    size: float
    name: str = ""


class Thing(Struct, frozen=True, kw_only=True):
    title: str
    count: int = 0
    ok: bool = False
    colour: Colour = Colour.RED
    mode: Literal["any", "all"] = "any"
    until: date | None = None
    limit: int | str = 0
    files: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)


def test_good_data_becomes_the_type() -> None:
    data = {"title": "t", "colour": "blue", "files": ["a"], "parts": [{"size": 1}], "until": date(2026, 1, 31), "limit": "x", "more": {"k": [1]}}
    expected = Thing(title="t", colour=Colour.BLUE, files=("a",), parts=(Part(size=1.0),), until=date(2026, 1, 31), limit="x", more={"k": [1]})
    assert expected == decode(data, Thing)


def test_one_word_stands_for_a_list_of_one() -> None:
    assert decode({"title": "t", "files": "*.py"}, Thing).files == ("*.py",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "'title' is missing"),
        ({"title": 3}, "title: expected text, got 3"),
        ({"title": "t", "count": "3"}, "count: expected a whole number, got '3'"),
        ({"title": "t", "count": True}, "count: expected a whole number, got True"),
        ({"title": "t", "ok": "yes"}, "ok: expected true or false, got 'yes'"),
        ({"title": "t", "colour": "blu"}, "colour: 'blu' is not valid; did you mean 'blue'?"),
        ({"title": "t", "mode": "none"}, "mode: 'none' is not valid"),
        ({"title": "t", "colur": "red"}, "colur: 'colur' is no key here; did you mean 'colour'?"),
        ({"title": "t", "parts": [{"size": "big"}]}, "parts[0].size: expected a number, got 'big'"),
        ({"title": "t", "parts": {"size": 1}}, "parts: expected a list, got a mapping"),
        ({"title": "t", "until": "soon"}, "until: expected a date (2026-01-31), got 'soon'"),
        ([], "expected a mapping (key: value), got a list"),
        (None, "expected a mapping (key: value), got nothing"),
    ],
)
def test_each_mistake_says_where_and_what_instead(data: object, says: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(data, Thing)
    assert says in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(DecodeError) as caught:
        decode({"titel": "t", "count": "x", "ok": 1}, Thing)
    assert ["titel", "count", "ok", "the document"] == [dotted(mistake.path) for mistake in caught.value.mistakes]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["title", "count", "parts", "size", "limit", "x"]), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_any_data_ends_in_the_type_or_in_words(data: object) -> None:
    try:
        assert isinstance(decode(data, Thing), Thing)
    except DecodeError as error:
        assert error.mistakes
