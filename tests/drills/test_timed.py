"""The drill that a team writes itself: proven by a condition that did not hold before, failed by what users notice, cleaned up always."""

import json
import sys

import pytest

from prodready.errors import Exit
from programs import prodready, write

DEPLOY = """\
import pathlib, sys, time
time.sleep(0.3)
pathlib.Path("version").write_text(sys.argv[1])
"""
ROLLBACK = {
    "drill": "timed",
    "title": "A rollback is served in under 5 s",
    "params": {
        "target": "desk",
        "pre": [{"run": ["cat", "version"], "matches": "^2[.]4[.]0$"}],
        "act": [{"run": [sys.executable, "deploy.py", "2.3.9"]}],
        "until": [{"run": ["cat", "version"], "matches": "^2[.]3[.]9$"}],
        "assert": [{"run": ["cat", "orders"], "matches": "kept"}],
        "post": [{"run": ["cp", "version", "cleaned"]}],
        "limit": "5 s",
        "interval": 0.05,
    },
}


@pytest.fixture
def desk(tmp_path):
    return write(tmp_path, {"version": "2.4.0", "orders": "kept", "deploy.py": DEPLOY})


def drill(folder, *options, **params):
    told = {**ROLLBACK, "params": {**ROLLBACK["params"], **params}}
    (folder / "rollback.yml").write_text(json.dumps(told), "utf-8")
    ended = prodready("drill", "rollback.yml", "--json", *options, cwd=folder)
    return ended, json.loads(ended.out) if ended.out.startswith("{") else {}


def test_it_is_timed_from_the_act_to_the_condition(desk):
    ended, record = drill(desk)
    assert (Exit.READY, "A rollback is served in under 5 s") == (ended.code, record["title"]), ended.everything
    assert 0.3 <= record["measured"] == record["interval"][1]
    assert record["interval"][0] <= record["measured"]
    assert "2.3.9" == (desk / "cleaned").read_text()


def test_a_rollback_to_the_wrong_version_never_gets_there(desk):
    ended, record = drill(desk, act=[{"run": [sys.executable, "deploy.py", "2.2.0"]}], limit=1)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"])
    assert "has no match for" in str(record["journal"])
    assert "2.2.0" == (desk / "cleaned").read_text()


def test_a_condition_that_holds_already_proves_nothing(desk):
    ended, record = drill(desk, pre=[], until=[{"run": ["cat", "version"], "matches": "2"}])
    assert (Exit.UNKNOWN, True) == (ended.code, "held before anything was done" in record["reason"])


def test_a_control_that_does_not_hold_stops_it_before_the_act(desk):
    (desk / "version").write_text("1.0.0")
    ended, record = drill(desk)
    assert (Exit.UNKNOWN, "1.0.0") == (ended.code, (desk / "version").read_text())
    assert "a control before the act does not hold" in record["reason"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"act": [{"run": ["false"]}], "limit": 0.5}, "the act itself failed: false: ended with 1"),
        ({"assert": [{"run": ["cat", "orders"], "lacks": "kept"}]}, "afterwards cat orders: what came back matches 'kept'"),
        ({"meanwhile": [{"run": ["grep", "-v", "2.3.9", "version"]}]}, "users noticed"),
    ],
)
def test_a_claim_that_fails_makes_it_endless(desk, params, words):
    ended, record = drill(desk, **params)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record["measured"]), ended.everything
    assert words in record["findings"][0]["message"]


def test_a_program_that_is_missing_is_unknown(desk):
    ended, record = drill(desk, act=[{"run": ["no-such-program"]}])
    assert (Exit.UNKNOWN, True) == (ended.code, "could not be started" in record["reason"])


def test_a_claim_is_given_its_own_time(desk):
    counts = "import pathlib, sys; p = pathlib.Path('n'); p.open('a').write('x'); sys.exit(p.stat().st_size < 4)"
    ended, _ = drill(desk, **{"assert": [{"run": [sys.executable, "-c", counts], "within": "20 s"}]})
    assert Exit.READY == ended.code, ended.everything


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"act": []}, "needs steps in 'act' and in 'until'"),
        ({"until": [{"run": ["a"], "get": "http://x"}]}, "a step is one of run, get, post or connect"),
        ({"limit": "5 kg"}, "limit is no duration"),
        ({"interval": 3}, "take at most a tenth of it"),
        ({"assrt": []}, "did you mean 'assert'?"),
    ],
)
def test_a_mistake_is_told_before_anything_is_done(desk, params, words):
    ended, _ = drill(desk, **params)
    assert (Exit.USAGE, True) == (ended.code, words in ended.err), ended.everything


def test_a_host_that_nobody_allowed_is_left_alone(desk):
    post = [{"post": "http://desk.example.org/deploy"}]
    ended, _ = drill(desk, act=post)
    assert (Exit.USAGE, True) == (ended.code, "drill_targets: [desk.example.org]" in ended.err), ended.everything
    (desk / ".prodready.yml").write_text("extends: starter\nsettings: {drill_targets: ['*.example.org']}\n")
    ended, _ = drill(desk, "--dry-run", act=post)
    assert (Exit.READY, True) == (ended.code, "would POST" in ended.err), ended.everything
