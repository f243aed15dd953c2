"""Locks lock, rights end, keys rotate, logs keep no secrets and end in time: on a service whose faults are planted one by one."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from desk_app import serving
from drilled import drilled
from prodready.errors import Exit
from programs import write

PASSWORDS = {"DRILL_PASSWORD": "right-one", "DRILL2_PASSWORD": "right-two"}
PASSED, FAILED, UNKNOWN = Exit.READY, Exit.NOT_READY, Exit.UNKNOWN


def drill(name, folder, **params):
    return drilled(name, folder, env=PASSWORDS, **params)


def ends(ended, record):
    """How it ended, and by which rule or words."""
    return ended.code, sorted({finding["rule"] for finding in record["findings"]}) or record["reason"]


def lockout(folder, faults, **params):
    with serving(folder, **faults) as (_, url):
        login = {"post": f"{url}/login", "body": json.dumps({"user": "${LOGIN}", "password": "${PASSWORD}"})}
        unlock = {"post": f"{url}/unlock"}
        given = {"login": login, "user": "drill", "password": "DRILL_PASSWORD", "other_user": "other", "other_password": "DRILL2_PASSWORD", "unlock": unlock}
        return drill("lockout", folder, **{**given, "by": 10, **params})


@pytest.mark.parametrize("silent", [False, True])
def test_a_hundred_guesses_lock_one_account_whether_the_door_says_so_or_not(tmp_path, silent):
    ended, record = lockout(tmp_path, {"silent": silent})
    assert (PASSED, 100, None if silent else 6) == (ended.code, record["examined"], record["facts"]["refused_visibly_at"]), ended.everything
    assert "right-one" not in ended.everything + json.dumps(record)


@pytest.mark.parametrize(
    ("faults", "rule"),
    [
        ({"lock_after": 1000}, "not-locked"), ({"lock_after": 50}, "not-locked"), ({"locks": "all"}, "locks-everybody"),
        ({"stays_locked": True}, "stays-locked"), ({"admits": 4}, "wrong-password-admitted"),
    ],
)  # fmt: skip
def test_a_door_that_does_not_close_or_closes_on_all_fails(tmp_path, faults, rule):
    ended, record = lockout(tmp_path, faults)
    assert (FAILED, [rule]) == ends(ended, record), ended.everything


def test_a_door_that_breaks_or_was_never_open_proves_nothing(tmp_path):
    assert "guess 4 was neither admitted nor refused" in lockout(tmp_path, {"breaks_at": 3})[1]["reason"]
    ended, record = lockout(tmp_path, {"lock_after": 0})
    assert (UNKNOWN, True) == (ended.code, "with the right password before anything was done" in record["reason"])


def jit(folder, faults, **params):
    with serving(folder, **faults) as (_, url):
        steps = {
            "use": {"get": f"{url}/use"}, "request": {"post": f"{url}/request?reason=${{DRILL}}"}, "approve": {"post": f"{url}/approve?by=lead"},
            "self_approve": {"post": f"{url}/approve?by=me"}, "audit": [{"get": f"{url}/audit", "matches": "${DRILL}"}],
        }  # fmt: skip
        return drill("jit_access", folder, **{"target": "database", "interval": 0.1, "lasts": 60, **steps, **params})


def test_a_right_is_refused_then_granted_then_gone(tmp_path):
    ended, record = jit(tmp_path, {})
    assert (PASSED, "s", "database") == (ended.code, record["unit"], record["target"]), ended.everything
    assert ["it is admitted", "it is refused again"] == [event["what"].partition(" after")[0] for event in record["journal"][2:4]]


@pytest.mark.parametrize(
    ("faults", "params", "rule"),
    [
        ({"approves_itself": True}, {}, "approves-itself"), ({"grants_unasked": True}, {}, "granted-unapproved"),
        ({"approves": False}, {"limit": 1}, "not-granted"), ({"uses": 10**9}, {"lasts": 1}, "right-stays"),
        ({}, {"audit": [{"run": ["false"]}]}, "no-trail"),
    ],
)  # fmt: skip
def test_a_right_that_comes_or_goes_wrongly_fails(tmp_path, faults, params, rule):
    ended, record = jit(tmp_path, faults, **params)
    assert FAILED == ended.code, ended.everything
    assert rule in ends(ended, record)[1]


def test_a_standing_right_proves_nothing(tmp_path):
    ended, record = jit(tmp_path, {"stands": True})
    assert (UNKNOWN, True) == (ended.code, "the right stands" in record["reason"])


def rotation(folder, faults, *, rotates=True, **params):
    with serving(folder, **faults) as (app, url):
        write(folder, {"key": "key-0\n"})
        grace = faults.get("grace", 1.0)
        give = "import sys, urllib.request, pathlib; urllib.request.urlopen(sys.argv[1], b''); pathlib.Path('key').write_text('key-1')"
        real = app.jit
        app.jit = lambda path, query: (app.rotate("key-1", grace), 200)[1] if path == "/rotate" else real(path, query)
        rotate = [sys.executable, "-c", give, f"{url}/rotate"] if rotates else ["true"]
        given = {
            "target": "signing key", "key": {"run": ["cat", "key"]}, "use": {"get": f"{url}/signed", "headers": {"Authorization": "Bearer ${KEY}"}},
            "rotate": {"run": rotate}, "meanwhile": [{"get": f"{url}/audit"}], "grace": 1, "late": 20, "interval": 0.1,
        }  # fmt: skip
        return drill("key_rotation", folder, **{**given, **params})


def test_a_key_rotates_with_its_grace(tmp_path):
    ended, record = rotation(tmp_path, {}, born={"run": ["date", "+%s"]})
    assert PASSED == ended.code, ended.everything
    assert 0.8 <= record["interval"][0]
    assert "key-0" not in json.dumps(record)


@pytest.mark.parametrize(
    ("faults", "params", "rule"),
    [
        ({"keeps_old": True}, {"late": 0.5}, "old-key-lives"), ({"unknown_new": True}, {}, "new-key-refused"),
        ({}, {"rotates": False, "late": 0.2}, "not-rotated"),
        ({"grace": 0.0}, {"grace": 30}, "no-grace"), ({}, {"born": {"run": ["echo", "2020-01-31T00:00:00Z"]}}, "old-key"),
        ({"grace": 3.0}, {"grace": 3, "meanwhile": [{"run": ["grep", "-q", "key-0", "key"]}]}, "clients-noticed"),
    ],
)  # fmt: skip
def test_a_rotation_with_a_fault_fails(tmp_path, faults, params, rule):
    ended, record = rotation(tmp_path, faults, **params)
    assert FAILED == ended.code, ended.everything
    assert rule in ends(ended, record)[1]


def test_a_key_that_never_worked_or_has_no_age_proves_nothing(tmp_path):
    assert "refused before anything was done" in rotation(tmp_path, {}, key={"run": ["echo", "wrong"]})[1]["reason"]
    assert "age of the key cannot be told" in rotation(tmp_path, {}, born={"run": ["echo", "old"]})[1]["reason"]


PURGE = "import pathlib, time\nfor p in pathlib.Path('logs').{how}('*.log'):\n    if time.time() - p.stat().st_mtime > {days} * 86400: p.unlink()\n"


def purge(folder, *, how="glob", days=7, **params):
    write(folder, {"logs/hold/x": "", "purge.py": PURGE.format(how=how, days=days)})
    at = "logs/app-${DATE}-${DRILL}.log"
    records = [
        {"name": "old", "age": "8 d", "file": at}, {"name": "young", "age": "6 d", "file": at, "stays": True},
        {"name": "held", "age": "8 d", "file": "logs/hold/${DRILL}.log", "stays": True},
    ]  # fmt: skip
    return drill("log_purge", folder, **{"target": "logs", "records": records, "purge": {"run": [sys.executable, "purge.py"]}, "limit": 30, **params})


def test_the_purge_takes_what_is_old_and_nothing_else(tmp_path):
    ended, record = purge(tmp_path)
    assert (PASSED, "s") == (ended.code, record["unit"]), ended.everything
    assert ["x"] == [path.name for path in (tmp_path / "logs").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ({"days": 30, "limit": 1}, "not-purged"), ({"days": 1}, "purged-too-much"), ({"how": "rglob"}, "purged-too-much"),
        ({"purge": {"run": ["false"]}}, "not-purged"),
    ],
)  # fmt: skip
def test_a_purge_that_takes_too_little_or_too_much_fails(tmp_path, fault, rule):
    ended, record = purge(tmp_path, **fault)
    assert (FAILED, [rule]) == ends(ended, record), ended.everything


def test_records_that_cannot_be_planted_or_seen_prove_nothing(tmp_path):
    young = {"name": "young", "age": 0, "file": "y.log", "stays": True}
    assert "could not be planted" in purge(tmp_path, records=[{"name": "old", "age": "8 d", "file": "none/x.log"}, young])[1]["reason"]
    records = [{"name": "row", "age": "8 d", "plant": {"run": ["true"]}, "seen": {"run": ["false"]}}, young]
    ended, record = purge(tmp_path, records=records)
    assert (UNKNOWN, True) == (ended.code, "row cannot be seen after it was planted" in record["reason"])
    assert (Exit.USAGE, True) == ((told := purge(tmp_path, records=records[:1])[0]).code, "records that must stay" in told.err)


ENDS = """\
import datetime, pathlib
for p in pathlib.Path('.').glob('row-*'):
    if (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(p.read_text().strip())).days >= 7: p.unlink()
"""


def test_the_age_of_a_planted_record_is_told_to_its_step(tmp_path):
    keep = {"run": ["sh", "-c", "echo ${AGED} > row-${DRILL}"]}
    rows = [
        {"name": name, "age": age, "plant": keep, "seen": {"run": ["sh", "-c", "test -e row-${DRILL}"]}, "stays": name == "young"}
        for name, age in (("old", "8 d"), ("young", "1 d"))
    ]  # fmt: skip
    write(tmp_path, {"ends.py": ENDS})
    ended, _ = purge(tmp_path, records=rows, purge={"run": [sys.executable, "ends.py"]})
    assert PASSED == ended.code, ended.everything
    (left,) = (datetime.fromisoformat(path.read_text().strip()) for path in tmp_path.glob("row-*"))
    assert timedelta(days=1) <= datetime.now(UTC) - left < timedelta(days=2)


def canary(folder, faults, **params):
    with serving(folder, **faults) as (_, url):
        inputs = [
            {"post": f"{url}/login?request=${{DRILL}}", "body": "user=drill&password=${CANARY}", "status": [401]},
            {"get": f"{url}/signed?request=${{DRILL}}", "headers": {"Authorization": "Bearer ${CANARY}"}, "status": [401]},
        ]
        sinks = [{"name": "the log", "files": ["*.log"]}, {"name": "what is shown", "run": ["cat", "desk.log"]}]
        return drill("canary_secret", folder, **{"target": "desk", "inputs": inputs, "sinks": sinks, "settle": 20, **params})


def test_a_log_without_secrets_passes(tmp_path):
    ended, record = canary(tmp_path, {"leaks": "masked"}, prefix="sk_live_")
    assert (PASSED, 4) == (ended.code, record["examined"]), ended.everything


@pytest.mark.parametrize(("leaks", "how"), [("raw", ""), ("base64", "base64"), ("hex", "hex"), ("gzip", "compression of base64"), ("half", "")])
def test_a_secret_in_a_log_line_is_found_however_it_is_wrapped(tmp_path, leaks, how):
    ended, record = canary(tmp_path, {"leaks": leaks})
    assert (FAILED, ["leaked-secret"]) == ends(ended, record), ended.everything
    assert (4, {"critical"}) == (len(record["findings"]), {finding["severity"] for finding in record["findings"]})
    assert all(finding["message"].endswith(f", as {how}" if how else "'") for finding in record["findings"])


def test_a_sink_that_nobody_writes_to_or_an_input_that_is_not_taken_proves_nothing(tmp_path):
    assert "does not hold the word" in canary(tmp_path, {"mute": True}, settle=0.5)[1]["reason"]
    ended, record = canary(tmp_path, {}, inputs=[{"post": "http://127.0.0.1:9/${DRILL}", "body": "${CANARY}"}])
    assert (UNKNOWN, True) == (ended.code, "did not take the canary" in record["reason"])
    assert (Exit.USAGE, True) == ((told := canary(tmp_path, {}, inputs=[{"run": ["true"]}])[0]).code, "sends no ${CANARY}" in told.err)
