"""Readers of hostile text: plain data with true lines, or Unreadable that names the file; nothing else, whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prodready.checks.document import links
from prodready.readers import coverage, headings, junit, load, places, sarif, structured
from prodready.readers.stamps import latest
from prodready.readers.structured import Unreadable, read

FORMATS = ["yaml", "toml", "json", "ini", "env", "dockerfile", "hcl"]
SYNTAX = st.text(alphabet="ab1 \n\t:=-[]{}#\"'\\,.<>&*!|%@`$", max_size=80)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text("abcxyz ", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz", min_size=1, max_size=3), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", FORMATS)
@example(text="---")
@given(text=SYNTAX | st.text(max_size=40))
def test_any_text_is_read_or_unreadable(kind, text):
    try:
        documents = read(text, name="file", kind=kind)
    except Unreadable as error:
        assert str(error)
    else:
        assert all(line <= text.count("\n") + text.count("\r") + 1 or not text.isascii() for document in documents for line in document.lines.values())


@example(content=b"a\rb\x00")
@given(content=st.binary(max_size=80) | SYNTAX.map(str.encode))
def test_any_report_is_read_or_unreadable(content):
    for reader in (junit.read, coverage.read, load.read):
        try:
            reader(content, name="report")
        except Unreadable as error:
            assert str(error)


@given(data=PLAIN)
def test_any_json_is_a_sarif_log_or_unreadable(data):
    with pytest.raises(Unreadable):
        sarif.read(data, name="log", root="/x")


ROW = st.fixed_dictionaries({}, optional=dict.fromkeys(("fullname", "stats", "values", "count", "median", "mean", "max", "rounds", "data", "p(95)"), PLAIN))


METRICS = st.fixed_dictionaries({"http_reqs": ROW, "http_req_duration": ROW})


@given(data=st.dictionaries(st.sampled_from(("metrics", "benchmarks", "datetime")), PLAIN | ROW | st.lists(ROW) | METRICS))
def test_any_json_is_a_load_test_or_unreadable(data):
    try:
        read_load = load.read(json.dumps(data).encode(), name="report")
    except Unreadable as error:
        assert str(error)
    else:
        assert all(seconds >= 0 for row in read_load.rows for seconds in row.seconds.values())


@given(text=st.text(alphabet="ab[]()#./:<>! \n%\\`", max_size=120))
def test_any_link_leads_somewhere_or_is_told(text):
    prose = headings.read(text)
    for line, link, wrong in links.broken("a/b.md", prose, ("a/b.md", "c.md"), lambda path: prose):
        assert line >= 1
        assert link
        assert wrong


@given(run=st.fixed_dictionaries({}, optional=dict.fromkeys(("tool", "results", "invocations", "artifacts"), PLAIN)))
def test_any_run_is_read_or_unreadable(run):
    try:
        sarif.read({"version": "2.1.0", "runs": [run]}, name="log", root="/x")
    except Unreadable as error:
        assert str(error)


@given(text=SYNTAX | st.text(max_size=60))
def test_any_prose_is_read(text):
    prose = headings.read(text)
    assert prose.words >= 0
    assert all(heading.level >= 1 for heading in prose.headings)


@given(data=PLAIN)
def test_json_reads_what_json_wrote_and_every_value_is_reached(data):
    (document,) = read(json.dumps(data), name="a.json")
    assert document.data == data
    found = list(places.select(data, places.parse("**")))
    assert all(place.found for place in found)
    for place in found:
        value = data
        for step in place.path:
            value = value[step]
        assert value == place.value


@given(text=SYNTAX)
def test_any_path_parses_or_says_what_a_path_is(text):
    try:
        steps = places.parse(text)
    except ValueError as error:
        assert "is no path" in str(error)
    else:
        list(places.select({"a": [{"b": 1}]}, steps))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("jobs.*.timeout", [("jobs.test.timeout", True), ("jobs.lint.timeout", False)]),
        ("jobs.test.steps[-1].uses", [("jobs.test.steps[1].uses", True)]),
        ("jobs.test.steps[*].uses", [("jobs.test.steps[0].uses", True), ("jobs.test.steps[1].uses", True)]),
        ("jobs.test.steps[7].uses", [("jobs.test.steps[7]", False)]),
        ("**.uses", [("jobs.test.steps[0].uses", True), ("jobs.test.steps[1].uses", True)]),
        ('"a.b".c', [("a.b.c", True)]),
        ("nothing.*", [("nothing", False)]),
    ],
)
def test_a_path_leads_to_places(path, expected):
    data = {"jobs": {"test": {"timeout": 5, "steps": [{"uses": "a"}, {"uses": "b"}]}, "lint": {}}, "a.b": {"c": 1}}
    assert [(str(place), place.found) for place in places.select(data, places.parse(path))] == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("compose.yaml", "yaml"), ("a/Dockerfile", "dockerfile"), ("Dockerfile.dev", "dockerfile"), ("api.dockerfile", "dockerfile"), (".env", "env"),
        (".env.production", "env"), ("prod.env", "env"), ("uv.lock", "toml"), ("app.service", "ini"), ("README.md", ""),
    ],
)  # fmt: skip
def test_a_name_promises_a_format(name, kind):
    assert structured.kind_of(name) == kind


def test_toml_lines_are_true_in_tables_and_arrays_of_tables():
    text = '# top\ntitle = "a"\n\n[tool.x]\n"dotted.key" = 1\na.b = 2\n[[dep]]\nname = "p"\n[[dep]]\nname = "q"\n[dep.sub]\nz = 1\n'
    (document,) = read(text, name="a.toml")
    lines = {path: document.lines[path] for path in document.lines if path and path != ("dep",)}
    assert lines[("title",)] == 2
    assert lines[("tool", "x", "dotted.key")] == 5
    assert lines[("tool", "x", "a", "b")] == 6
    assert (lines[("dep", 0, "name")], lines[("dep", 1, "name")], lines[("dep", 1, "sub", "z")]) == (8, 10, 12)


def test_ini_keys_continue_repeat_and_have_lines():
    text = "top = 1\n[Service]\nExecStart=/bin/a\nExecStart=/bin/b\nlong = one\n  two\n; comment\nflag\n"
    (document,) = read(text, name="a.service")
    assert document.data == {"top": "1", "Service": {"ExecStart": ["/bin/a", "/bin/b"], "long": "one\ntwo", "flag": None}}
    assert document.lines[("Service", "long")] == 5


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yml", "a: [1\n", "a.yml:2: not valid YAML"),
        ("a.toml", "a = \n", "a.toml:1: not valid TOML"),
        ("a.json", '{"a": 1', "a.json:1: cut off before its end"),
        ("a.json", '{"a": 1, "a": 2}', "the key 'a' is given twice"),
        ("a.json", '{"a": NaN}', "NaN is no JSON number"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.ini", "[x]\nwhat is this\n", "a.ini:2: neither a"),
        (".env", "A='open\n", ".env:1: the quote is not closed"),
        ("Dockerfile", "RUN x\n", "Dockerfile:1: no FROM"),
        ("Dockerfile", "FROM a\nHELLO b\n", "Dockerfile:2: no Dockerfile instruction"),
        ("a.bin", "x", "no format goes with this name"),
    ],
)
def test_a_broken_file_is_named_with_its_line(name, text, message):
    with pytest.raises(Unreadable) as error:
        read(text, name=name)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("# One #\n\nTwo\n===\n\n### Three\n", ["One", "Two", "Three"]),
        ("Title\n-----\ntext\n", ["Title"]),
        ("= Asciidoc\n\n== Part\n", ["Asciidoc", "Part"]),
        ("```\n# no heading\n```\n# Yes\n", ["Yes"]),
        ("<!-- # no heading -->\n# Yes\n", ["Yes"]),
        ("| a | b |\n|---|---|\n", []),
        ("- item\n---\n", []),
        ("text\nmore text\n---\n", []),
        ("#hashtag\n", []),
    ],
)
def test_headings_are_what_a_reader_sees(text, titles):
    assert [heading.title for heading in headings.read(text).headings] == titles


def test_titles_compare_without_case_numbers_emphasis_and_emoji():
    assert headings.plain("3.1 **Rollback** & [Recovery](#x) 🚀") == headings.plain("rollback recovery")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T11:00:00+01:00", "2026-01-31T10:00:00+00:00"),
        ("2026-01-31T11:00:00", "2026-01-31T23:00:00+00:00"),
        ("1769857200", "2026-01-31T11:00:00+00:00"),
        ("1769857200000", "2026-01-31T11:00:00+00:00"),
        ("yesterday", "None"),
        ("", "None"),
        ("9" * 400, "None"),
    ],
)
def test_a_timestamp_means_the_latest_moment_it_can(text, moment):
    stamp = latest(text)
    assert (stamp.isoformat() if stamp else "None") == moment


@pytest.mark.parametrize("kind", ["ini", "env"])
def test_a_comment_does_not_end_at_a_character_that_only_python_takes_for_a_line_end(kind):
    (document,) = read("# off\x0cdebug=false\x1edebug=false\ndebug=true\n", name="file", kind=kind)
    assert document.data == {"debug": "true"}
