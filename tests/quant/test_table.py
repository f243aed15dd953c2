"""The reader of CSV columns: exact where it reads, and clear where it does not."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from prodready.check import CannotTell
from prodready.table import cells
from prodready.table.frame import CsvFile, Kind

NUMBERS = some.one_of(
    some.floats(allow_nan=False, allow_infinity=False).map(repr),
    some.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9).map(str),
    some.integers(-(10**25), 10**25).map(str),
    some.sampled_from(["0", "-0", "+1", ".5", "5.", "00.10", "1e-7", "-1E+5", "123456789012345678", "9007199254740993", "0.1234567890123456789"]),
)


@settings(deadline=None)
@given(some.lists(NUMBERS, min_size=1, max_size=40))
def test_a_number_is_the_double_that_python_reads(texts):
    frame = CsvFile(("x,y\n" + "".join(f"a,{text}\n" for text in texts)).encode(), "n.csv").read({"y": Kind.NUMBER})
    assert [math.copysign(1, float(text)) for text in texts] == [math.copysign(1, value) for value in frame.columns["y"]]
    assert [float(text) for text in texts] == frame.columns["y"].tolist()


@settings(deadline=None)
@given(some.text(alphabet="0123456789+-.eE ,_naif", max_size=12))
def test_what_python_does_not_read_as_a_finite_number_is_refused(text):
    text = text.replace(",", "")
    file = CsvFile(f"x,y\n1,{text}\n".encode(), "n.csv")
    try:
        value = float(text)
        good = math.isfinite(value) and "_" not in text
    except ValueError:
        good = False
    if good:
        assert value == file.read({"y": Kind.NUMBER}).columns["y"][0]
    else:
        with pytest.raises(CannotTell, match=r"n\.csv:2, column y"):
            file.read({"y": Kind.NUMBER})


@settings(deadline=None)
@given(some.lists(some.datetimes(datetime.fromisoformat("1700-01-01"), datetime.fromisoformat("2250-01-01")), min_size=1, max_size=20))
def test_a_time_is_the_moment_that_python_reads(times):
    text = "t,x\n" + "".join(f"{moment.isoformat()}Z,1\n" for moment in times)
    frame = CsvFile(text.encode(), "t.csv").read({"t": Kind.STAMP})
    expected = [(moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000 for moment in times]
    assert expected == frame.columns["t"].tolist()
    assert frame.zoned["t"]


NO_TIMES = ["2026-02-29", "2026-13-01", "2026-01-01T24:00", "2026-01-01 10:00:60", "01/02/2026", "20260101", "2026-1-1", "", "1767225600"]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused_by_line_and_column(text):
    with pytest.raises(CannotTell, match=r"t\.csv:3, column t: .* is not a time"):
        CsvFile(f"t,x\n2026-01-01,1\n{text},2\n".encode(), "t.csv").read({"t": Kind.STAMP})


def test_an_offset_is_taken_off():
    frame = CsvFile(b"t\n2026-01-01T02:00:00+02:00\n", "t.csv").read({"t": Kind.STAMP})
    assert [1767225600 * 10**9] == frame.columns["t"].tolist()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "f.csv is empty"),
        (b"a,b\n", "has a header and no row"),
        (b"a,b\n1,2\n3\n", "f.csv:3 has 1 cell, the first line has 2"),
        (b"a,b\n1,2\n\n3,4\n", "f.csv:3 is empty"),
        (b"a,b\n1,2\n1,2,3\n", "f.csv:3 has 3 cells"),
        (b"a;b\n1;0,5\n", "f.csv:2, column b: '0,5' is not a number"),
        (b"a,b\n1,\n", "f.csv:2, column b: '' is not a number"),
        (b"a,b\n1,\0\n", "f.csv:2 holds a NUL byte"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
        (b'a,b\n1,"2\n', "f.csv:2: unexpected end of data"),
        (b'a,b\n1,"2\n3"\n', "a cell holds a line end"),
        (b"a,b\n1,0.125\n2,0.250\n3,0.375\n4,0.4", "last cell '0.4' is shorter than all others: the file was cut"),
        (b'b\n1\n""\n', "f.csv:3, column b: '\"\"' is not a number"),
        (b"a,b\n1,inf\n", "f.csv:2, column b: 'inf' is not a number"),
        (b"a,b\n1,1e999\n", "f.csv:2, column b: '1e999' is not a number"),
        (b"\xff\xff,b\n1,2\n", "f.csv:1 is not UTF-8 text"),
    ],
)
def test_a_malformed_file_is_named_by_line_and_column(content, says):
    with pytest.raises(CannotTell) as told:
        CsvFile(content, "f.csv").read({"b": Kind.NUMBER})
    assert says in told.value.reason


DIALECTS = [b"a,b\r\n1,2.5\r\n", b"\xef\xbb\xbfa,b\n1,2.5", b'a,b\n"x, y",2.5\n', "a\tb\n1\t2.5\n".encode("utf-16"), b"a;b\n1;2.5\n\n\n"]


@pytest.mark.parametrize("content", DIALECTS)
def test_the_usual_dialects_are_read(content):
    assert [2.5] == CsvFile(content, "f.csv").read({"b": Kind.NUMBER}).columns["b"].tolist()


def test_a_file_of_many_blocks_keeps_its_line_numbers(monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 64)
    rows = "".join(f"{index},{index / 8}\n" for index in range(200))
    file = CsvFile(f"a,b\n{rows}".encode(), "f.csv")
    assert [index / 8 for index in range(200)] == file.read({"b": Kind.NUMBER}).columns["b"].tolist()
    with pytest.raises(CannotTell, match=r"f\.csv:152, column b: 'x' is not a number"):
        CsvFile(f"a,b\n{rows}".replace("\n150,18.75\n", "\n150,x\n").encode(), "f.csv").read({"b": Kind.NUMBER})
