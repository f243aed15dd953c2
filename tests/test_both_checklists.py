"""Both whole checklists over the finished desk: each item passes by what is done here, or stands in examples/finished/open.yml with what a team gives."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import yaml

import answers
import finished_desk
import locked as environments
import servers
import supervised
from drills import test_cuts as cuts
from drills import test_dependency_alert as planted
from drills import test_observability as observability
from drills import test_recovery as recovery
from drills import test_security as security
from fake_github.server import FakeGitHub
from prodready import checklist
from prodready.calendars.calendar import calendar
from prodready.checks.dependencies.endpoint import serving
from programs import HERE, commit, git, prodready, report_of
from test_advisories import published, shelf
from test_github_state import review
from venues import ibkr

pytestmark = pytest.mark.integration
LISTS = HERE / "examples" / "finished" / "lists"
OPEN = HERE / "examples" / "finished" / "open.yml"
REASONS = yaml.safe_load(OPEN.read_text("utf-8"))["reasons"]
PEOPLE = tuple(yaml.safe_load((LISTS / ".prodready.yml").read_text("utf-8"))["roles"])
TODAY = datetime.now(UTC).date()
SIGNED = {
    "go-live-risk-officer": ["risk-officer"], "go-live-lead-quant": ["lead-quant"], "targets-approved": ["risk-officer", "devops-lead"],
    "risk-parameters": ["risk-officer"], "paper-trading-reviewed": ["lead-quant"], "risk-policy": ["risk-officer"], "security-summary": ["security-officer"],
    "iam-framework": ["security-officer"],
}  # fmt: skip
"""What people sign beside the commit, and who."""
DRILLS = ("var-liquidation", "kill-pnl", "kill-psr", "kill-drawdown", "regime-detection", "covariance", "exposure-limits")
"""Those of the risk engine, which need nothing but it."""
TIMED = {
    "incident": ("The incident playbook opens its channel", "true > incident", "test -e incident"),
    "signature": ("A forged signature is refused", "echo changed >> signed", "! ssh-keygen -Y check-novalidate -n desk -s signed.sig < signed"),
    "integrity": ("A changed file is seen: integrity", "echo x >> desk/limits.py", "! sha256sum -c --quiet sums"),
}


NO_KEYS = """
import boto3, sys
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
for user in iam.list_users()["Users"]:
    for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=user["UserName"], AccessKeyId=key["AccessKeyId"])
"""
"""Takes away the keys with which other tests ask: a careful team has roles."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The finished desk with all that both lists ask for in files, and what a team fills in."""
    base = tmp_path_factory.mktemp("lists")
    folder = finished_desk.laid(base, PEOPLE)
    shutil.copytree(LISTS, folder, dirs_exist_ok=True)
    for gone in ("docs/architecture.md", "docs/risk-policy.md", "backtests/generate.py"):
        (folder / gone).unlink(missing_ok=True)
    shutil.rmtree(folder / "stack")  # it starts the demo, and is no part of the service
    for name in ("rotate_wg_keys.sh", "run_chaos_tests.sh"):
        shutil.copy2(HERE / name, folder / name)
    filled_in(folder)
    measured(folder)
    on_call(folder)
    monitored = prodready("monitor", "bybit", "--write", "monitoring", cwd=folder)
    assert monitored.code == 0, monitored.everything
    git(folder, "remote", "add", "origin", "https://github.com/acme/desk.git")
    commit(folder, "Finish")
    return folder


def filled_in(folder: Path) -> None:
    """Both lists as a team keeps them: dates and names in the blanks."""
    for name, kept in (("pre-live", "PRE_LIVE_CHECKLIST.md"), ("release", "RELEASE_CHECKLIST.md")):
        text = (HERE / "profiles" / "sources" / f"{name}.md").read_text("utf-8")
        text = re.sub(r"_{3,}", "see the signatures", text.replace("<date>", "26"))
        (folder / kept).write_text(f"Last reviewed: {TODAY}\n\n{text}", "utf-8")


def on_call(folder: Path) -> None:
    """Two people share the coming month."""
    start = datetime.combine(TODAY - timedelta(days=1), datetime.min.time(), UTC)
    days = [start + timedelta(days=7 * week) for week in range(6)]
    shifts = [f"{('ada', 'bob')[at % 2]},{begin.isoformat()},{end.isoformat()}" for at, (begin, end) in enumerate(pairwise(days))]
    rows = [f"{roster},{shift}" for roster in ("trader", "security") for shift in shifts]
    (folder / "docs" / "on-call.csv").write_text("\n".join(["roster,person,start,end", *rows]) + "\n", "utf-8")


def measured(folder: Path) -> None:
    """Returns and trades of a strategy that is made up: what the gate counts is its files, whoever made them."""
    random = np.random.default_rng(8)
    today = TODAY
    days = list(calendar("XNYS").sessions(today - timedelta(days=2300), today - timedelta(days=1)))
    skill = random.normal(0, 0.005, (len(days), 1)) + random.normal(0, 0.0015, (len(days), 20)) + np.linspace(0.0004, 0.0011, 20)
    table(folder / "backtests" / "trials.csv", [f"trial_{n:02}" for n in range(20)], days, skill)
    table(folder / "backtests" / "returns.csv", ["return", "cost"], days, np.column_stack([skill[:, 19], np.full(len(days), 0.0001)]))
    paper = [day for day in days if day >= today - timedelta(days=35)]
    table(folder / "paper" / "returns.csv", ["return"], paper, skill[-len(paper) :, [19]])
    for name in ("trades", "fills"):
        shutil.copy2(folder / "backtests" / f"{name}.csv", folder / "paper" / f"{name}.csv")
    shutil.copy2(folder / "backtests" / "plateau.csv", folder / "backtests" / "grid.csv")
    table(folder / "risk" / "covariance.csv", ["A", "B"], ["A", "B"], np.array([[4e-4, 1e-4], [1e-4, 3e-4]]), first="asset")
    bars = [f"{day}T21:00:00+00:00,{price:.2f}" for day, price in zip(days, 100 * np.cumprod(1 + skill[:, 19]), strict=True)]
    (folder / "data" / "history.csv").write_text("\n".join(["time,close", *bars]) + "\n", "utf-8")
    (folder / "paper" / "session.log").write_text("INFO started\nINFO 90 orders, 90 acknowledged\n", "utf-8")


def table(path: Path, names: list[str], rows: list[Any], values: np.ndarray, *, first: str = "date") -> None:
    """A column of names and columns of numbers."""
    path.parent.mkdir(exist_ok=True)
    lines = [",".join([str(head), *(f"{value:.7f}" for value in row)]) for head, row in zip(rows, values, strict=True)]
    path.write_text("\n".join([",".join([first, *names]), *lines]) + "\n", "utf-8")


@pytest.fixture(scope="module")
def drilled(folder: Path, tmp_path_factory) -> Path:
    """The records of all drills that can be done here: on the desk, and on real servers as the tests of drills do them."""
    for name in DRILLS:
        finished_desk.drill(folder, f"drills/{name}.yml")
    by_hand(folder)
    struck(folder)
    session(folder)
    elsewhere = tmp_path_factory.mktemp("drilled")
    for at, act in enumerate(ELSEWHERE):
        place = elsewhere / f"{at}-{act.__name__}"
        place.mkdir()
        act(place)
        shutil.copytree(place / "evidence", folder / "evidence", dirs_exist_ok=True)
    (folder / "reports").mkdir(exist_ok=True)
    returns = prodready("check", "quant_statistic", folder, "-p", "returns=backtests/returns.csv", "-p", "statistic=sharpe", "--expect", "> 1.5", "--json")
    (folder / "reports" / "quant.json").write_text(returns.out, "utf-8")
    audited(folder)
    git(folder, "add", "-f", "reports/quant.json")
    git(folder, "checkout", "-q", ".")
    commit(folder, "Keep the records")
    return folder


def struck(folder: Path) -> None:
    """The desk, Redis, PostgreSQL, a WebSocket and a broker's gateway are killed under a supervisor, each time people are told, several at once."""
    with answers.serving({"POST /services/T0/key": {"text": "ok"}}) as slack, ThreadPoolExecutor(3) as pool:
        told = {"SLACK_WEBHOOK_URL": f"{slack.url}/services/T0/key"}
        ended = [
            pool.submit(finished_desk.killed, folder, "--slack", env=told),
            *(pool.submit(server_killed, folder, kind, told) for kind in (supervised.redis, supervised.postgresql)),
            *(pool.submit(protocol_killed, folder, *pair, told) for pair in (("ws", cuts.WEBSOCKET), ("ibkr", cuts.GATEWAY))),
        ]
        for one in ended:
            one.result()


def audited(folder: Path) -> None:
    """The bundle for an auditor, from a report of today."""
    out = folder.parent / "out-first"
    prodready("run", folder, "--profile", "release", "--stage", "pr", "--out", out)
    (folder / "compliance").mkdir()
    made = prodready("report", out / "report.json", "--format", "soc2", "--out", folder / "compliance" / "soc2.pdf", cwd=folder)
    assert made.code == 0, made.everything


def session(folder: Path) -> None:
    """A paper account at a Gateway that is new enough."""
    with ibkr.serving() as (_, port):
        finished_desk.drill(folder, "ibkr_session", "-p", f"target=ibkr://127.0.0.1:{port}", "-p", 'contracts=[{"symbol": "SPY"}]')


def server_killed(folder: Path, kind: Any, told: dict[str, str]) -> None:
    """A server that brings its own log."""
    place = folder.parent / kind.__name__
    place.mkdir()
    server = kind(place, 0.2)
    server.start()
    try:
        struck_once(folder, kind.__name__, told, target=server.target, pidfile=server.pidfile)
    finally:
        server.stop()


def protocol_killed(folder: Path, scheme: str, code: str, told: dict[str, str]) -> None:
    """A server that speaks one protocol."""
    port, pidfile = supervised.free_port(), folder.parent / f"{scheme}.pid"
    serve = [sys.executable, "-I", "-c", code, str(port)]
    words = [sys.executable, "-c", supervised.SUPERVISOR, "0.3", str(pidfile), str(folder.parent / f"{scheme}.log"), "", *serve]
    with servers.running(words, folder.parent / scheme, lambda: supervised.answers(port)):
        struck_once(folder, scheme, told, target=f"{scheme}://127.0.0.1:{port}", pidfile=pidfile)


def struck_once(folder: Path, name: str, told: dict[str, str], **params: object) -> None:
    """One drill, with a lock of its own."""
    words = [f"-p{key}={value}" for key, value in {**params, "limit": "30 s"}.items()]
    finished_desk.drill(folder, "chaos", *words, "--slack", env={**told, "PRODREADY_CACHE": str(folder.parent / f"cache-{name}")})


def by_hand(folder: Path) -> None:
    """Drills that a team writes itself, each in a folder that it may spoil."""
    for name, (title, act, until) in TIMED.items():
        place = folder.parent / name
        shutil.copytree(folder / "desk", place / "desk")
        prepare = "sha256sum desk/*.py > sums; echo order > signed; ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -q -Y sign -n desk -f key signed"
        subprocess.run(["sh", "-c", prepare], cwd=place, check=True, capture_output=True)
        params = {"target": "desk", "act": [{"run": ["sh", "-c", act]}], "until": [{"run": ["sh", "-c", until]}], "limit": "30 s"}
        (place / "drill.yml").write_text(json.dumps({"drill": "timed", "title": title, "params": params}), "utf-8")
        finished_desk.drill(place, "drill.yml", "--evidence", folder / "evidence")


def restored(place: Path) -> None:
    """A database is lost, comes back, and its backup too."""
    made = recovery.clusters.archived()
    try:
        destroy = [recovery.archives(made), *recovery.runbook(made)["destroy"]]
        params = {"target": made.target, **recovery.runbook(made), "destroy": destroy, "limit": 60, "rpo": 20, "load": 2, "interval": 0.2}
        (place / "restore.yml").write_text(json.dumps({"drill": "restore", "title": "RTO below 1 h, RPO below 15 min", "params": params}), "utf-8")
        finished_desk.drill(place, "restore.yml")
        made.sql("create table orders as select n, now() - interval '1 hour' as at from generate_series(1, 500) n")
        (place / "backups").mkdir()
        recovery.dump(made, place)
        ended, _ = recovery.come_back(made, place)
        assert ended.code == 0, ended.everything
    finally:
        made.stop()


def failed_over(place: Path) -> None:
    """The standby takes over."""
    pair = recovery.clusters.pair(synchronous_standby_names="*")
    try:
        ended, _ = recovery.fail_over(pair, place)
        assert ended.code == 0, ended.everything
    finally:
        for one in pair:
            one.stop()


def locked(place: Path) -> None:
    """A hundred wrong passwords."""
    assert security.lockout(place, {})[0].code == 0


def granted(place: Path) -> None:
    """A right is asked for, granted, and ends."""
    assert security.jit(place, {})[0].code == 0


def rotated(place: Path) -> None:
    """A signing key is rotated."""
    assert security.rotation(place, {}, born={"run": ["date", "+%s"]})[0].code == 0


def purged(place: Path) -> None:
    """What is old is deleted."""
    assert security.purge(place)[0].code == 0


def searched(place: Path) -> None:
    """A canary is sent through every input."""
    assert security.canary(place, {"leaks": "masked"})[0].code == 0


def alerted(place: Path) -> None:
    """An alert arrives, and its end does."""
    pager = f"127.0.0.1:{servers.port()}"
    with servers.alertmanager(place / "am", observability.WEBHOOK.format(at=pager, resolved="true")) as manager:
        assert observability.drilled("alert", place, alertmanager=manager, listen=pager)[0].code == 0


def logged(place: Path) -> None:
    """A line goes into Loki's protocol and comes out."""
    with observability.loki() as url:
        assert observability.drilled("log_roundtrip", place, url=url)[0].code == 0


def poisoned(place: Path) -> None:
    """An update turns hostile, and the gate stops it."""
    planted.gated(place)
    shutil.move(place / "desk" / "evidence", place / "evidence")


ELSEWHERE = (poisoned, restored, failed_over, locked, granted, rotated, purged, searched, alerted, logged)


@pytest.fixture(scope="module")
def live(drilled: Path) -> Iterator[tuple[dict[str, str], FakeGitHub]]:
    """The desk serves, Prometheus looks at it, and GitHub, a broker, an exchange, a cloud and the advisories answer; gives the environment of the gate."""
    with ExitStack() as stack:
        desk = f"http://127.0.0.1:{(port := servers.port())}"
        serve = [sys.executable, "-B", "-m", "desk", "serve", "--port", str(port)]
        stack.enter_context(servers.running(["env", f"PYTHONPATH={drilled}", *serve], drilled.parent / "serving", lambda: servers.answers(f"{desk}/healthz")))
        venue, sold = bybit(stack, drilled.parent)
        scrape = f"global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}\nscrape_configs:\n{job('desk', desk)}{job('bybit', sold)}"
        rules = (drilled / "monitoring" / "bybit.rules.yml").read_text("utf-8")
        pager = stack.enter_context(answers.serving({"POST /": {"text": "ok"}, "/": {"text": "ok"}}))
        route = observability.WEBHOOK.format(at=pager.url.removeprefix("http://"), resolved="true")
        manager = stack.enter_context(servers.alertmanager(drilled.parent / "alertmanager", route))
        scrape += f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{manager.removeprefix('http://')}']}}]}}]}}\n"
        prometheus = stack.enter_context(servers.prometheus(drilled.parent / "prometheus", f"rule_files: [rules.yml]\n{scrape}", rules=rules))
        _, broker = stack.enter_context(ibkr.serving())
        used(stack, desk, prometheus, drilled.parent)
        evaluated(prometheus)
        targets = {
            "service": desk, "metrics": f"{desk}/metrics", "prometheus": prometheus, "alertmanager": manager, "bybit": venue,
            "ibkr": {"host": "127.0.0.1", "port": broker},
            "aws": {"account": "123456789012", "region": "eu-west-1", "endpoint": cloud(stack, drilled.parent)},
        }  # fmt: skip
        with (drilled / ".prodready.yml").open("a") as policy:
            policy.write(f"targets: {json.dumps(targets)}\n")
        advised = stack.enter_context(serving(shelf(*published("jinja2"), *published("requests"))))
        github = stack.enter_context(FakeGitHub())
        books(drilled)
        yield (
            {
                "PRODREADY_OSV_URL": advised,
                "PRODREADY_BYBIT_KEY": "desk",
                "PRODREADY_BYBIT_SECRET": "stand-in",
                "PRODREADY_AWS_ACCESS_KEY_ID": "testing",
                "PRODREADY_AWS_SECRET_ACCESS_KEY": "testing",
                "GITHUB_API_URL": github.url,
                "GITHUB_REPOSITORY": github.repository,
                "PRODREADY_TOKEN": "ghs_workflow",
            },
            github,
        )
        assert github.violations == []


def used(stack: ExitStack, desk: str, prometheus: str, base: Path) -> None:
    """Somebody uses it, from when it is looked at, and more than the quantiles of the lists ask for."""
    orders = [sys.executable, "-B", HERE / "examples" / "desk" / "stack" / "orders.py", str(urlsplit(desk).port), str(own := servers.port())]
    stack.enter_context(servers.running(orders, base / "orders", lambda: supervised.answers(own)))
    seen(prometheus, "sum(intent_to_ack_latency_ms_count) > 0")
    connection = http.client.HTTPConnection(desk.removeprefix("http://"), timeout=30)
    for number in range(2500):
        order = json.dumps({"id": f"u-{number}", "symbol": "BTC", "side": "BUY", "qty": "1", "px": "62000"})
        connection.request(*(("POST", "/orders", order) if number % 5 == 0 else ("GET", "/healthz")))
        connection.getresponse().read()
    connection.close()
    seen(prometheus, "sum(increase(http_request_duration_seconds_count[1h])) > 2000")


def seen(prometheus: str, query: str) -> None:
    """Waits until the query gives something."""

    def there() -> bool:
        with urllib.request.urlopen(f"{prometheus}/api/v1/query?{urlencode({'query': query})}", timeout=10) as answer:
            return bool(json.load(answer)["data"]["result"])

    servers.until(there, f"Prometheus never saw {query}")


def evaluated(prometheus: str) -> None:
    """Waits until each rule was looked at once."""

    def there() -> bool:
        with urllib.request.urlopen(f"{prometheus}/api/v1/rules", timeout=10) as answer:
            rules = [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
        return bool(rules) and all(rule["health"] == "ok" for rule in rules)

    servers.until(there, "Prometheus never evaluated its rules")


def job(name: str, url: str) -> str:
    """A line of Prometheus's configuration."""
    return f"- {{job_name: {name}, scrape_timeout: 500ms, static_configs: [{{targets: ['{url.removeprefix('http://')}']}}]}}\n"


def bybit(stack: ExitStack, base: Path) -> tuple[str, str]:
    """A stand-in for the exchange, and our monitor that asks it."""
    at, listen = servers.port(), servers.port()
    venue, monitor = f"http://127.0.0.1:{at}", f"http://127.0.0.1:{listen}"
    stand_in = [sys.executable, "-B", HERE / "examples" / "desk" / "stack" / "venue.py", str(at)]
    stack.enter_context(servers.running(stand_in, base / "venue", lambda: servers.answers(f"{venue}/v5/market/time")))
    watch = [sys.executable, "-I", HERE / "scripts" / "prodready", "monitor", "bybit", "--url", venue, "--listen", f"127.0.0.1:{listen}", "--every", "5"]
    keys = {"PRODREADY_BYBIT_KEY": "desk", "PRODREADY_BYBIT_SECRET": "stand-in"}
    stack.enter_context(servers.running(watch, base / "monitor", lambda: servers.answers(f"{monitor}/metrics"), **keys))
    return venue, monitor


def cloud(stack: ExitStack, base: Path) -> str:
    """An account of a careful team at moto."""
    python = environments.interpreter(HERE / "tests" / "aws" / "moto.lock", what="moto")
    url = f"http://127.0.0.1:{(port := servers.port())}"
    moto = [python, HERE / "tests" / "aws" / "serve.py", str(port)]
    stack.enter_context(servers.running(moto, base / "moto", lambda: servers.answers(f"{url}/moto-api/data.json")))
    subprocess.run([python, HERE / "tests" / "aws" / "account.py", url, "good"], check=True, capture_output=True, timeout=120)
    subprocess.run([python, "-c", NO_KEYS, url], check=True, timeout=60)
    return url


def books(folder: Path) -> None:
    """What the desk's own books say of the account at the broker."""
    rows = {
        "positions": "symbol,quantity\nAAPL,100\nSPY,-5\n", "cash": "currency,amount\nUSD,50000.25\nEUR,-10.5\n",
        "pnl": "name,amount\ndaily,12.5\nunrealized,-3.25\nrealized,0\n",
    }  # fmt: skip
    for name, text in rows.items():
        (folder / "reports" / f"{name}.csv").write_text(text, "utf-8")


def forge(github: FakeGitHub, folder: Path) -> None:
    """GitHub as a team has it: what is merged was reviewed by two, main is green and asks for the gate."""
    contexts = [{"context": name} for name in ("prodready/gate", "test", "secrets")]
    github.branches["main"] = git(folder, "rev-parse", "HEAD")
    asked = {"required_status_checks": contexts, "strict_required_status_checks_policy": True}
    github.rules["main"] = [{"type": "required_status_checks", "parameters": asked}]
    github.brought[github.branches["main"]], github.pulls[7] = 7, "c" * 40
    github.reviews = [review(2), review(3)]
    github.run("success", head_sha=github.branches["main"])
    github.tags["v1.0-prod-ready"], github.tag_objects["d" * 40] = "d" * 40, (github.branches["main"], True)


@pytest.fixture(scope="module")
def signed(drilled: Path, live: tuple[dict[str, str], FakeGitHub]) -> Path:
    """Everybody has signed what is theirs, and then the commit."""
    commit(drilled, "Say where the desk runs")
    for about, roles in SIGNED.items():
        for role in roles:
            finished_desk.sign(drilled, role, "--about", about)
    commit(drilled, "Sign the documents")
    for role in ("cto", "security-officer", "risk-officer", "lead-quant", "devops-lead", "qa-lead"):
        finished_desk.sign(drilled, role)
    commit(drilled, "Sign the release")
    return drilled


@pytest.fixture(scope="module")
def reports(signed: Path, live: tuple[dict[str, str], FakeGitHub]) -> dict[str, dict[str, Any]]:
    """Both gates over the desk."""
    finished_desk.proved(signed)
    environ, github = live
    forge(github, signed)
    made = {}
    for name in ("release", "pre-live"):
        out = signed.parent / f"out-{name}"
        ended = prodready("run", signed, "--profile", name, "--stage", "release", "--out", out, env=environ)
        assert ended.code in (0, 1), ended.everything
        made[name] = report_of(out)
    return made


def accounted(name: str) -> dict[str, str]:
    """Item -> why it is not proved here."""
    return {item: reason["id"] for reason in REASONS for item in reason.get(name, ())}


@pytest.mark.parametrize("name", ["release", "pre-live"])
def test_each_item_passes_by_what_was_done_or_is_accounted_for(name: str, reports: dict[str, dict[str, Any]]):
    items = {item["id"]: item for item in reports[name]["items"]}
    waits = {item.id for item in checklist.load(checklist.find(name, HERE), None).items} - {item for item, row in items.items() if row["status"] == "passed"}
    assert sorted(accounted(name)) == sorted(waits), {item: items[item]["summary"] for item in waits - accounted(name).keys() if item in items}


@pytest.mark.parametrize("name", ["release", "pre-live"])
def test_nothing_is_waived_switched_off_or_weakened_on_the_way(name: str, reports: dict[str, dict[str, Any]]):
    report = reports[name]
    assert ([], 0) == (report.get("bypasses", []), sum(item["waiver"] is not None for item in report["items"]))
    assert report["decision"]["missing_signoffs"] == []


def test_what_is_not_applicable_is_so_by_the_rule_of_the_profile(reports: dict[str, dict[str, Any]]):
    rows = {item["id"]: item for item in reports["pre-live"]["items"]}
    assert {"not_applicable"} == {rows[item]["status"] for item, reason in accounted("pre-live").items() if reason == "not-applicable"}


def test_each_reason_says_what_a_team_gives_and_each_proof_elsewhere_is_there():
    assert all(reason["why"] and reason["give"] and (reason.get("release") or reason.get("pre-live")) for reason in REASONS)
    assert [] == [path for reason in REASONS for path in reason.get("proof", ()) if not (HERE / path).is_file()]


def test_the_document_has_the_figures_of_the_list():
    text = (HERE / "docs" / "finished.md").read_text("utf-8")
    for name in ("release", "pre-live"):
        total = len(checklist.load(checklist.find(name, HERE), None).items)
        assert f"| `{name}` | {total} | {total - len(accounted(name))} | {len(accounted(name))} |" in text
    for reason in REASONS:
        assert f"| {reason['id']} | {len(reason.get('release', ()))} | {len(reason.get('pre-live', ()))} |" in text
