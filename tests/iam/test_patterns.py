"""Laws of IAM's wildcards, held against a second, slower implementation."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from prodready.checks.iam_wildcards import authorization, patterns
from prodready.terraform import marks

TEXTS = st.text(alphabet="ab:/", max_size=8)
PATTERNS = st.text(alphabet="ab:/*?", max_size=8)


def slow(pattern, text):
    return re.fullmatch("".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern), text, re.DOTALL) is not None


@given(PATTERNS, TEXTS)
def test_a_pattern_matches_what_the_regular_expression_matches(pattern, text):
    assert slow(pattern, text) == patterns.matches(pattern, text)


@example("?*", "*", "")
@example("a???", "a*", "a")
@given(PATTERNS, PATTERNS, TEXTS)
def test_what_covers_matches_all_that_the_other_matches(wide, narrow, text):
    if patterns.covers(wide, narrow) and slow(narrow, text):
        assert slow(wide, text)


@given(PATTERNS, PATTERNS, TEXTS)
def test_what_matches_both_shows_that_they_overlap(one, other, text):
    if slow(one, text) and slow(other, text):
        assert patterns.overlaps(one, other)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["s3", "IAM", "ec2", "s?", "*", "nosuch"]), st.text(alphabet="GetPutL*?", max_size=6))
def test_an_action_pattern_stands_for_exactly_what_it_matches(service, name):
    expected = {action.id for action in authorization.everything() if slow(f"{service}:{name}".lower(), action.id)}
    assert expected == {action.id for action in authorization.expand(f"{service}:{name}")}


@given(st.text(max_size=40))
def test_a_marked_name_never_smuggles_a_wildcard(name):
    for marked in (marks.reference(name), marks.unknown(name)):
        assert not {"*", "?"} & set(marked)
        assert marks.shown(f"a{marked}b").startswith("a${")


def test_a_pattern_of_many_stars_takes_no_exponential_time():
    assert not patterns.matches("*a" * 200 + "?b", "a" * 4000)
