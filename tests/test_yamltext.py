"""YAML may be hostile: it is read within bounds, with lines, or refused in words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready import yamltext
from prodready.yamltext import YamlError


def test_every_value_knows_its_line() -> None:
    document = yamltext.read("a: 1\nb:\n  - x\n  - c: 2\n", name="f.yml")
    assert {"a": 1, "b": ["x", {"c": 2}]} == document.data
    assert [1, 2, 3, 4] == [document.line(path) for path in [("a",), ("b",), ("b", 0), ("b", 1, "c")]]


def test_a_path_that_is_not_there_has_the_line_of_its_nearest_parent() -> None:
    assert yamltext.read("a:\n  b: 1\n", name="f").line(("a", "b", "missing", 3)) == 2


def test_the_key_on_of_a_workflow_stays_a_word() -> None:
    assert yamltext.read("on: push\n", name="f").data == {"on": "push"}


def test_a_time_of_day_stays_text() -> None:
    assert yamltext.read("at: 12:30\nport: 22:22\n", name="f").data == {"at": "12:30", "port": "22:22"}


def test_anchors_and_merges_work_as_in_compose_files() -> None:
    text = "x: &d {restart: always, cpu: 1}\nweb: {<<: *d, cpu: 2}\n"
    assert yamltext.read(text, name="f").data["web"] == {"restart": "always", "cpu": 2}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "values or"),
        ("&a [*a]", "values or"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 5_000, "nested deeper"),
        ("a: 1\na: 2\n", "given twice"),
        ("a: [\n", "not valid YAML"),
        ("a: 2026-13-45\n", "no valid timestamp"),
        ("a: " + "9" * 5_000, "no valid int"),
        ("? [a]\n: b\n", "a key must be"),
        ("a: \x00", "not valid YAML"),
        ("a: b\n---\nc: d\n", "2 documents"),
        ("<<: 3\n", "merges mappings only"),
        ("x" * (yamltext.MAX_BYTES + 1), "larger than"),
    ],
)
def test_hostile_text_is_refused_quickly_with_the_line(text: str, says: str) -> None:
    begin = time.process_time()
    with pytest.raises(YamlError, match=r"^f\.yml:\d+: ") as caught:
        yamltext.read(text, name="f.yml")
    assert says in str(caught.value)
    assert time.process_time() - begin < 10


def test_a_python_object_tag_makes_no_object() -> None:
    assert yamltext.read("!!python/object/apply:os.system ['true']", name="f").data == ["true"]


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#? \n\t,<%@`0.", max_size=80))
def test_no_text_ends_in_anything_but_data_or_a_yaml_error(text: str) -> None:
    try:
        yamltext.read_all(text, name="f")
    except YamlError as error:
        assert str(error).startswith("f:")


@given(st.text(alphabet="ab:-[]{}\n", max_size=30))
def test_the_line_of_an_error_is_a_line_of_the_text(text: str) -> None:
    try:
        yamltext.read_all(text, name="f")
    except YamlError as error:
        assert 1 <= int(str(error).split(":")[1]) <= text.count("\n") + 1
