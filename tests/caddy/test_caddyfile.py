"""The lexer: what Caddy's own takes for a word is one, and a directive that is put aside leaves every other line where it was."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.caddy import limits
from prodready.caddy.caddyfile import MARK, Directive, put_aside, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a "b c" `d\n"e` f', ["a", "b c", 'd\n"e', "f"]),
        ('a "say \\"hi\\"" b', ["a", 'say \\"hi\\"', "b"]),
        ("a # b { c\nd#e", ["a", "d#e"]),
        ("a \\\n  b", ["a", "b"]),
        ("a <<EOT\n  {b}\n  EOT\nc", ["a", "  {b}\n", "c"]),
        ("a{ {b} }", ["a{", "{b}", "}"]),
        ('"unclosed', ["unclosed"]),
        ("<<EOT\nnever ends", ["never ends"]),
        ("", []),
    ],
)
def test_words_are_cut_as_caddy_does(text, expected):
    assert expected == [word.text for word in tokens(text)]


def test_words_know_their_lines():
    assert [("a", 1), ("b\nc", 2), ("d", 4), ("e", 6)] == [(word.text, word.line) for word in tokens("a\n`b\nc`\nd\n\ne")]


SITE = """\
app.example.com {
    @api path /api/*
    rate_limit @api {
        zone each {
            key {client_ip}
            events 100
            window 1m
        }
        distributed {
            read_interval 5s
        }
    }
    respond "rate_limit {"
}
"""


def test_a_directive_is_put_aside_with_its_block_and_a_mark_stays():
    text, directive = put_aside(SITE, 3, "rate_limit", 7)
    assert [line.strip() for line in text.splitlines() if line.strip()] == [
        "app.example.com {", "@api path /api/*", f"vars @api {MARK} 7", 'respond "rate_limit {"', "}"
    ]  # fmt: skip
    assert SITE.count("\n") == text.count("\n")
    assert directive.arguments == ("@api",)
    assert [limits.Zone(key="{client_ip}", events=100, window="1m")] == list(limits.of_directive(directive))


def test_there_is_nothing_to_put_aside_where_the_word_is_quoted_or_an_argument():
    assert put_aside('respond "rate_limit"\nrespond rate_limit\n', 1, "rate_limit", 0) is None
    assert put_aside('respond "rate_limit"\nrespond rate_limit\n', 2, "rate_limit", 0) is None


@pytest.mark.parametrize(
    ("arguments", "block", "limited"),
    [
        (("{remote_host}", "10r/s"), (), True),
        (("/api/*", "{remote_host}", "10r/10m"), (), True),
        (("{remote_host}", "0r/s"), (), False),
        (("{remote_host}", "fast"), (), False),
        ((), (("zone", "a", "{"), ("events", "1"), ("window", "1s"), ("}",)), True),
        ((), (("zone", "a", "{"), ("events", "0"), ("window", "1s"), ("}",)), False),
        ((), (("zone", "a", "{"), ("events", "1"), ("window", "0s"), ("}",)), False),
        ((), (("zone", "a", "{"), ("events", "1"), ("window", "soon"), ("}",)), False),
        ((), (("zone", "a", "{"), ("window", "1s"), ("}",)), False),
        ((), (), False),
    ],
)
def test_a_rate_limit_counts_only_when_it_stops_somebody(arguments, block, limited):
    zones = limits.of_directive(Directive(name="rate_limit", arguments=arguments, block=block))
    assert limited is (bool(zones) and all(zone.limits for zone in zones))


PIECES = st.sampled_from(["a", "{", "}", '"x y"', '"', "`", "\n", " ", "#", "\\\n", "<<E\n", "E", "rate_limit", "é"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_breaks_the_lexer_and_every_word_stands_where_it_says(text):
    words = tokens(text)
    assert all(word.end > word.start for word in words)
    assert all(first.end <= second.start and first.line <= second.line for first, second in itertools.pairwise(words))
    assert [1 + text.count("\n", 0, word.start) for word in words if "\\\n" not in text] == [word.line for word in words if "\\\n" not in text]


@given(st.lists(PIECES, max_size=30).map("".join), st.integers(1, 5))
def test_putting_aside_keeps_the_number_of_lines(text, line):
    parted = put_aside(text, line, "rate_limit", 0)
    if parted:
        assert text.count("\n") == parted[0].count("\n")
