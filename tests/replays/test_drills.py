"""The drills of risk as a team runs them: from a file, with a record, on the example's engine with its planted fault and on the mended one."""

import json
import shutil

import pytest
import yaml

from prodready.errors import Exit
from programs import prodready
from replays.engines import DESK

FILES = sorted(path.stem for path in (DESK / "drills").glob("*.yml"))
MENDED = ("-p", "engine=risk.mended:Mended")


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(DESK, folder, ignore=shutil.ignore_patterns("reports", "__pycache__", "prodready-out"))
    return folder


def drill(desk, *words):
    """(how it ended, its record); a lock of its own, so that others' drills do not hinder it."""
    ended = prodready("drill", *words, "--json", cwd=desk, env={"PRODREADY_CACHE": str(desk.parent / "cache")})
    return ended, json.loads(ended.out) if ended.out.startswith("{") else {}


def test_the_planted_fault_is_caught_and_its_record_says_what_was_left(desk):
    ended, record = drill(desk, "drills/var-liquidation.yml")
    assert (Exit.NOT_READY, "failed", "risk.sentinel:Sentinel") == (ended.code, record["status"], record["target"]), ended.everything
    assert [{"SPX": "1242"}, {"SPX": "315"}, {"SPX": "124"}] == [one["left"] for one in record["facts"]["replays"]][:3]
    (plant,) = yaml.safe_load((DESK / "PLANTS.yml").read_text("utf-8"))["drills"]
    assert [plant["rule"]] * 3 == [finding["rule"] for finding in record["findings"]]
    assert "drills/var-liquidation.yml" == plant["drill"]


def test_the_mended_twin_passes_with_our_figures_beside_its_own(desk):
    ended, record = drill(desk, "drills/var-liquidation.yml", *MENDED)
    assert (Exit.READY, 523) == (ended.code, record["examined"]), ended.everything
    (pandemic,) = [one for one in record["facts"]["replays"] if one["scenario"] == "crash-2020"]
    assert "2020-03-16" == pandemic["must_stop_by"] == pandemic["stopped"] == pandemic["ours"]["historical"]["first_above"]
    assert {"historical", "parametric", "cornish_fisher", "expected_shortfall"} == set(pandemic["ours"])
    assert pytest.approx(pandemic["engine"]["var"], rel=0.05) == 0.0627
    assert pandemic["sha256"] in (DESK.parents[1] / "scripts/prodready/risk/windows/windows.toml").read_text()


@pytest.mark.parametrize("name", [name for name in FILES if name != "var-liquidation"])
def test_every_other_drill_of_the_example_passes(desk, name):
    ended, record = drill(desk, f"drills/{name}.yml")
    assert (Exit.READY, "passed") == (ended.code, record.get("status")), ended.everything


def test_a_teams_own_market_is_replayed(desk):
    rows = "".join(f"{2000 + at // 300}-{at // 25 % 12 + 1:02}-{at % 25 + 1:02},{100 + at % 3}\n" for at in range(500))
    (desk / "market.csv").write_text(f"date,OWN\n{rows}")
    ended, record = drill(desk, "var_liquidation", *MENDED, "-p", "data=market.csv", "-p", "windows=[crash-2020]", "-p", "judged=2001-01-01")
    assert Exit.READY == ended.code, ended.everything
    assert [("crash-2020", 62), ("market.csv", 200)] == [(one["scenario"], one["sessions"]) for one in record["facts"]["replays"]]


def test_an_engine_that_does_not_start_is_unknown(desk):
    ended, record = drill(desk, "kill_switch", "-p", "switch=pnl", "-p", "engine=risk.nowhere:Engine")
    assert (Exit.UNKNOWN, "unknown") == (ended.code, record["status"])
    assert "No module named 'risk.nowhere'" in record["reason"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("var_liquidation",), "say where the risk engine is"),
        (("var_liquidation", *MENDED, "-p", "confidence=0.999"), "250 returns hold no loss beyond 99.9%"),
        (("var_liquidation", *MENDED, "-p", "fill=0.1"), "fill is between 0.25 and 1"),
        (("kill_switch", *MENDED, "-p", "switch=pnl", "-p", "at=0.05"), "is no threshold of pnl: write -0.05 for 5%"),
        (("exposure_limits", *MENDED, "-p", "regimes={calm: {box: 0.2, gross: 1, net: 1}, storm: {box: 0.2, gross: 2, net: 1}}"), "must not grow"),
        (("covariance", *MENDED, "-p", "estimator=guess"), "guess"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(desk, words, says):
    ended, _ = drill(desk, *words)
    assert Exit.USAGE == ended.code, ended.everything
    assert says in ended.everything


def test_a_service_elsewhere_must_be_on_the_list_of_targets(desk):
    ended, _ = drill(desk, "covariance", "-p", "url=http://risk.example.com/ask")
    assert Exit.USAGE == ended.code
    assert "risk.example.com is not on the list of targets that drills may disturb" in ended.everything


def test_a_dry_run_asks_nothing(desk):
    ended = prodready("drill", "covariance", "-p", "engine=risk.nowhere:Engine", "--dry-run", cwd=desk, env={"PRODREADY_CACHE": str(desk.parent / "cache")})
    assert (Exit.READY, True) == (ended.code, "would ask for covariances" in ended.everything)


FAULTY = """\
from risk.mended import Mended
class Faulty(Mended):
    def covariance(self, message):
        return {"covariance": [[0.0] * len(row) for row in super().covariance(message)["covariance"]]}
    def _over(self, wanted, symbol):
        return iter(())
    def _passed(self, var):
        return iter(())
    def _regime(self):
        return "calm"
class Mute(Mended):
    def start(self, message):
        return {}
    mark = order = covariance = start
"""
"""An engine with a fault for each drill, and one that answers nothing that can be understood."""
RISK = ["covariance", "exposure-limits", "kill-pnl", "regime-detection"]


@pytest.mark.parametrize("name", RISK)
def test_an_engine_with_a_planted_fault_fails(desk, name):
    (desk / "risk" / "faulty.py").write_text(FAULTY)
    ended, record = drill(desk, f"drills/{name}.yml", "-p", "engine=risk.faulty:Faulty")
    assert (Exit.NOT_READY, "failed") == (ended.code, record["status"]), ended.everything


@pytest.mark.parametrize("name", [*RISK, "var-liquidation"])
def test_an_engine_without_that_answer_is_unknown(desk, name):
    (desk / "risk" / "faulty.py").write_text(FAULTY)
    ended, record = drill(desk, f"drills/{name}.yml", "-p", "engine=risk.faulty:Mute")
    assert (Exit.UNKNOWN, "unknown") == (ended.code, record["status"]), ended.everything
