"""Whatever happens to a scanner, the outcome is never a pass: every adapter, every failure mode, by a program in the scanner's place."""

import ast
import os
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

import faulty
import modes
import programs
import trivy_db
from modes import ADAPTERS, MODES, cannot
from prodready import check, expectation
from prodready.check import CannotTell
from prodready.checks.linter.tools import LINTERS
from prodready.decode import decode
from prodready.errors import Exit
from prodready.judge import judge
from prodready.model import Found, Item, Status
from prodready.plan import Job
from prodready.run import guarded
from prodready.settings import Settings
from prodready.tools.lock import pins
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from test_trivy import SYSTEM, saved

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOON = 1.0
"""Seconds after which a program that hangs is stopped."""
LIMIT = 1024 * 1024
CELLS = [
    (adapter, number, fault) for adapter in ADAPTERS for number, mode in {**MODES, 24: modes.EXTRA}.items() for fault in mode.faults
    if not cannot(adapter, number, fault)
]  # fmt: skip


class Hurried(Processes):
    """Programs with a short deadline, so that a test need not wait for one that hangs."""

    hurry = False

    def tool(self, name, *args, cwd=None, env=None, deadline=None):
        return super().tool(name, *args, cwd=cwd, env=env, deadline=SOON if self.hurry else deadline)

    def command(self, argv, *, cwd, env=None, deadline=None):
        return super().command(argv, cwd=cwd, env=env, deadline=SOON if self.hurry else deadline)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The repository of an adapter: clean, with every file and comment that its program would obey, an unusual name, and a link that leads out of it."""
    outside = tmp_path_factory.mktemp("outside") / "app.py"
    outside.write_text(modes.LINTED, "utf-8")

    @cache
    def made(adapter):
        root = tmp_path_factory.mktemp("modes") / "service"
        configs = {name: "# obey\n" for name, _ in faulty.CONFIGS.get(adapter.tool, ())}
        programs.repository(root, {**adapter.files, **configs})
        (root / "linked.py").symlink_to(outside)
        programs.commit(root, "Link")
        if adapter.database:
            trivy_db.write(root / "trivy", updated="2026-01-31T00:00:00Z", advisories={}, details={})
            trivy_db.write(root / "old", updated="2026-01-01T00:00:00Z", advisories={}, details={})
        if adapter.image:
            (root / "desk.tar").write_bytes(saved([SYSTEM]))
        return root

    return made


def program(adapter, folder, fault):
    """What lies in the place of the adapter's program."""
    if fault in faulty.UNSTARTABLE:
        return faulty.unstartable(folder / adapter.tool, fault)
    return faulty.script(folder / adapter.tool, tool=adapter.tool, fault=fault, only=adapter.only, rules=adapter.rules)


def world_with(adapter, folder, fault):
    """Processes in which the program behaves so, and all beside it are whole."""
    (folder / "bin").mkdir()
    path = program(adapter, folder / "bin", fault)
    if adapter.linter:
        environ = {**os.environ, "PATH": f"{folder / 'bin'}:/usr/bin:/bin"}
        return Hurried(cache=Path("unused"), environ=environ, limit=LIMIT)
    (folder / "beside").mkdir()
    beside = {name: faulty.script(folder / "beside" / name, tool=name, fault="has no fault", rules=modes.BESIDE[name]) for name in adapter.beside}
    return Hurried(cache=Path("unused"), replace={adapter.tool: path, **beside}, limit=LIMIT)


def seen(adapter, root, processes, **params):
    """The outcome of the adapter's check with its own bound."""
    one = check.load(adapter.check)
    typed = decode({**adapter.params, **params}, one.params)
    world = World(name="desk", repo=open_repo(root), processes=processes, http=RealHttp(offline=True), now=NOW, environ=modes.ACCOUNTS)
    item = Item(id="item", title="Item", check=adapter.check)
    observation = guarded(world.observe, Job(check_id=adapter.check, check=one, params=typed, items=(item,)))
    return judge(item, observation, usual=expectation.parse(one.usual(typed)), now=NOW)


def words(outcome):
    """Why it could not tell."""
    observation = outcome.observation
    return " | ".join(observation.gaps) if isinstance(observation, Found) else getattr(observation, "reason", "")


@pytest.mark.parametrize("adapter", ADAPTERS, ids=str)
def test_a_whole_scanner_passes_what_is_clean(adapter, service, tmp_path):
    outcome = seen(adapter, service(adapter), world_with(adapter, tmp_path, "has no fault"))
    assert Status.PASSED is outcome.status, (outcome.summary, words(outcome))


@pytest.mark.parametrize(("adapter", "number", "fault"), CELLS, ids=str)
def test_a_scanner_that(adapter, number, fault, service, tmp_path, monkeypatch):
    root, params = service(adapter), {}
    if fault == modes.PAST:
        processes = outdated(adapter, tmp_path)
    else:
        processes = world_with(adapter, tmp_path, "has no fault" if fault in (modes.OLD, modes.MISSING) else fault)
        params = {modes.OLD: {"trivy_db": "old"}, modes.MISSING: {"trivy_db": "nowhere"}}.get(fault, {})
    processes.hurry = fault.startswith("hangs")
    if fault == "leaves a report without an end":
        monkeypatch.setattr("prodready.tools.scan.REPORT_LIMIT", 50_000)
    if fault == "leaves the report of an earlier run":
        assert Status.PASSED is seen(adapter, root, processes).status
    outcome = seen(adapter, root, processes, **params)
    said = words(outcome)
    assert Status.UNKNOWN is outcome.status, (outcome.summary, said)
    assert any(text in said for text in {**MODES, 24: modes.EXTRA}[number].says), said
    assert "crashed" not in said
    assert faulty.LEAK not in repr(outcome)


def outdated(adapter, folder):
    """A machine that can install nothing, and has the program in an old version."""
    (folder / "old").mkdir()
    pin = pins()[adapter.tool]
    path = folder / "old" / pin.path.program
    path.write_text(f"#!/bin/sh\nprintf '{adapter.tool} 0.0.1\\n0.0.1\\nVersion: 0.0.1\\n'\n")
    path.chmod(0o755)
    return Hurried(cache=folder / "cache", offline=True, environ={**os.environ, "PATH": f"{path.parent}:/nowhere"}, limit=LIMIT)


OF_OTHERS = ("trivy", "npm", "safety", "snyk")
"""Their real programs are asked in test_trivy.py and test_auditors.py, which have a database and services for them."""


@pytest.mark.parametrize("adapter", [one for one in ADAPTERS if one.tool not in OF_OTHERS], ids=str)
def test_the_real_scanner_passes_the_same_repository(adapter, service, tmp_path):
    """So what stands in its place speaks as it does, and no file, comment, name or link in there confuses it."""
    processes = Processes(cache=Settings.from_environ(os.environ).cache)
    if adapter.linter:
        processes = Processes(cache=Path("unused"), environ={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"})
    elif adapter.tool == "trufflehog":  # no index has it; tests/fake_trufflehog.py was written by its recorded words
        return
    else:
        needed(processes, adapter.tool)
    outcome = seen(adapter, service(adapter), processes)
    assert Status.PASSED is outcome.status, (outcome.summary, words(outcome))


def needed(processes, tool):
    try:
        processes.toolbox.ensure(tool)
    except CannotTell as unable:
        pytest.skip(f"{tool} cannot be had here: {unable.reason}")


@pytest.mark.parametrize("tool", ["gitleaks", "bandit", "zizmor", "hadolint"])
@pytest.mark.parametrize("body", ["exit 0", "echo '[]'; exit 0", "kill -9 $$", "echo broken >&2; exit 1"])
def test_prodready_itself_ends_with_3_when_a_program_fails(tool, body, service, tmp_path):
    adapter = next(one for one in ADAPTERS if one.tool == tool)
    said = {"gitleaks": "", "hadolint": "Haskell Dockerfile Linter "}.get(tool, f"{tool} ") + pins()[tool].version
    path = tmp_path / "bin" / tool
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nif [ "$1" = version ] || [ "$1" = --version ]; then echo {said}; exit 0; fi\n{body}\n')
    path.chmod(0o755)
    env = {"PATH": f"{path.parent}:{os.environ['PATH']}", "PRODREADY_CACHE": str(tmp_path / "cache")}
    params = [word for key, value in adapter.params.items() for word in ("-p", f"{key}={value}")]
    ended = programs.prodready("check", adapter.check, service(adapter), *params, "--offline", "--now", NOW.isoformat(), env=env)
    assert Exit.UNKNOWN == ended.code, ended.everything
    assert tool in ended.out


# --- the table is whole


def test_every_module_that_starts_a_scanner_has_a_row():
    rows = {adapter.module for adapter in ADAPTERS} | modes.SHARED.keys()
    assert starting() | {"checks/linter"} == rows


def starting():
    """Modules that put together a run of a scanner: a ``Scan``, an ``Auditor``, or a ``job`` of Trivy's."""
    found = set()
    for path in programs.HERE.glob("scripts/prodready/**/*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        if {call.id for call in calls if isinstance(call, ast.Name)} & {"Scan", "Auditor", "job"}:
            found.add(str(path.relative_to(programs.HERE / "scripts" / "prodready").with_suffix("")).removesuffix("/__init__"))
    return found


def test_every_linter_has_a_row():
    assert set(LINTERS) == {adapter.name for adapter in ADAPTERS if adapter.linter}


def test_all_23_modes_are_in_the_table_and_every_program_of_ours_fails_in_most_of_them():
    assert list(range(1, 24)) == list(MODES)
    tried = {adapter.name: len({number for one, number, _ in CELLS if one is adapter}) for adapter in ADAPTERS if not adapter.linter}
    assert {} == {name: count for name, count in tried.items() if count < 18}


def test_the_page_shows_the_table():
    page = programs.HERE / "docs" / "scanners.md"
    begin, end = "<!-- failure modes: written with UPDATE_GOLDENS=1 by tests/test_failure_modes.py -->\n", "\n<!-- failure modes: end -->"
    before, _, rest = page.read_text("utf-8").partition(begin)
    now, _, after = rest.partition(end)
    if os.environ.get("UPDATE_GOLDENS") == "1":
        page.write_text(f"{before}{begin}{modes.page()}{end}{after}", "utf-8")
        now = modes.page()
    assert modes.page() == now
