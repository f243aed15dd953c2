"""A launch is led through its timeline: each step in its time, a no-go before harm, a stop with the way back, reviews afterwards."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from prodready import launching, yamltext
from prodready.decode import decode
from prodready.errors import Exit
from prodready.launching import Launch
from programs import HERE, git, prodready, repository

README = {"check": "text_pattern", "params": {"files": ["README.md"], "pattern": "x", "mode": "require"}}
LAUNCH = {
    "target": "desk", "rollback": "make rollback", "go": [{"run": ["test", "-e", "green"]}],
    "steps": [
        {"at": "T-0", "title": "Deploy", "act": [{"run": ["cp", "green", "deployed"]}], "claims": [{"run": ["test", "-e", "deployed"]}]},
        {"at": "T+0.5s", "title": "Healthy", "claims": [{"run": ["test", "-e", "healthy"]}], "checks": [README]},
        {"at": "T+1s", "title": "Smoke", "claims": [{"run": ["touch", "smoked"]}]},
    ],
    "reviews": [{"at": "T+1.5s", "title": "Day 1", "documents": ["reports/day-1*.md"], "late": "1 h"}],
}  # fmt: skip


@pytest.fixture
def desk(tmp_path):
    return repository(tmp_path / "desk", {"README.md": "x\n", "green": "", "healthy": "", ".gitignore": "evidence/\nlogs/\nlaunch.yml\n"})


def launch(folder, *words, env=None, **changes):
    (folder / "launch.yml").write_text(json.dumps({**LAUNCH, **changes}), "utf-8")
    return prodready("launch", "launch.yml", *words, cwd=folder, env=env)


def records(folder):
    read = [json.loads(path.read_text()) for path in (folder / "evidence").glob("*.json")]
    return {record["target"]: record for record in sorted(read, key=lambda record: record["started"])}


def at(folder, target):
    return prodready("check", "drill_record", folder, "-p", "drill=launch", "-p", f"target={target}")


def test_a_launch_goes_through_its_steps_and_each_leaves_a_record(desk):
    ended = launch(desk, "--start", "--wait", "60 s", reviews=[])
    assert Exit.READY == ended.code, ended.everything
    made = records(desk)
    assert {"T-0": "passed", "T+0.5s": "passed", "T+1s": "passed"} == {target: record["status"] for target, record in made.items()}
    assert (git(desk, "rev-parse", "HEAD"), True) == (made["T-0"]["facts"]["commit"], bool(made["T-0"]["facts"]["by"]))
    assert [Exit.READY, Exit.READY, Exit.UNKNOWN] == [at(desk, target).code for target in ("T-0", "T+0.5s", "T+24h")]
    lines = (desk / "logs" / "incidents.log").read_text().splitlines()
    assert ["T-0", "T+0.5s", "T+1s"] == [line.split()[3].rstrip(":") for line in lines]
    assert ["passed", "passed", "passed"] == [line.split()[-2] for line in launch(desk, "--status", reviews=[]).out.splitlines()[2:]]


def test_nothing_is_begun_or_gone_on_with_unless_somebody_says_so(desk):
    ended = launch(desk)
    assert (Exit.READY, True, False) == (ended.code, "has begun: --start begins one" in ended.out, (desk / "deployed").exists())
    ended = launch(desk, "--start", "--dry-run")
    assert (Exit.READY, False, False) == (ended.code, (desk / "deployed").exists(), (desk / "evidence").exists()), ended.everything


def test_a_no_go_does_nothing(desk):
    (desk / "green").unlink()
    ended = launch(desk, "--start", "--wait", "60 s")
    assert (Exit.NOT_READY, False, {"T-0"}) == (ended.code, (desk / "deployed").exists(), records(desk).keys()), ended.everything
    assert ("no-go, nothing was done" in ended.out, "NO-GO at T-0" in ended.out) == (True, False)
    (desk / "green").touch()
    assert Exit.READY == launch(desk, "--start", "--wait", "60 s", reviews=[]).code


def test_a_step_that_does_not_hold_stops_it_and_names_the_way_back(desk):
    (desk / "healthy").unlink()
    ended = launch(desk, "--start", "--wait", "60 s")
    assert (Exit.NOT_READY, False) == (ended.code, (desk / "smoked").exists()), ended.everything
    assert ("NO-GO at T+0.5s" in ended.out, "roll back:  make rollback" in ended.out) == (True, True)
    assert "; roll back: make rollback" in records(desk)["T+0.5s"]["findings"][0]["message"]
    assert (Exit.NOT_READY, False) == (launch(desk, "--wait", "5 s").code, (desk / "smoked").exists())
    assert "is still under way" in launch(desk, "--start").err
    (desk / "healthy").touch()
    ended = launch(desk, "--repeat", "--wait", "60 s")
    assert (Exit.READY, True) == (ended.code, (desk / "smoked").exists()), ended.everything
    assert Exit.READY == at(desk, "T+0.5s").code


def test_people_may_go_on_with_a_reason_and_the_step_stays_failed(desk):
    (desk / "healthy").unlink()
    launch(desk, "--start", "--wait", "60 s")
    ended = launch(desk, "--go-on", "one of two is enough for now", "--wait", "60 s")
    assert (Exit.READY, True) == (ended.code, (desk / "smoked").exists()), ended.everything
    assert ("failed", "go-on") == (records(desk)["T+0.5s"]["status"], records(desk)["T+0.5s go-on"]["params"]["decision"])
    assert Exit.NOT_READY == at(desk, "T+0.5s").code
    assert "one of two is enough" in (desk / "logs" / "incidents.log").read_text()


def test_people_may_end_it(desk):
    (desk / "healthy").unlink()
    launch(desk, "--start", "--wait", "60 s")
    assert Exit.NOT_READY == launch(desk, "--abort", "rolled back").code
    ended = launch(desk, "--wait", "5 s")
    assert (Exit.READY, False, True) == (ended.code, (desk / "smoked").exists(), "was ended: rolled back" in ended.out), ended.everything
    (desk / "healthy").touch()
    assert Exit.READY == launch(desk, "--start", "--wait", "60 s", reviews=[]).code
    assert "nothing to decide" in launch(desk, "--abort", "twice", reviews=[]).err


def test_a_step_that_was_missed_is_unknown(desk):
    late = [LAUNCH["steps"][0], {**LAUNCH["steps"][1], "late": "0 s"}]
    launch(desk, "--start", steps=late)
    due = datetime.fromisoformat(records(desk)["T-0"]["params"]["launch"].split()[1]) + timedelta(seconds=0.5)
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()) + 0.01)
    ended = launch(desk, steps=late)
    assert (Exit.UNKNOWN, True) == (ended.code, "was not looked at within" in records(desk)["T+0.5s"]["reason"]), ended.everything
    assert Exit.UNKNOWN == at(desk, "T+0.5s").code


def test_a_review_is_awaited_until_its_document_was_written_since(desk):
    (desk / "reports").mkdir()
    ended = launch(desk, "--start", "--wait", "60 s")
    assert (Exit.READY, True) == (ended.code, "awaited until" in ended.out), ended.everything
    assert (Exit.PENDING, False) == (launch(desk, "--status").code, "T+1.5s" in records(desk))
    (desk / "reports" / "day-1.md").write_text("# Day 1\n\n" + "All metrics were looked at after the first day of trading. " * 5)
    assert (Exit.READY, "passed") == (launch(desk).code, records(desk)["T+1.5s"]["status"])
    assert Exit.READY == launch(desk, "--status").code


def test_a_review_that_never_came_fails(desk):
    ended = launch(desk, "--start", "--wait", "60 s", reviews=[{**LAUNCH["reviews"][0], "late": "0 s"}])
    assert (Exit.NOT_READY, "failed") == (ended.code, records(desk)["T+1.5s"]["status"]), ended.everything


def test_production_is_named_twice(desk):
    production = {"PRODREADY_ENV": "production"}
    ended = launch(desk, "--start", env=production)
    assert (Exit.USAGE, True, False) == (ended.code, "--production desk" in ended.err, (desk / "deployed").exists()), ended.everything
    assert Exit.READY == launch(desk, "--start", "--production", "desk", env=production).code


def test_a_state_that_was_changed_is_not_gone_on_from(desk):
    launch(desk, "--start")
    path = min((desk / "evidence").glob("*.json"))
    path.write_text(path.read_text().replace("passed", "failed"))
    ended = launch(desk)
    assert (Exit.USAGE, True) == (ended.code, "the state of the launch is not known" in ended.err)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": LAUNCH["steps"][1:]}, "the first step is T-0"), ({"rollback": ""}, "'rollback' is missing"),
        ({"steps": [LAUNCH["steps"][0], {**LAUNCH["steps"][1], "at": "T+5 kg"}]}, "is no time of a launch"),
        ({"steps": [LAUNCH["steps"][0], LAUNCH["steps"][2], LAUNCH["steps"][1]]}, "in order of time"),
        ({"steps": [{"at": "T-0", "title": "x"}]}, "neither does nor claims anything"), ({"stpes": []}, "did you mean 'steps'?"),
    ],
)  # fmt: skip
def test_a_timeline_that_is_none_is_told_before_anything_is_done(desk, changes, words):
    ended = launch(desk, "--start", **changes)
    assert (Exit.USAGE, True) == (ended.code, words in ended.err), ended.everything


@pytest.mark.parametrize(("at", "seconds"), [("T-0", 0), ("T+0", 0), ("T+5min", 300), ("T+1h", 3600), ("T+24h", 86400), ("T+7d", 604800)])
def test_times_are_written_as_people_do(at, seconds):
    assert (seconds, max(900, seconds / 4)) == (launching.offset(at), launching.late(at, ""))


def test_the_timeline_of_the_documentation_is_one():
    _, _, text = (HERE / "docs" / "launch.md").read_text("utf-8").partition("```yaml\n")
    shown = decode(yamltext.read(text.partition("```")[0], name="docs").data, Launch)
    assert ["T-0", "T+5min", "T+15min", "T+30min", "T+1h", "T+24h"] == [step.at for step in shown.steps]
    assert ["T+1d", "T+7d", "T+30d"] == [one.at for one in shown.reviews]
