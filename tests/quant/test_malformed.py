"""A file that is wrong in any way never gives a number: the line, and for a cell its column, is named."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from prodready.check import CannotTell
from prodready.checks.quant_statistic import observe
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context

RETURNS = some.lists(some.floats(-0.2, 0.2).map(lambda value: round(value, 7)), min_size=12, max_size=30, unique=True)


def measured(content):
    world = dict.fromkeys(("run", "http", "secret", "scratch"))
    ctx = Context(repo=SimpleNamespace(raw=lambda path, limit: content), targets={}, now=datetime.now(UTC), offline=True, **world)
    return observe(ctx, Params(returns="r.csv", statistic="sharpe", periods_per_year=252))


def written(values, mark=","):
    days = [date(2024, 1, 1) + timedelta(days=at) for at in range(len(values))]
    return [f"date{mark}return", *(f"{day}T21:00:00Z{mark}{value!r}" for day, value in zip(days, values, strict=True))]


def comma(line):
    time, value = line.split(",")
    return f"{time},{float(value):.7f}".replace("0.", "0,")


FAULTS = {
    "a cell too many": lambda line: line + ",1",
    "a cell too few": lambda line: line.split(",")[0],
    "a decimal comma": comma,
    "no value": lambda line: line.split(",")[0] + ",",
    "NaN": lambda line: line.split(",")[0] + ",NaN",
    "infinity": lambda line: line.split(",")[0] + ",-inf",
    "a percent sign": lambda line: line + "%",
    "thousands": lambda line: line.split(",")[0] + ",1 000.5",
    "no zone": lambda line: line.replace("Z,", ","),
    "another zone": lambda line: line.replace("Z,", "+02:00,"),
    "another form of date": lambda line: "02/01/2024" + line[10:],
    "a day that is not": lambda line: "2024-02-30" + line[10:],
    "a blank line": lambda line: "",
    "a NUL": lambda line: line + "\0",
    "a word": lambda line: line.split(",")[0] + ",bankrupt",
    "no time": lambda line: "," + line.split(",")[1],
    "the year before": lambda line: "2023" + line[4:],
}


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=20, deadline=None)
@given(values=RETURNS, at=some.integers(2, 10))
def test_the_line_of_a_fault_is_named(fault, values, at):
    lines = written(values)
    lines[at] = FAULTS[fault](lines[at])
    with pytest.raises(CannotTell, match=rf"^r\.csv:{at + 1}\b") as told:
        measured(("\n".join(lines) + "\n").encode())
    assert told.value.remedy


@settings(max_examples=30, deadline=None)
@given(RETURNS, some.integers(2, 10))
def test_the_same_day_twice_is_named(values, at):
    lines = written(values)
    lines.insert(at, lines[at])
    with pytest.raises(CannotTell, match=rf"^r\.csv:{at + 2}, column date: .* stands there twice"):
        measured(("\n".join(lines) + "\n").encode())


@settings(max_examples=100, deadline=None)
@given(RETURNS, some.integers(1, 40), some.sampled_from(",;\t"))
def test_a_file_cut_anywhere_is_told_or_gives_no_other_number_unsaid(values, less, mark):
    """Cut between two lines nothing shows; cut inside a cell it shows, or the result says that it cannot."""
    whole = ("\n".join(written(values, mark)) + "\n").encode()
    cut = whole[:-less]
    try:
        seen = measured(cut)
    except CannotTell as told:
        assert "r.csv" in told.reason
    else:
        assert cut.endswith(b"\n") or any("whether it is whole cannot be seen" in note for note in seen.notes)


@settings(max_examples=100, deadline=None)
@given(some.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_by_name(content):
    with pytest.raises(CannotTell, match=r"r\.csv"):
        measured(content)
