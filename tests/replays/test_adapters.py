"""The three ways to an engine, with real processes and a real server: asked, restarted, and told apart when they fail."""

import json
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prodready.check import CannotTell
from prodready.risk import scenario
from prodready.risk.adapters import Address, connected
from prodready.risk.liquidation import liquidation
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from replays.engines import DESK, Beside, Mended
from replays.test_liquidation import RULES, WINDOWS

ECHO = """
import json, os, pathlib, sys
class Echo:
    def __init__(self):
        self.file = pathlib.Path(os.environ["PRODREADY_STATE"]) / "kept"
        print("this line is for people")
    def answer(self, message):
        before = self.file.read_text() if self.file.exists() else ""
        self.file.write_text(before + "x")
        return {"halted": False, "reason": before, "type": message["type"]}
"""
LINES = "import json, sys\nfor line in sys.stdin:\n    %s\n    sys.stdout.flush()\n"


@pytest.fixture
def ctx(tmp_path):
    return context(tmp_path / "service", tmp_path)


def context(folder, tmp_path, **more):
    folder.mkdir(exist_ok=True)
    scratch = iter(range(1000))

    def made():
        place = tmp_path / f"scratch-{next(scratch)}"
        place.mkdir()
        return place

    real = World(name="w", repo=open_repo(folder), processes=Processes(cache=tmp_path / "cache"), http=RealHttp(), now=datetime.now(UTC), **more)
    return real.context(made)


def program(ctx, body):
    (ctx.repo.root / "engine.py").write_text(LINES % body)
    return Address(command=(sys.executable, "engine.py"), answer_within=30)


def test_a_python_entry_point_answers_keeps_its_state_over_a_restart_and_forgets_it_when_fresh(ctx):
    (ctx.repo.root / "echo.py").write_text(ECHO)
    with connected(ctx, Address(engine="echo:Echo", python=sys.executable, answer_within=30)) as engine:
        kept = [engine.ask({"type": "start"})["reason"], engine.ask({"type": "mark"})["reason"]]
        assert engine.restart()
        kept.append(engine.ask({"type": "start"})["reason"])
        engine.fresh()
        kept.append(engine.ask({"type": "start"})["reason"])
    assert ["", "x", "xx", ""] == kept


def test_a_program_answers_line_by_line_however_long_the_lines(ctx):
    body = "print(json.dumps({'length': len(line), 'pad': 'x' * len(line)}))"
    with connected(ctx, program(ctx, body)) as engine:
        lengths = [engine.ask({"type": "x" * size})["length"] for size in (1, 100_000, 3_000_000)]
    assert [len('{"type": ""}\n') + size for size in (1, 100_000, 3_000_000)] == lengths


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit('no market data licence')", "ended before it answered: no market data licence"),
        ("print('hello')", "answered 'hello', no JSON object"),
        ("print([1])", r"answered '\[1\]', no JSON object"),
        ("print('[' * 100000)", "no JSON object"),
        ("raise ZeroDivisionError('nothing held')", "ended before it answered: ZeroDivisionError: nothing held"),
        ("sys.stdout.write('x' * 20_000_000)", "answered with more than 16,777,216 bytes"),
    ],
)
def test_a_program_that_fails_proves_nothing(ctx, body, says):
    with connected(ctx, program(ctx, body)) as engine, pytest.raises(CannotTell, match=says):
        engine.ask({"type": "start"})


def test_a_program_that_hangs_is_given_up(ctx):
    (ctx.repo.root / "engine.py").write_text("import time\ntime.sleep(600)\n")
    hanging = Address(command=(sys.executable, "engine.py"), answer_within=0.3)
    with connected(ctx, hanging) as engine, pytest.raises(CannotTell, match=r"did not answer within 0\.3 s"):
        engine.ask({"type": "start"})


def test_a_program_that_is_not_there_is_named(ctx):
    with connected(ctx, Address(command=("no-such-engine",))) as engine, pytest.raises(CannotTell, match="no-such-engine could not be started"):
        engine.ask({"type": "start"})


def test_code_of_the_repository_is_not_run_beside_secrets(tmp_path):
    ctx = context(tmp_path / "service", tmp_path, privileged=True)
    with pytest.raises(CannotTell, match="this process holds secrets"), connected(ctx, Address(engine="echo:Echo")):
        pass


def test_a_folder_outside_is_refused(ctx):
    with pytest.raises(CannotTell, match="no folder below the gated one"), connected(ctx, Address(engine="echo:Echo", folder="..")):
        pass


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "by one of engine"),
        ({"engine": "a:b", "url": "http://x"}, "by one of engine"),
        ({"engine": "a b"}, "no entry point"),
        ({"engine": "os;x:y"}, "no entry point"),
        ({"url": "file:///etc/passwd"}, "no HTTP address"),
        ({"url": "http://x", "answer_within": 0}, "seconds"),
    ],
)
def test_an_address_that_is_none_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        Address(**given)


class Handler(BaseHTTPRequestHandler):
    """The mended engine behind HTTP; it asks for a token."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.answered(401, {})
        if message["type"] == "start" and not message["resumed"]:
            self.server.engine.fresh()
        return self.answered(200, self.server.engine.ask(message))

    def answered(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.engine = Beside(Mended, tmp_path)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/risk"
        running.shutdown()
        thread.join()


def markets():
    return [scenario.shipped(name) for name in WINDOWS]


def test_a_service_goes_through_the_crash_and_is_not_restarted(server, tmp_path):
    ctx = context(tmp_path / "service", tmp_path, environ={"RISK_TOKEN": "s3cret"})
    with connected(ctx, Address(url=server, token="RISK_TOKEN", answer_within=30)) as engine:
        result = liquidation(engine, markets(), RULES)
    assert ((), ()) == (result.findings, result.gaps)
    assert "was not restarted" in result.notes[-1]


def test_a_service_that_refuses_is_not_understood(server, ctx):
    with connected(ctx, Address(url=server, answer_within=30)) as engine, pytest.raises(CannotTell, match="answered 'start' with HTTP 401"):
        engine.ask({"type": "start"})


@pytest.mark.parametrize(("engine", "rules"), [("risk.sentinel:Sentinel", ["residual-position"]), ("risk.mended:Mended", [])])
def test_the_examples_engine_is_run_as_a_team_would(engine, rules, tmp_path):
    ctx = context(DESK, tmp_path)
    with connected(ctx, Address(engine=engine, python=sys.executable, answer_within=30)) as asked:
        result = liquidation(asked, markets(), RULES)
    assert (rules, ()) == ([finding.rule for finding in result.findings], result.gaps)
