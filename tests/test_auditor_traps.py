"""Traps that fool a program that audits packages when it is called as its manual says, each beside what our call of the same real program makes of it."""

import json
import os
import subprocess

import pytest

import advisers
import servers
from prodready.settings import Settings
from prodready.world.process import Processes
from programs import write
from test_auditors import TOKEN, flaws, had, observe, safety_of_acme, snyk_of_npm  # noqa: F401 - observe is a fixture

LODASH = ("CVE-2019-10744", "package-lock.json", None)
JINJA = ("CVE-2019-10906", "requirements.txt", 1)
SNYK_POLICY = """version: v1.25.0
ignore:
  SNYK-lodash:
    - '*':
        reason: not reachable
        expires: 2099-01-01T00:00:00.000Z
        created: 2026-01-01T00:00:00.000Z
patch: {}
"""


def project(*, dev=False):
    """A project of npm that locks one vulnerable package."""
    wanted = {"devDependencies" if dev else "dependencies": {"lodash": "4.17.10"}}
    root = {"name": "desk", "version": "1.0.0", **wanted}
    packages = {"": root, "node_modules/lodash": {"version": "4.17.10", **({"dev": True} if dev else {})}}
    lock = {"name": "desk", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    return {"package.json": json.dumps(root), "package-lock.json": json.dumps(lock)}


def naive(argv, folder, **environ):
    """The call of the manual, in the repository; how it ends, and what it prints."""
    home = folder.with_name("home")
    home.mkdir(exist_ok=True)
    around = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "127.0.0.1,localhost", "PYTHONWARNINGS": "ignore", **environ}
    ended = subprocess.run([*argv], cwd=folder, env=around, capture_output=True, text=True, check=False, timeout=300)
    return ended.returncode, ended.stdout + ended.stderr


NPMRC = {
    "lowers its level": ("audit-level=none\n", False),
    "leaves out what is for development": ("omit[]=dev\n", True),
    "sends it to another registry": ("registry={deaf}/\n", False),
}


@pytest.mark.parametrize("trap", NPMRC)
def test_npm_audit_obeys_a_npmrc_that(trap, observe, tmp_path):  # noqa: F811
    servers.need("npm")
    text, dev = NPMRC[trap]
    with advisers.answering(advisers.npm) as (url, _), advisers.answering(lambda path, posted: {}) as (deaf, _):
        files = {**project(dev=dev), ".npmrc": text.format(deaf=deaf)}
        environ = {} if "registry" in text else {"NPM_CONFIG_REGISTRY": url}
        code, said = naive(["npm", "audit"], write(tmp_path / "naive", files), **environ)
        assert 0 == code, said
        found = observe("npm-audit", files, NPM_CONFIG_REGISTRY=url)
    assert (True, ()) == (LODASH in flaws(found), found.gaps)


def test_npm_audit_ends_alike_when_it_found_something_and_when_it_could_not_ask(observe, tmp_path):  # noqa: F811
    servers.need("npm")
    files = project()
    with advisers.answering(advisers.npm) as (url, _), advisers.answering(lambda path, posted: 405) as (deaf, _):
        codes = [naive(["npm", "audit"], write(tmp_path / "naive", files), NPM_CONFIG_REGISTRY=one)[0] for one in (url, deaf)]
        assert [1, 1] == codes
        told = [observe("npm-audit", files, NPM_CONFIG_REGISTRY=one).gaps for one in (url, deaf)]
    assert [0, 1] == [len(gaps) for gaps in told]


SAFETY = {
    "a requirement without a version": ({"requirements.txt": "jinja2>=2\n"}, False),
    "a policy that ignores the flaw": (
        {"requirements.txt": "jinja2==2.10\n", ".safety-policy.yml": "security:\n  ignore-vulnerabilities:\n    '37006': {reason: x}\n"}, True,
    ),
    "a policy that ignores what has no severity": (
        {"requirements.txt": "jinja2==2.10\n", ".safety-policy.yml": "security: {ignore-cvss-severity-below: 10, ignore-cvss-unknown-severity: True}\n"}, True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("trap", SAFETY)
def test_safety_is_content_with(trap, observe, tmp_path):  # noqa: F811
    had("safety")
    files, pinned = SAFETY[trap]
    argv = Processes(cache=Settings.from_environ(os.environ).cache).toolbox.ensure("safety").argv
    with safety_of_acme() as (where, _):
        code, said = naive([*argv, "check", "-r", "requirements.txt"], write(tmp_path / "naive", files), SAFETY_API_KEY="key-of-acme", **where)
        assert 0 == code, said
        found = observe("safety", files, SAFETY_API_KEY="key-of-acme", **where)
    assert (pinned, not pinned) == (JINJA in flaws(found), bool(found.gaps))


def test_snyk_obeys_a_policy_in_the_repository(observe, tmp_path):  # noqa: F811
    """As Snyk's documentation tells of its service, it gives the policy back that the client sent, joined with that of the organisation."""

    def joined(path, posted):
        told = advisers.snyk(path, posted)
        if told:
            told["meta"]["policy"] = posted.get("policy", "")
        return told

    snyk, files = snyk_of_npm(tmp_path), {**project(), ".snyk": SNYK_POLICY}
    with advisers.answering(joined) as (url, _):
        code, said = naive([str(snyk), "test"], write(tmp_path / "naive", files), SNYK_TOKEN=TOKEN, SNYK_API=url)
        assert 0 == code, said
        found = observe("snyk", files, replace={"snyk": snyk}, SNYK_TOKEN=TOKEN, SNYK_API=url)
    (flaw,) = (one for one in found.findings if one.rule == LODASH[0])
    assert ("snyk" in found.evidence.tool, flaw.suppressed, found.gaps) == (True, "", ())


def test_snyk_ends_with_3_where_it_sees_no_project(observe, tmp_path):  # noqa: F811
    """Which many a pipeline takes for nothing to do."""
    snyk = snyk_of_npm(tmp_path)
    with advisers.answering(advisers.snyk) as (url, _):
        code, said = naive([str(snyk), "test"], write(tmp_path / "naive", {"README.md": "# Desk\n"}), SNYK_TOKEN=TOKEN, SNYK_API=url)
        assert 3 == code, said
        fake = write(tmp_path, {"three": "#!/bin/sh\nexit 3\n"}) / "three"
        fake.chmod(0o755)
        found = observe("snyk", project(), replace={"snyk": fake}, SNYK_TOKEN=TOKEN, SNYK_API=url)
    assert ["snyk could not be heard: snyk (replaced) failed with exit code 3"] == [gap.partition(" (see")[0] for gap in found.gaps]


def test_pip_audit_runs_what_a_requirement_builds(observe, tmp_path):  # noqa: F811
    had("pip-audit")
    marker = tmp_path / "ran"
    setup = f"import pathlib\n\npathlib.Path({str(marker)!r}).write_text('ran')\n\nfrom setuptools import setup\n\nsetup(name='evil', version='1')\n"
    files = {"requirements.txt": "./evil\njinja2==2.10\n", "evil/setup.py": setup}
    found = observe("pip-audit", files)
    assert (False, True) == (marker.exists(), bool(found.gaps))
    argv = Processes(cache=Settings.from_environ(os.environ).cache).toolbox.ensure("pip-audit").argv
    passed = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_", "HTTP", "http"))}
    _, said = naive([*argv, "-r", "requirements.txt"], write(tmp_path / "naive", files), **passed)
    if not marker.exists():
        pytest.skip(f"no index answers from which setuptools could be had for the naive call: {said[-200:]}")
