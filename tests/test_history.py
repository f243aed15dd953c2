"""The runs of the past: kept, trended, exported, joined; a broken store costs a line, never a verdict."""

import json
from datetime import UTC, date, datetime, timedelta

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace
from slack_sdk.models.blocks import Block

from generate_schemas import schemas
from prodready import memory
from prodready.errors import ProdreadyError
from prodready.history import KEPT, History, exported
from prodready.model import Status, Waiver
from prodready.notify.changes import messages
from prodready.notify.message import payload
from prodready.report.html import fleet
from prodready.report.past import Past, point
from prodready.settings import Settings
from programs import MINI, prodready, write
from reports import HOSTILE, NOON, large, ready, sample
from test_report_html import assert_inert


def days(count, report=None, **changes):
    report = report or sample()
    return [replace(report, started=NOON + timedelta(days=day), score=replace(report.score, value=20.0 + day), **changes) for day in range(count)]


@pytest.fixture
def store(tmp_path):
    return History(tmp_path / "deep" / "history.sqlite")


def test_a_run_is_kept_once(store):
    assert [True, False] == [store.add(sample()), store.add(sample())]
    (run,) = store.runs()
    assert ("acme/desk", 19.5, {"failed": 3, "unknown": 1}) == (run.repository, run.score, {key: run.statuses[key] for key in ("failed", "unknown")})


def test_the_past_is_the_same_gate_before_this_run(store):
    for report in (*days(5), *days(3, ready())):
        store.add(report)
    other = replace(sample(), subject=replace(sample().subject, repository="acme/other"))
    store.add(other)
    past = store.past(days(4)[-1])
    assert ([20.0, 21.0, 22.0], 22.0) == ([one.score for one in past.points if one.pass_mark == 80 and not one.ready], past.before.score.value)


def test_the_delta_is_to_the_base_where_its_run_is_known(store):
    base = replace(days(1)[0], subject=replace(sample().subject, commit="b" * 40))
    for report in (base, *days(3)[1:]):
        store.add(report)
    assert "b" * 40 == store.past(days(6)[-1]).before.subject.commit


def test_two_folders_of_one_repository_have_each_their_own_past(store):
    desk = replace(sample().subject, folder="examples/desk")
    store.add(days(1)[0])
    assert None is store.past(replace(days(2)[1], subject=desk)).before
    store.add(replace(days(2)[1], subject=desk))
    assert ("acme/desk:examples/desk", None) == (store.runs()[1].repository, store.past(replace(days(1)[0], subject=desk)).before)
    assert 20.0 == store.past(days(3)[2]).before.score.value


def test_old_reports_are_dropped_and_their_numbers_stay(store):
    for report in days(KEPT + 3):
        store.add(report)
    assert (KEPT + 3, None) == (len(store.runs()), store._report(store.runs()[0].digest))


def test_what_was_exported_joins_another_store(store, tmp_path):
    for report in days(3):
        store.add(report)
    other = History(tmp_path / "other.sqlite")
    lines = list(exported(store.runs()))
    assert (3, 0, store.runs()) == (other.merge(lines), other.merge(lines), other.runs())


def test_an_exported_line_fits_its_published_schema(store):
    store.add(sample())
    validator = jsonschema.Draft202012Validator(json.loads(schemas()["history.schema.json"]))
    for line in exported(store.runs()):
        validator.validate(json.loads(line))


@pytest.mark.parametrize("line", ["x", "{}", "[]", "[" * 10_000, '{"digest": 1}'])
def test_what_is_no_run_is_refused(store, line):
    with pytest.raises(ProdreadyError):
        store.merge([line])


def test_a_damaged_store_costs_a_line_and_never_a_verdict(tmp_path):
    (tmp_path / "history").write_bytes(b"no database at all, and long enough to be looked at" * 100)
    settings = msgspec.structs.replace(Settings.from_environ({}), history=tmp_path / "history")
    past, notes = memory.recall(sample(), settings)
    assert (Past(), 1) == (past, len(notes))
    assert [True] == ["not remembered" in line for line in memory.keep(sample(), past, settings)]


def test_runs_are_remembered_and_the_next_page_shows_the_trend(tmp_path):
    folder = write(tmp_path / "s", {"README.md": "hello", "mini.yml": MINI})
    store = tmp_path / "h.sqlite"
    for _ in range(2):
        ended = prodready("run", folder, "--profile", "mini.yml", "--out", tmp_path / "out", env={"PRODREADY_HISTORY": str(store)})
        assert (0, "") == (ended.code, "".join(line for line in ended.err.splitlines() if line.startswith("prodready:")))
    assert ("Over time" in (tmp_path / "out" / "report.html").read_text("utf-8"), 2) == (True, len(History(store).runs()))
    shown = prodready("history", "--history", store, "--export", tmp_path / "h.jsonl")
    assert (0, 2, 2) == (shown.code, shown.out.count("ready"), len((tmp_path / "h.jsonl").read_text().splitlines()))
    again = prodready("history", "--history", tmp_path / "new.sqlite", "--add", tmp_path / "h.jsonl", tmp_path / "out")
    assert "2 runs added" in again.out


def test_the_fleet_page_has_the_worst_first_and_is_inert():
    hostile = replace(sample(), subject=replace(sample().subject, repository=HOSTILE))
    page = fleet.render([ready(), sample(), hostile, large()], NOON + timedelta(days=9), {"acme/desk": Past(points=tuple(map(point, days(5))))})
    assert_inert(page)
    assert page.index("badge failed") < page.index("badge passed") if "badge passed" in page else True
    assert len(page) < 100_000


def test_the_fleet_tells_of_loans_that_run_out_and_evidence_that_is_old(tmp_path):
    (tmp_path / "a").mkdir()
    from prodready.report import json_v1

    (tmp_path / "a" / "report.json").write_text(json_v1.render(sample()), "utf-8")
    ended = prodready("fleet", tmp_path, "--out", tmp_path / "fleet.html", "--now", "2026-11-28T00:00:00Z")
    page = (tmp_path / "fleet.html").read_text("utf-8")
    assert (0, True, True) == (ended.code, "3 d left" in page, "older than 90 d" in page)
    late = prodready("fleet", tmp_path, "--out", tmp_path / "fleet.html", "--now", "2026-12-20T00:00:00Z")
    assert (0, True) == (late.code, "ended 19 d ago" in (tmp_path / "fleet.html").read_text("utf-8"))


def told(report, past=None, now=NOON):
    """What Slack is posted, as JSON reads it back."""
    return [json.loads(json.dumps(payload(message))) for _, message in messages(report, past or Past(), now)]


def words(posted):
    return json.dumps(posted, ensure_ascii=False)


def test_a_message_is_sent_when_the_verdict_changes_and_not_when_it_stays():
    was_ready = Past(points=(replace(point(ready()), ready=True),))
    (posted,) = told(sample(), was_ready, datetime(2026, 1, 1, tzinfo=UTC))
    assert (":x: acme/desk: Not ready to merge", True) == (posted["blocks"][0]["text"]["text"], posted["text"].startswith(":x: acme/desk: Not ready"))
    assert "*Score*\n19.5 of 100, pass mark 80" in [field["text"] for field in posted["blocks"][2]["fields"]]
    assert [] == told(sample(), Past(points=(point(sample()),)), datetime(2026, 1, 1, tzinfo=UTC))


def test_a_waiver_is_told_of_before_it_ends_and_again_when_it_has():
    assert [True, True] == ["in 7 days" in words(told(sample())), "ended on 2026-12-01" in words(told(sample(), now=NOON + timedelta(days=30)))]


def test_messages_are_blocks_that_slacks_own_library_takes():
    """Of a large report with a hostile name, and of a waiver: Block Kit's limits hold."""
    hostile = replace(large(), subject=replace(sample().subject, repository=HOSTILE * 3))
    was_ready = Past(points=(replace(point(ready()), ready=True),), before=ready())
    for posted in (*told(hostile, was_ready), *told(sample())):
        blocks = Block.parse_all(posted["blocks"])
        assert [block["type"] for block in posted["blocks"]] == [block.type for block in blocks]
        for block in blocks:
            block.validate_json()
        assert len(posted["text"]) <= 3000


def test_words_of_the_repository_are_no_mention_and_no_link_in_a_message():
    waiver = Waiver(item="x", owner="<!channel> <@U1> *b* @here", reason="", until=date(2026, 11, 30))
    outcome = replace(sample().outcomes[2], waiver=waiver, status=Status.WAIVED)
    text = words(told(replace(sample(), outcomes=(outcome,))))
    assert ("<!" in text, "<@" in text, "@here" in text) == (False, False, False)


def test_slack_is_told_once_of_each_change_and_a_refusal_fails_nothing(tmp_path, hook):
    settings = msgspec.structs.replace(Settings.from_environ({}), history=tmp_path / "h", slack=hook.url)
    before = Past(points=(replace(point(ready()), ready=True),))
    assert [] == list(memory.keep(sample(), before, settings))
    assert [] == list(memory.keep(replace(sample(), seconds=1.0), before, settings))
    assert 1 == sum("Not ready" in json.loads(body)["text"] for body in hook.bodies)
    hook.status = 500
    lines = list(memory.keep(days(2)[1], before, settings))
    assert [True] == ["Slack was not told" in line for line in lines]


@pytest.fixture
def hook():
    """A webhook that keeps what it is sent."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.bodies, server.status, server.url = [], 200, f"http://127.0.0.1:{server.server_port}/services/T/B/x"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
