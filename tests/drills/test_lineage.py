"""From a trade to the bytes it was decided on, by a real MLflow server, a real git and an S3 service; each link that can break is broken."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import servers
import supervised
from drilled import drilled
from listening import listening
from locked import interpreter
from prodready.drills.lineage.sigv4 import Keys, signed
from prodready.errors import Exit
from programs import commit, git, prodready, repository

HERE = Path(__file__).parents[1] / "lineage"
DATA, OTHER = "time,price\n1,100\n", "time,price\n1,101\n"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Desk:
    """A repository that trades, with its MLflow and its bucket."""

    def __init__(self, folder, mlflow, s3, python):
        self.folder, self.mlflow, self.s3 = folder, mlflow, s3
        repository(folder, {"trade.py": "x\n"})
        self.head = git(folder, "rev-parse", "HEAD")
        git(folder, "checkout", "-q", "--detach")
        self.lost = commit(folder, "Lost")
        git(folder, "checkout", "-q", "-b", "feature", "main")
        self.unmerged = commit(folder, "Not merged")
        git(folder, "checkout", "-q", "main")
        self.blob = git(folder, "rev-parse", "HEAD:trade.py")
        (folder / "features.csv").write_text(DATA)
        plan = {
            "mlflow": mlflow, "s3": s3, "artifact": DATA, "runs": self.plan(),
            "objects": [["good.csv", DATA], ["overwritten.csv", DATA], ["overwritten.csv", OTHER], ["wrong.csv", OTHER]],
        }  # fmt: skip
        told = subprocess.run([python, HERE / "plant.py"], input=json.dumps(plan), capture_output=True, text=True, check=False, cwd=folder.parent)
        assert told.returncode == 0, told.stderr
        self.runs = json.loads(told.stdout)

    def plan(self):
        good = {"mlflow.source.git.commit": self.head, "features.uri": "s3://features/good.csv", "features.sha256": digest(DATA)}
        return {
            "good": good,
            "file": {**good, "features.uri": "features.csv"},
            "artifact": {**good, "features.uri": "runs:/it/features.csv"},
            "versioned": {**good, "features.uri": "s3://features/overwritten.csv", "features.version": 1},
            "overwritten": {**good, "features.uri": "s3://features/overwritten.csv"},
            "wrong-version": {**good, "features.uri": "s3://features/overwritten.csv", "features.version": 2},
            "gone": {**good, "features.uri": "s3://features/never.csv"},
            "file-gone": {**good, "features.uri": "never.csv"},
            "deleted": good,
            "no-commit": {key: value for key, value in good.items() if "commit" not in key},
            "no-digest": {key: value for key, value in good.items() if "sha256" not in key},
            "missing-commit": {**good, "mlflow.source.git.commit": "0" * 39 + "1"},
            "no-such-commit-word": {**good, "mlflow.source.git.commit": "main"},
            "blob-as-commit": {**good, "mlflow.source.git.commit": self.blob},
            "lost": {**good, "mlflow.source.git.commit": self.lost},
            "unmerged": {**good, "mlflow.source.git.commit": self.unmerged},
            "elsewhere": {**good, "features.uri": "ftp://example.org/x"},
        }

    def trades(self, *rows, age=1):
        when = (datetime.now(UTC) - timedelta(days=age)).isoformat()
        return [(trade, self.runs.get(run, run), when) for trade, run in rows]

    def drill(self, rows, *, env=KEYS, cwd=None, **params):
        with (self.folder / "trades.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([("trade_id", "run_id", "executed_at"), *rows])
        given = {"trades": {"csv": ["trades.csv"]}, "mlflow": self.mlflow, "s3": {"endpoint": self.s3}, **params}
        return drilled("lineage", cwd or self.folder, env=env, **given)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    python = interpreter(HERE / "servers.lock", what="MLflow and an S3 service")
    folder = tmp_path_factory.mktemp("lineage")
    mlflow, s3 = (f"http://127.0.0.1:{servers.port()}" for _ in range(2))
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "GIT_PYTHON_REFRESH": "quiet"}
    quiet["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    serve = [python, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", mlflow.rpartition(":")[2]]
    store = ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"]
    bucket = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", s3.rpartition(":")[2]]
    with (
        servers.running(bucket, folder / "s3", lambda: servers.answers(f"{s3}/moto-api/"), patience=300),
        servers.running([*serve, *store], folder / "mlflow", lambda: servers.answers(f"{mlflow}/health"), patience=300, **quiet),
    ):
        yield Desk(folder / "desk", mlflow, s3, python)


def rules(record):
    return sorted({finding["rule"] for finding in record["findings"]})


def test_whole_chains_are_timed_wherever_features_are(desk):
    kinds = ["good", "file", "artifact", "versioned"]
    ended, record = desk.drill(desk.trades(*((kind, kind) for kind in kinds)), branches=["main"], sample=4)
    assert (Exit.READY, "s", 4) == (ended.code, record["unit"], record["examined"]), ended.everything
    links = {chain["trade"]: [link["link"] for link in chain["links"]] for chain in record["facts"]["trades"]}
    assert {kind: [f"run {desk.runs[kind]}", f"commit {desk.head[:12]} on main", f"features {digest(DATA)[:12]}"] for kind in kinds} == links
    assert record["measured"] >= max(sum(link["seconds"] for link in chain["links"]) for chain in record["facts"]["trades"]) - 0.001


BROKEN = {
    "": "no-run", "0" * 32: "run-missing", "../x": "run-missing", "deleted": "run-deleted", "no-commit": "tag-missing", "no-digest": "tag-missing",
    "missing-commit": "commit-missing", "no-such-commit-word": "commit-malformed", "blob-as-commit": "commit-malformed", "lost": "commit-dangling",
    "overwritten": "features-changed", "wrong-version": "features-changed", "gone": "features-missing", "file-gone": "features-missing",
}  # fmt: skip


def test_each_link_that_breaks_fails(desk):
    ended, record = desk.drill(desk.trades(*((f"{run}!", run) for run in BROKEN)), sample=len(BROKEN))
    assert (Exit.NOT_READY, "Infinity", len(BROKEN)) == (ended.code, record["measured"], record["examined"]), ended.everything
    assert {f"{run}!": rule for run, rule in BROKEN.items()} == {chain["trade"]: chain["links"][-1]["link"] for chain in record["facts"]["trades"]}
    assert {*BROKEN.values()} == set(rules(record))


def test_a_commit_that_only_a_branch_without_protection_holds_is_dangling(desk):
    assert Exit.READY == desk.drill(desk.trades(("T1", "unmerged")))[0].code
    ended, record = desk.drill(desk.trades(("T1", "unmerged")), branches=["main", "release/*"])
    assert (Exit.NOT_READY, True) == (ended.code, "only on feature" in record["summary"]), ended.everything


def test_two_trades_on_one_run_and_two_runs_of_one_trade(desk):
    shared = desk.trades(("T1", "good"), ("T2", "good"))
    assert ["shared-run"] == rules(desk.drill(shared)[1])
    assert Exit.READY == desk.drill(shared, shared_runs=True)[0].code
    assert ["ambiguous-trade"] == rules(desk.drill(desk.trades(("T1", "good"), ("T1", "file")))[1])


def test_the_same_seed_draws_the_same_trades(desk):
    rows = desk.trades(*((f"T{number}", "good") for number in range(50)))
    drawn = [[one["trade"] for one in desk.drill(rows, shared_runs=True, seed=seed)[1]["facts"]["trades"]] for seed in (7, 7, 8)]
    assert (3, drawn[0]) == (len(drawn[0]), drawn[1])
    assert drawn[0] != drawn[2]


def test_one_broken_chain_among_good_ones_fails(desk):
    ended, record = desk.drill(desk.trades(("T1", "good"), ("T2", "file"), ("T3", "overwritten")))
    assert (Exit.NOT_READY, 3, ["features-changed"]) == (ended.code, record["examined"], rules(record))


@pytest.mark.parametrize(
    ("rows", "params", "words"),
    [
        ([], {}, "no trade to follow"),
        ([("T1", "good", "2020-01-31T09:30:00Z")], {}, "none of its 1 trade is of the last 30 days"),
        ([("T1", "good", "yesterday")], {}, "has no time"),
        ([("", "good", "2020-01-31")], {"trades": {"csv": ["trades.csv"], "time": ""}}, "names no trade"),
        (None, {"trades": {"csv": ["trades.csv"], "trade": "id"}}, "has no 'id'"),
        (None, {"trades": {"csv": ["none.csv"]}}, "no file matches"),
        (None, {"trades": {"sql": "sqlite:none.db"}}, "cannot be read"),
        (None, {"trades": {"sql": "postgresql://127.0.0.1:9/desk"}}, "cannot be read"),
        (None, {"mlflow": "http://127.0.0.1:9"}, "did not answer"),
        (None, {"env": {}}, "AWS_ACCESS_KEY_ID is not set"),
        (None, {"s3": {"endpoint": "http://127.0.0.1:9"}}, "did not answer"),
    ],
)
def test_what_cannot_be_followed_is_unknown(desk, rows, params, words):
    ended, record = desk.drill(desk.trades(("T1", "good")) if rows is None else rows, **params)
    assert (Exit.UNKNOWN, True) == (ended.code, words in record["reason"] + record["summary"]), ended.everything


def test_features_at_an_unknown_place_and_a_server_that_is_no_mlflow_are_unknown(desk):
    assert "ftp: cannot be fetched" in desk.drill(desk.trades(("T1", "elsewhere")))[1]["reason"]
    assert "HTTP 404" in desk.drill(desk.trades(("T1", "good")), mlflow=desk.s3)[1]["reason"]


def test_a_shallow_clone_cannot_tell(desk, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{desk.folder}", "shallow")
    (tmp_path / "shallow" / "trades.csv").write_text("trade_id,run_id,executed_at\nT1," + desk.runs["unmerged"] + f",{datetime.now(UTC).isoformat()}\n")
    ended, record = desk.drill([], cwd=tmp_path / "shallow")
    assert (Exit.UNKNOWN, True) == (ended.code, "this clone is shallow" in record["reason"]), ended.everything


def test_trades_of_sqlite(desk):
    with closing(sqlite3.connect(desk.folder / "trades.db")) as database:
        database.execute("CREATE TABLE trades (trade_id, run_id, executed_at)")
        database.executemany("INSERT INTO trades VALUES (?, ?, ?)", desk.trades(("T1", "good")))
        database.commit()
    ended, record = desk.drill([], trades={"sql": "sqlite:trades.db"})
    assert (Exit.READY, "sqlite:trades.db") == (ended.code, record["target"]), ended.everything
    assert Exit.UNKNOWN == desk.drill([], trades={"sql": "sqlite:trades.db", "query": "DELETE FROM trades"})[0].code
    assert Exit.UNKNOWN == desk.drill([], trades={"sql": "sqlite:trades.db", "query": "SELECT trade_id FROM trades"})[0].code


@pytest.mark.integration
def test_trades_of_postgresql(desk, tmp_path):
    server = supervised.postgresql(tmp_path, supervised.NEVER)
    try:
        server.start()
        (trade,) = desk.trades(("T1", "good"))
        query = f"SELECT '{trade[0]}', '{trade[1]}', '{trade[2]}'"
        ended, record = desk.drill([], trades={"sql": f"{server.target}/postgres", "query": query})
        assert (Exit.READY, f"{server.target.replace('postgres@', '')}/postgres") == (ended.code, record["target"]), ended.everything
        written = desk.drill([], trades={"sql": f"{server.target}/postgres", "query": "CREATE TABLE x (y int)"})[1]
        assert "read-only transaction" in written["reason"]
    finally:
        server.stop()


def test_trades_of_a_service(desk):
    rows = [dict(zip(("id", "run", "at"), row, strict=True)) for row in desk.trades(("T1", "good"))]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"items": rows}).encode() if self.headers["Authorization"] == "Bearer s3cret-token" else b""
            self.send_response(200 if body else 401)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        url = {"url": f"http://127.0.0.1:{server.server_port}", "token": "PRODREADY_STORE_TOKEN"}
        store = {"url": url, "path": "/trades", "rows": "items", "trade": "id", "run": "run", "time": "at"}
        good, _ = desk.drill([], trades=store, env={**KEYS, "PRODREADY_STORE_TOKEN": "s3cret-token"})
        refused, record = desk.drill([], trades=store, env={**KEYS, "PRODREADY_STORE_TOKEN": "wrong"})
    assert (Exit.READY, False) == (good.code, "s3cret-token" in good.everything), good.everything
    assert (Exit.UNKNOWN, True) == (refused.code, "HTTP 401" in record["reason"])


def test_a_dry_run_asks_nobody(desk):
    ended = prodready("drill", "lineage", "-p", "trades={csv: none.csv}", "--dry-run", cwd=desk.folder)
    assert (Exit.READY, True) == (ended.code, "would follow 3 trades" in ended.err), ended.everything


def test_requests_are_signed_as_the_reference_of_s3_shows():
    """docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Bucket Lifecycle"."""
    keys = Keys(access="AKIA" + "IOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY")
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    _, headers = signed(keys, "https://examplebucket.s3.amazonaws.com", "/", {"lifecycle": ""}, region="us-east-1", now=moment)
    assert headers["Authorization"].endswith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
