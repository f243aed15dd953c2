"""The example's backtests end as their list says, and are what their generator writes."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from prodready import check, expectation, yamltext
from prodready.judge import judge
from prodready.model import Item
from prodready.plan import Job, bind
from prodready.run import guarded
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo

DESK = Path(__file__).parents[2] / "examples" / "desk"
BOUNDS = ("sharpe", "max_drawdown", "psr", "dsr_z", "pbo", "walk_forward_median", "min_track_record", "sensitivity", "hit_rate", "pnl", "fill_rate", "slippage")
ITEMS = {item["id"]: item for item in yamltext.read((DESK / "backtests" / "items.yml").read_text(), name="items.yml").data}


@pytest.mark.parametrize("name", ITEMS)
def test_a_backtest_ends_as_its_list_says(name, tmp_path):
    entry = ITEMS[name]
    found = check.load(entry["check"])
    item = Item(id=name, title=entry["title"], check=entry["check"], expect=expectation.parse(entry["expect"]))
    job = Job(check_id=entry["check"], check=found, params=bind(entry["check"], entry["params"], where=name), items=(item,))
    world = World(name="desk", repo=open_repo(DESK), processes=Processes(cache=tmp_path), http=RealHttp(), now=datetime.now(UTC))
    outcome = judge(item, guarded(world.observe, job), usual=expectation.parse("> 0"), now=world.now)
    assert entry["ends"] == outcome.status.value, outcome.summary
    assert entry.get("says", "") in outcome.summary


@pytest.mark.parametrize("statistic", BOUNDS)
def test_each_bound_is_kept_by_one_record_and_broken_by_another(statistic):
    assert {"passed", "failed"} <= {entry["ends"] for entry in ITEMS.values() if entry["params"]["statistic"] == statistic}


def test_the_generator_writes_the_same_bytes(tmp_path):
    spec = importlib.util.spec_from_file_location("generate", DESK / "backtests" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.HERE = tmp_path
    generate.main()
    written = sorted(tmp_path.iterdir())
    assert {path.name for path in written} == {path.name for path in (DESK / "backtests").glob("*.csv")}
    for path in written:
        assert path.read_bytes() == (DESK / "backtests" / path.name).read_bytes()
