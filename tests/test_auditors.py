"""Programs that audit packages beside us: each the real one, asked over loopback about a project that we wrote; not heard, none is green."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

import pytest

import advisers
import npm
import servers
from prodready.check import CannotTell, load
from prodready.checks.dependencies import audit
from prodready.checks.dependencies.endpoint import serving
from prodready.context import Context
from prodready.decode import decode
from prodready.model import Severity
from prodready.settings import Settings
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import write
from test_advisories import NOW, ZERO, record, shelf

SNYK = ("snyk", "1.1307.4", "sha512-KXLi83R6kFhU2ZT/VogXDVH08tvjAFA3+vQ1d0AdkbWxSXG6V/7KJJN3yUIXvOqJacYA+g+zgtqxhU56saW7pA==")
PINNED = {
    "requirements.txt": "jinja2==2.10\nflask==3.1.0\npyyaml==5.3.1\n",
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.10"}, "node_modules/minimist": {"version": "0.0.8"}, '
    '"node_modules/left-pad": {"version": "1.3.0"}, "node_modules/left-pad/node_modules/lodash": {"version": "4.17.21"}}}',
}
KNOWN = (
    record("jinja2", known="GHSA-462w-v97r-4m45", aliases=["CVE-2019-10906"]),
    record("lodash", known="GHSA-jf85-cpcp-j695", aliases=["CVE-2019-10744"], ecosystem="npm", kind="SEMVER", events=(ZERO, {"fixed": "4.17.12"})),
    record("requests", known="CVE-2018-18074", events=(ZERO, {"fixed": "2.20.0"})),
)
TOKEN = str(UUID(int=0))
OURS = {("CVE-2019-10906", "requirements.txt", 1), ("CVE-2019-10744", "package-lock.json", None)}
"""What the team's OSV service knows. Of the two others only those know who are asked beside it."""
YAML, MINIMIST = ("CVE-2020-14343", "requirements.txt", 3), ("GHSA-vh95-rmgr-6w4m", "package-lock.json", None)


def snyk_of_npm(folder):
    """Snyk's CLI as npm has it: without its download it runs what its package holds, as it does on platforms that have no download."""
    servers.need("node")
    home = npm.unpacked(*SNYK)
    path = Path(folder) / "snyk"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 1.1307.4 && exit\nexec node {home}/dist/cli/index.js "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def observe(tmp_path):
    """What the check says when that program is asked beside us, with these variables set."""

    def seen(also, files=PINNED, *, replace=None, offline=False, **environ):
        around = {**os.environ, "NO_PROXY": "127.0.0.1,localhost", **environ}
        processes = Processes(cache=Settings.from_environ(os.environ).cache, environ=around, replace=replace or {})
        root, check = write(tmp_path / "service", files), load("dependencies")
        world = World(name="desk", repo=open_repo(root), processes=processes, http=RealHttp(), now=NOW, environ=environ)
        with serving(shelf(*KNOWN)) as url:
            context = Context(
                repo=world.repo, run=processes, http=RealHttp(), targets={"osv": url}, secret=world.secret, now=NOW, offline=offline,
                scratch=lambda: Path(mkdtemp(dir=tmp_path)), wait=lambda seconds: None,
            )  # fmt: skip
            return check.observe(context, decode({"also": [also]}, check.params))

    return seen


def flaws(found):
    return {(one.rule, one.path, one.line) for one in found.findings}


@contextmanager
def safety_of_acme():
    with advisers.answering(lambda path, posted: advisers.safety(path, posted, root=url)) as (url, asked):
        where = {"DATA_API_BASE_URL": "data/", "PLATFORM_API_BASE_URL": "platform", "AUTH_SERVER_URL": "auth", "PLATFORM_V2_URL": "v2"}
        yield {f"SAFETY_{name}": f"{url}/{path}" for name, path in where.items()}, asked


def had(name):
    """Skips where the pinned program cannot be had."""
    try:
        Processes(cache=Settings.from_environ(os.environ).cache).toolbox.ensure(name)
    except CannotTell as unable:
        pytest.skip(f"{name} cannot be had here: {unable.reason}")


def test_npm_audit_is_asked_about_every_version_and_adds_what_it_alone_knows(observe):
    servers.need("npm")
    hostile = {".npmrc": "registry=http://127.0.0.1:9\naudit-level=none\nomit[]=dev\n"}
    with advisers.answering(advisers.npm) as (url, asked):
        found = observe("npm-audit", {**PINNED, **hostile}, NPM_CONFIG_REGISTRY=url)
    assert (OURS | {MINIMIST}, ()) == (flaws(found), found.gaps)
    assert ({Severity.CRITICAL}, True) == ({one.severity for one in found.findings if one.rule == MINIMIST[0]}, found.evidence.tool.startswith("npm "))
    assert 2 == sum(path.endswith("/advisories/bulk") for path, _ in asked)


def test_uv_audit_reads_a_lock_file_that_we_wrote(observe):
    had("uv")
    found = observe("uv-audit", {**PINNED, "uv.toml": "[[index]]\nurl = 'http://127.0.0.1:9'\n"})
    assert (OURS, (), True) == (flaws(found), found.gaps, found.evidence.tool.startswith("uv "))


def test_safety_is_asked_with_its_key_and_merged_by_cve(observe):
    had("safety")
    files = {**PINNED, ".safety-policy.yml": "version: '3.0'\nsecurity: {ignore-cvss-severity-below: 10}\n"}
    with safety_of_acme() as (where, asked):
        found = observe("safety", files, SAFETY_API_KEY="key-of-acme", **where)
    assert (OURS | {YAML}, ()) == (flaws(found), found.gaps)
    assert {"key-of-acme"} == {headers["x-api-key"] for path, headers in asked if path.startswith("/data/insecure")}
    assert "key-of-acme" not in repr(found)


def test_snyk_is_asked_with_its_token_about_npm_and_python(observe, tmp_path):
    files = {**PINNED, ".snyk": "version: v1.25.0\nignore: {SNYK-lodash: [{'*': {reason: x}}]}\n"}
    with advisers.answering(advisers.snyk) as (url, asked):
        found = observe("snyk", files, replace={"snyk": snyk_of_npm(tmp_path)}, SNYK_TOKEN=TOKEN, SNYK_API=url)
    assert (OURS | {YAML, ("CVE-2020-7598", *MINIMIST[1:])}, ()) == (flaws(found), found.gaps)
    assert {f"token {TOKEN}"} == {headers["authorization"] for path, headers in asked if path == "/v1/test-dep-graph"}
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(("also", "variable"), [("safety", "SAFETY_API_KEY"), ("snyk", "SNYK_TOKEN")])
def test_without_a_credential_it_is_told_what_to_set(observe, also, variable):
    found = observe(also)
    assert [f"{also} could not be heard: the environment variable {variable} is not set"] == [gap.partition(" (")[0] for gap in found.gaps]
    assert (OURS, True) == (flaws(found), variable in found.gaps[0].partition(" (")[2])


REFUSALS = {
    "knows nothing": lambda path, posted: {},
    "is broken": lambda path, posted: 500,
    "refuses": lambda path, posted: 403,
    "has a page": lambda path, posted: b"<p>log in</p>",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_registry_that_is_no_help_leaves_a_gap(observe, refusal):
    servers.need("npm")
    with advisers.answering(REFUSALS[refusal]) as (url, _):
        found = observe("npm-audit", NPM_CONFIG_REGISTRY=url)
    assert (OURS, 1) == (flaws(found), len(found.gaps))
    assert found.gaps[0].startswith("npm-audit could not be heard: ")


@pytest.mark.parametrize("refusal", ["knows nothing", "refuses"])
def test_a_service_with_accounts_that_is_no_help_leaves_a_gap(observe, refusal, tmp_path):
    with advisers.answering(REFUSALS[refusal]) as (url, _):
        found = observe("snyk", replace={"snyk": snyk_of_npm(tmp_path)}, SNYK_TOKEN=TOKEN, SNYK_API=url)
    assert (OURS, 1, True) == (flaws(found), len(found.gaps), found.gaps[0].startswith("snyk could not be heard: "))


def test_a_key_that_safety_refuses_leaves_a_gap(observe):
    had("safety")

    def refusing(path, posted):
        return 403 if path.startswith("/data/") else advisers.safety(path, posted, root=url)

    with advisers.answering(refusing) as (url, _):
        where = {"DATA_API_BASE_URL": "data/", "PLATFORM_API_BASE_URL": "platform", "AUTH_SERVER_URL": "auth", "PLATFORM_V2_URL": "v2"}
        found = observe("safety", SAFETY_API_KEY="key-of-acme", **{f"SAFETY_{name}": f"{url}/{path}" for name, path in where.items()})
    assert (OURS, 1, True) == (flaws(found), len(found.gaps), "SAFETY_API_KEY" in found.gaps[0])


@pytest.mark.parametrize("also", ["npm-audit", "uv-audit"])
def test_names_that_are_none_are_no_clean_bill(observe, also):
    odd = {"package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/../../etc": {"version": "1"}, "node_modules/a\\"b": {"version": "1\\n2"}}}'}
    servers.need("npm")
    with advisers.answering(advisers.npm) as (url, _):
        found = observe(also, {"requirements.txt": "jinja2==2.10\nflask==1.0.not-a-version\n", **odd}, NPM_CONFIG_REGISTRY=url)
    assert found.gaps


def test_a_service_of_its_own_is_not_asked_offline():
    with pytest.raises(CannotTell, match="offline"):
        audit.theirs(type("Offline", (), {"offline": True}), None, "npm")
