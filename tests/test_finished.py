"""The example service, finished: its gate opens for a merge, and for a release once drills were done and people have signed. All of it is done here."""

from __future__ import annotations

from pathlib import Path

import pytest

import finished_desk
from programs import commit, prodready, report_of, statuses

DRILLS = ("var-liquidation", "kill-pnl", "kill-psr", "kill-drawdown")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = finished_desk.laid(tmp_path_factory.mktemp("finished"), ("cto", "risk-officer"))
    commit(folder, "Finish")
    return folder


def gate(folder: Path, stage: str) -> tuple[int, dict]:
    finished_desk.proved(folder)
    out = folder.parent / f"out-{stage}"
    ended = prodready("run", folder, "--stage", stage, "--out", out)
    return ended.code, report_of(out)


def opened(report: dict) -> dict[str, str]:
    return {item["id"]: f"{item['status']}: {item['summary']}" for item in report["items"] if item["status"] not in ("passed", "not_applicable")}


def test_it_is_ready_to_merge(finished: Path):
    code, report = gate(finished, "pr")
    assert {} == opened(report)
    assert (0, 100.0, True) == (code, report["score"]["value"], report["decision"]["ready"])


def test_it_is_ready_to_release_when_drills_were_done_and_people_signed_and_no_longer_after_a_change(finished: Path):
    finished_desk.killed(finished)
    for name in DRILLS:
        finished_desk.drill(finished, f"drills/{name}.yml")
    commit(finished, "Keep the records")
    code, report = gate(finished, "release")
    assert (4, {"desk.policy-approved"}) == (code, opened(report).keys())
    assert ["cto", "risk-officer"] == report["decision"]["missing_signoffs"]
    finished_desk.sign(finished, "risk-officer", "--about", "risk-policy")
    finished_desk.sign(finished, "risk-officer")
    finished_desk.sign(finished, "cto")
    commit(finished, "Sign")
    code, report = gate(finished, "release")
    assert {} == opened(report)
    assert (0, 100.0, True) == (code, report["score"]["value"], report["decision"]["ready"])
    assert [("cto", "cto@example.com"), ("risk-officer", "risk-officer@example.com")] == [(row["role"], row["who"]) for row in report["signoffs"]]
    limits = finished / "config" / "limits.toml"
    limits.write_text(limits.read_text("utf-8").replace("0.08", "0.35"), "utf-8")
    commit(finished, "Trade through a crash")
    code, report = gate(finished, "release")
    assert ("failed", "stale") == tuple(statuses(finished.parent / "out-release")[name] for name in ("desk.drawdown", "desk.policy-approved"))
    assert (1, ["cto", "risk-officer"]) == (code, report["decision"]["missing_signoffs"])
