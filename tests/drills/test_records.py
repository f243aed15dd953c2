"""Records say what happened, fit their schema, cannot be changed unnoticed, and people are told."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest
from slack_sdk.models.blocks import Block

from listening import listening
from prodready.errors import Exit
from prodready.evidence.files import percentile
from prodready.evidence.record import parse
from programs import HERE, prodready, write

WISH = {
    "drill": "timed", "title": "A file | appears", "expect": "< 20 s",
    "params": {"target": "a <file>", "act": [{"run": ["touch", "there"]}], "until": [{"run": ["test", "-e", "there"]}], "post": [{"run": ["rm", "there"]}]},
}  # fmt: skip
SCHEMA = json.loads((HERE / "scripts" / "prodready" / "schemas" / "record.schema.json").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, {"drills/file.yml": json.dumps(WISH)})


@pytest.fixture
def webhook():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.said, server.status = [], 200
    with listening(server):
        yield server


def drill(folder, *options, **env):
    ended = prodready("drill", "drills/file.yml", "--json", *options, cwd=folder, env=env)
    return ended, json.loads(ended.out or "{}")


def test_a_record_fits_its_published_schema_and_reads_back(folder):
    ended, record = drill(folder)
    assert Exit.READY == ended.code, ended.everything
    jsonschema.Draft202012Validator(SCHEMA).validate(record)
    (path,) = (folder / "evidence").glob("*.json")
    assert (record, record["id"]) == (json.loads(path.read_text()), parse(path.read_text()).id)


def test_a_record_that_was_changed_or_cut_is_none(folder):
    drill(folder)
    (path,) = (folder / "evidence").glob("*.json")
    text = path.read_text()
    for changed in (text.replace('"passed"', '"failed"'), text[:-20], "[]", "{}"):
        with pytest.raises(ValueError, match=r"schema|sha256|Expecting|delimiter|Unterminated"):
            parse(changed)


def test_the_incident_log_is_inert_markdown(folder):
    drill(folder)
    (path,) = (folder / "evidence").glob("*.md")
    words = path.read_text()
    assert (True, True) == ("# ✓ A file \\| appears: passed" in words, "&lt;file&gt;" in words)


def test_the_incident_goes_to_slack_under_the_id_of_the_record(folder, webhook):
    ended, record = drill(folder, "--slack", SLACK_WEBHOOK_URL=f"http://127.0.0.1:{webhook.server_port}/services/T0/s3cret")
    assert (Exit.READY, True) == (ended.code, record["notifications"][0]["delivered"]), ended.everything
    (said,) = webhook.said
    assert record["id"] in said["text"]
    blocks = Block.parse_all(said["blocks"])
    assert ["header", "section", "section", "context"] == [block.type for block in blocks]
    for block in blocks:
        block.validate_json()
    assert "s3cret" not in ended.everything


@pytest.mark.parametrize("status", [302, 403, 500])
def test_an_incident_that_nobody_was_told_of_fails(folder, webhook, status):
    webhook.status = status
    ended, record = drill(folder, "--slack", SLACK_WEBHOOK_URL=f"http://127.0.0.1:{webhook.server_port}/services/T0/s3cret")
    assert (Exit.NOT_READY, "passed", False) == (ended.code, record["status"], record["notifications"][0]["delivered"])
    assert (f"answered {status}" in ended.err, "s3cret" in ended.everything) == (True, False)


def test_a_webhook_that_does_not_answer_fails_and_stays_secret(folder):
    ended, record = drill(folder, "--slack", SLACK_WEBHOOK_URL="http://127.0.0.1:9/services/T0/s3cret")
    assert (Exit.NOT_READY, False) == (ended.code, "s3cret" in ended.everything + json.dumps(record))


def test_without_a_webhook_nothing_is_run(folder):
    ended, record = drill(folder, "--slack", SLACK_WEBHOOK_URL="")
    assert (Exit.USAGE, {}, False) == (ended.code, record, (folder / "evidence").exists())


def test_a_gate_reads_what_a_drill_left(folder):
    drill(folder)
    passed = prodready("check", "drill_record", folder, "-p", "drill=timed", "-p", "measure=seconds", "--expect", "< 10 s")
    failed = prodready("check", "drill_record", folder, "-p", "drill=timed", "-p", "measure=seconds", "--expect", "< 0 s")
    unknown = prodready("check", "drill_record", folder, "-p", "drill=chaos")
    assert [Exit.READY, Exit.NOT_READY, Exit.UNKNOWN] == [passed.code, failed.code, unknown.code]


def test_the_history_shows_each_target(folder):
    for _ in range(2):
        drill(folder)
    rows = prodready("drill", "--history", cwd=folder).out.splitlines()
    assert ("DRILL" in rows[0], "a <file>  2 " in rows[1]) == (True, True)


def test_the_percentile_is_one_of_the_values():
    assert (19.0, 3.0, 5.0) == (percentile(map(float, range(1, 21)), 0.95), percentile([3.0], 0.95), percentile([1.0, 5.0], 0.95))


def test_every_drill_is_listed_and_explained():
    assert prodready("list", "drills").out == prodready("drill", "--list").out
    words = prodready("explain", "timed").out
    assert ("  assert " in words, "Parameters:" in words) == (True, True)
