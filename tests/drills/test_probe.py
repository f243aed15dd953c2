"""A job that may look leaves a record; the gate of a pull request, which may not, reads it."""

import json

import answers
from prodready.errors import Exit
from programs import prodready, repository


def probe(folder, **params):
    words = [f"-p{key}={json.dumps(value)}" for key, value in params.items()]
    ended = prodready("drill", "probe", *words, "--json", "--evidence", folder / "evidence", cwd=folder)
    return ended.code, json.loads(ended.out or "{}")


def read(folder, target, *more):
    return prodready("check", "drill_record", ".", "-p", "drill=probe", "-p", f"target={target}", *more, cwd=folder)


def test_what_was_seen_in_production_is_read_by_a_gate_that_cannot_reach_it(tmp_path):
    with answers.serving({"/healthz": {"text": "ok", "demand": {"Authorization": "Bearer the-word"}}}) as service:
        policy = f"extends: starter\ntargets: {{service: {{url: '{service.url}', token: PRODREADY_SERVICE_TOKEN}}}}\n"
        repository(tmp_path / "r", {".prodready.yml": policy})
        asked = {"check": "http_probe", "params": {"url": "service", "path": "/healthz"}}
        words = [f"-p{key}={json.dumps(value)}" for key, value in asked.items()]
        ended = prodready("drill", "probe", *words, "--json", "--evidence", "evidence", cwd=tmp_path / "r", env={"PRODREADY_SERVICE_TOKEN": "the-word"})
        assert Exit.READY == ended.code, ended.everything
    record = json.loads(ended.out)
    assert ("passed", "http_probe", False) == (record["status"], record["target"], "the-word" in ended.out)
    assert Exit.READY == read(tmp_path / "r", "http_probe").code  # the service is gone by now
    assert Exit.UNKNOWN == read(tmp_path / "r", "http_probe", "--now", "2036-01-01T00:00:00Z").code


def test_a_system_that_does_not_answer_leaves_a_record_that_is_no_pass(tmp_path):
    code, record = probe(tmp_path, check="prometheus", params={"url": "http://127.0.0.1:1", "query": "up"})
    assert (Exit.UNKNOWN, "unknown") == (code, record["status"])
    assert Exit.UNKNOWN == read(tmp_path, "prometheus").code


def test_a_check_that_is_none_and_parameters_that_are_none_are_refused(tmp_path):
    assert Exit.USAGE == probe(tmp_path, check="http_prob")[0]
    assert Exit.USAGE == probe(tmp_path, check="http_probe", params={"adress": "x"})[0]
    assert Exit.USAGE == probe(tmp_path, check="roll_up", params={"items": ["*"]})[0]
