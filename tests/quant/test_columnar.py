"""Parquet and Arrow files give what the same table gives as CSV. Needs pyarrow, which the check installs into an environment of its own."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodready.check import CannotTell
from prodready.checks.quant_statistic import files
from prodready.table.frame import Kind
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo

pytestmark = pytest.mark.integration
MAKE = """
import sys, datetime as d, pyarrow as pa, pyarrow.parquet as p, pyarrow.feather as f
times = pa.array([d.datetime(2026, 1, 5, 14, 30), d.datetime(2026, 1, 6, 14, 30, 0, 250000)], pa.timestamp("us", tz="America/New_York"))
plain = pa.table({"time": times, "r": [0.1, 1 / 3], "who": ["a, b", "c"]})
p.write_table(plain, sys.argv[1] + "/t.parquet"); f.write_feather(plain, sys.argv[1] + "/t.arrow")
p.write_table(pa.table({"r": [0.1, None]}), sys.argv[1] + "/gap.parquet")
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    cache = Path(os.environ.get("PRODREADY_CACHE") or Path.home() / ".cache" / "prodready")
    processes = Processes(cache=cache)
    try:
        python = processes.toolbox.ensure("pyarrow").argv[0]
    except CannotTell as unable:
        pytest.skip(f"pyarrow cannot be had here: {unable.reason}")
    subprocess.run([python, "-I", "-c", MAKE, folder], check=True)
    (folder / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    real = World(name="w", repo=open_repo(folder), processes=processes, http=RealHttp(), now=datetime.now(UTC))
    return real.context(lambda: tmp_path_factory.mktemp("scratch"))


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_times_numbers_and_words_come_through(world, name):
    frame = files.opened(world, name).read({"time": Kind.STAMP, "r": Kind.NUMBER, "who": Kind.WORD})
    assert [0.1, 1 / 3] == frame.columns["r"].tolist()
    assert [b"a, b", b"c"] == frame.columns["who"].tolist()
    assert frame.zoned["time"]
    assert [1767623400 * 10**9, 1767709800 * 10**9 + 250_000_000] == frame.columns["time"].tolist()


def test_a_missing_value_is_named(world):
    with pytest.raises(CannotTell, match=r"gap\.parquet:3, column r: 'null' is not a number"):
        files.opened(world, "gap.parquet").read({"r": Kind.NUMBER})


def test_a_broken_file_is_told(world):
    with pytest.raises(CannotTell, match=r"broken\.parquet cannot be read as Parquet or Arrow"):
        files.opened(world, "broken.parquet")
