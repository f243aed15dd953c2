"""Dependencies: what is pinned is read without running anything, and a service that stays silent does not make it clean."""

import json
import os
import threading
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.check import CannotTell, load
from prodready.checks.dependencies import advisories, cvss, locks, requirements
from prodready.checks.dependencies.audit import distinct, layers
from prodready.checks.dependencies.endpoint import serving
from prodready.checks.dependencies.pins import Pin, Pins
from prodready.context import Context
from prodready.decode import decode
from prodready.model import Severity
from prodready.settings import Settings
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import write

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def record(name="jinja2", *, known="CVE-2026-0001", modified="2026-01-30T00:00:00Z", events=({"introduced": "0"}, {"fixed": "2.10.1"}), **more):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    return {"id": known, "modified": modified, "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges}], **more}


def known(*records):
    loaded = advisories.Advisories(path="advisories")
    for one in records:
        loaded.add(one)
    return loaded


def keys(pins: Pins):
    return [pin.key for pin in pins.pins]


# --- what is pinned


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("flask==3.1.0", "flask==3.1.0"),
        ("Flask_Login == 0.6.3", "flask-login==0.6.3"),
        ("zope.interface===7.0", "zope-interface==7.0"),
        ("uvicorn[standard]==0.30.0 ; python_version < '4'", "uvicorn==0.30.0"),
        ("flask==3.1 --hash=sha256:00 --hash=sha256:11", "flask==3.1"),
        ("flask==3.1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11", "flask==3.1"),
        ("flask==3.1  # why", "flask==3.1"),
        ("torch==2.5.0+cpu", "torch==2.5.0+cpu"),
        ("flask>=3,==3.1.0", "flask==3.1.0"),
    ],
)
def test_a_pin_is_read(line, pinned):
    assert ([pinned], ()) == (keys(requirements.read(line, "r.txt")), requirements.read(line, "r.txt").gaps)


@pytest.mark.parametrize(
    "line",
    [
        "flask", "flask>=3", "flask~=3.1", "flask==3.*", "flask!=3.0", "flask @ https://example.org/flask.whl", "https://example.org/flask.tar.gz",
        "git+https://example.org/flask.git@v3#egg=flask", "-e git+https://example.org/flask.git#egg=flask", "--editable=git+ssh://git@example.org/x",
        "--unheard-of", "flask==", "flask == 3 == 4 !", "flask==not-a-version", "$(touch ran)", "file:///srv/flask.whl",
    ],
)  # fmt: skip
def test_what_pins_nothing_is_a_gap_that_names_its_line(line):
    read = requirements.read(f"# first\n{line}\n", "r.txt")
    assert ([], 1) == (keys(read), len(read.gaps))
    assert read.gaps[0].startswith("r.txt:2: ")


@pytest.mark.parametrize("line", ["", "# flask", "--index-url https://example.org", "-i https://example.org", "--require-hashes", "-c other.txt", "--pre"])
def test_what_asks_for_no_package_is_no_gap(line):
    assert Pins() == requirements.read(line, "r.txt")


@pytest.mark.parametrize("line", ["-e .", ".", "./lib", "../lib[extra]", "--editable ./lib", "-e file:./lib"])
def test_local_code_is_noted(line):
    read = requirements.read(line, "r.txt")
    assert ((), (), 1) == (read.pins, read.gaps, len(read.notes))


def test_a_password_in_an_address_is_not_shown():
    assert "horse" not in requirements.read("flask @ https://ada:horse@example.org/flask.whl", "r.txt").gaps[0]


@given(st.text(max_size=80))
def test_any_requirements_file_is_read_or_a_gap(text):
    read = requirements.read(text, "r.txt")
    assert all(pin.name and pin.version for pin in read.pins)


LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.dev.toml")


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("text", ["", "[", "{}", "[]", "package = 1", "packages = 'x'", "[[package]]\n", '{"_meta": {}, "default": {"flask": {}}}'])
def test_a_lock_file_that_is_none_is_a_gap(name, text):
    read = locks.reader(name)(text, name)
    assert (True, []) == (bool(read.gaps), keys(read))


def test_local_packages_of_a_lock_file_are_nobody_elses():
    text = "".join(f"[[package]]\nname = 'p{index}'\nversion = '1'\nsource = {{ {kind} = '.' }}\n" for index, kind in enumerate(sorted(locks.LOCAL)))
    assert Pins() == locks.reader("uv.lock")(text, "uv.lock")


def test_packages_are_asked_for_in_as_few_sets_as_there_are_versions():
    pins = [Pin(name=name, version=version, path="r.txt") for name, version in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "1")]]
    assert [("a==1", "b==1"), ("a==2",)] == list(layers(pins))


# --- how serious


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (CRITICAL, 9.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L", 3.7),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None),
        ("CVSS:3.1/AV:N", None),
        ("", None),
    ],
)
def test_a_vector_is_scored_as_the_specification_says(vector, score):
    assert score == cvss.base_score(vector)


def test_the_worst_of_all_names_counts_and_unknown_stays_unknown():
    low = record(severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L"}])
    word = record(database_specific={"severity": "MODERATE"})
    assert [Severity.LOW, Severity.MEDIUM, Severity.MEDIUM, None] == [cvss.severity(some) for some in ([low], [word], [low, word], [record()])]


# --- what is known


@pytest.mark.parametrize(
    ("version", "events", "hit"),
    [
        ("2.10", ({"introduced": "0"}, {"fixed": "2.10.1"}), True),
        ("2.10.1", ({"introduced": "0"}, {"fixed": "2.10.1"}), False),
        ("2.9", ({"introduced": "2.10"},), False),
        ("2.10rc1", ({"introduced": "2.10"},), False),
        ("2.10", ({"introduced": "2.10"},), True),
        ("3.0", ({"introduced": "0"}, {"last_affected": "2.10"}), False),
        ("2.10", ({"introduced": "0"}, {"last_affected": "2.10"}), True),
        ("3.5", ({"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "0"}), True),
        ("2.5", ({"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "0"}), False),
    ],
)
def test_ranges_are_evaluated_as_osv_says(version, events, hit):
    assert hit is bool(known(record(events=events)).matching("Jinja2", version))


def test_a_listed_version_is_affected_however_it_is_written():
    listed = {"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "Zope.Interface"}, "versions": ["1.0.0"]}]}
    assert [True, False] == [bool(known(listed).matching("zope-interface", version)) for version in ("1.0", "1.1")]


FOREIGN = {"id": "X", "affected": [{"package": {"ecosystem": "npm", "name": "a"}}]}


@pytest.mark.parametrize("text", [{"id": "X"}, record(withdrawn="2026-01-01T00:00:00Z"), FOREIGN])
def test_withdrawn_and_foreign_records_are_no_advisories(text):
    assert {} == known(text).records


@pytest.mark.parametrize("text", [None, 1, [], {}, {"id": 1}, {"id": "X", "affected": {}}])
def test_what_is_no_record_is_counted(text):
    assert 1 == known(text).unreadable


def test_names_of_one_flaw_are_one_flaw():
    entries = [{"id": one, "aliases": list(aliases), "fix_versions": []} for one, aliases in [("PYSEC-1", ["CVE-1"]), ("GHSA-2", []), ("GHSA-1", ["CVE-1"])]]
    assert [("CVE-1", "GHSA-1", "PYSEC-1"), ("GHSA-2",)] == sorted(flaw.ids for flaw in distinct("a==1", entries))


def ask(url, body=None):
    request = urllib.request.Request(url, data=body if body is None else json.dumps(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)


def test_the_endpoint_answers_as_osv_does():
    query = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.10"}
    other = {**query, "version": "3.0"}
    with serving(known(record())) as url:
        assert [record()] == ask(f"{url}/v1/query", query)["vulns"]
        assert {} == ask(f"{url}/v1/query", other)
        assert [1, 0] == [len(one["vulns"]) for one in ask(f"{url}/v1/querybatch", {"queries": [query, other]})["results"]]
        assert record() == ask(f"{url}/v1/vulns/CVE-2026-0001")


@pytest.mark.parametrize("body", [1, [], {}, {"package": 1}, {"package": {"name": 1, "ecosystem": "PyPI"}, "version": "1"}])
def test_the_endpoint_refuses_what_is_no_query(body):
    with serving(known(record())) as url, pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{url}/v1/query", body)
    with refused.value as answer:
        assert 400 == answer.status


# --- the whole check


@pytest.fixture(scope="module")
def processes():
    real = Processes(cache=Settings.from_environ(os.environ).cache, environ={**os.environ, "NO_PROXY": "127.0.0.1"})
    try:
        real.toolbox.ensure("pip-audit")
    except CannotTell as unable:
        pytest.skip(f"pip-audit cannot be had here: {unable.reason}")
    return real


@pytest.fixture
def observe(processes, tmp_path):
    def made(files, *, targets=None, offline=False, **params):
        root = write(tmp_path / "service", files)
        check = load("dependencies")
        context = Context(
            repo=open_repo(root), run=processes, http=RealHttp(), targets=targets or {}, secret=str, now=NOW, offline=offline,
            scratch=lambda: Path(mkdtemp(dir=tmp_path)),
        )  # fmt: skip
        return check.observe(context, decode(params, check.params))

    return made


@contextmanager
def answering(body, *, status=200):
    """A service that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name is the base class's

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


PINNED = {"requirements.txt": "flask==3.1.0\nDjango==4.0\n"}


def test_a_service_of_the_team_tells_flaws_and_how_serious_they_are(observe):
    django = record("django", known="PYSEC-1", events=({"introduced": "0"}, {"fixed": "4.0.1"}), aliases=["GHSA-1"])
    with serving(known(record(), django, record("django", known="GHSA-1", severity=[{"type": "CVSS_V3", "score": CRITICAL}]))) as url:
        found = observe(PINNED, targets={"osv": url})
    assert [("GHSA-1", "requirements.txt", 2, Severity.CRITICAL)] == [(one.rule, one.path, one.line, one.severity) for one in found.findings]
    assert ((), url.partition("//")[2]) == (found.gaps, found.evidence.source.partition("advisories: ")[2])


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", 200), (b'{"vulns": []}', 200), (b"", 200), (b"[]", 200), (b"<html>", 200), (b"{}", 404), (b"{}", 429), (b"{}", 500)]
)
def test_a_service_that_does_not_do_its_work_is_no_clean_bill(observe, body, status):
    with answering(body, status=status) as url, pytest.raises(CannotTell) as unable:
        observe(PINNED, osv_url=url)
    assert "pip-audit" in unable.value.reason


def test_a_service_that_is_not_there_is_no_clean_bill(observe):
    with pytest.raises(CannotTell) as unable:
        observe(PINNED, osv_url="http://127.0.0.1:9")
    assert "PRODREADY_OSV_URL" in unable.value.remedy


def test_a_package_that_proves_the_service_awake_may_be_pinned_itself(observe):
    with serving(known(record(), record("pyyaml", known="CVE-2", events=({"introduced": "0"},)))) as url:
        found = observe({"requirements.txt": "jinja2==2.10\n"}, osv_url=f"{url}/v1/query")
    assert ["CVE-2026-0001"] == [one.rule for one in found.findings]


def test_advisories_from_a_zip_file_are_read(observe, tmp_path):
    import zipfile

    write(tmp_path / "service", PINNED)
    with zipfile.ZipFile(tmp_path / "service" / "all.zip", "w") as archive:
        archive.writestr("CVE-1.json", json.dumps(record("django", events=({"introduced": "0"},))))
        archive.writestr("broken.json", "{")
    found = observe({}, advisories="all.zip", offline=True)
    assert ("CVE-2026-0001", datetime(2026, 1, 30, tzinfo=UTC)) == (found.findings[0].rule, found.evidence.collected)
    assert ("all.zip: 1 file cannot be read as advisories",) == found.gaps


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "holds no advisory"),
        ({"advisories/1.json": "[]"}, "holds no advisory"),
        ({"advisories/1.json": json.dumps(record(modified=""))}, "says when it was written"),
        ({"advisories/1.json": json.dumps(record(modified="2026-03-01T00:00:00Z"))}, "in the future"),
        ({"advisories/1.json": json.dumps(record(modified="2026-01-20T00:00:00Z"))}, "older than 7 d"),
    ],
)
def test_advisories_that_cannot_be_relied_on_tell_nothing(observe, files, reason):
    with pytest.raises(CannotTell) as unable:
        observe({**PINNED, **files}, advisories="advisories", offline=True)
    assert reason in unable.value.reason


def test_a_zip_file_that_is_none_tells_nothing(observe):
    with pytest.raises(CannotTell) as unable:
        observe({**PINNED, "all.zip": "PK"}, advisories="all.zip")
    assert "no whole zip file" in unable.value.reason


ADVISED = {"advisories/1.json": json.dumps(record())}


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project]\ndependencies = ['django>=4']\n", "api/requirements.txt": "flask==3.1.0\n"},
        {"pyproject.toml": "[tool.poetry.dependencies]\npython = '*'\ndjango = '*'\n"},
        {"setup.py": "setup()\n"},
        {"setup.cfg": "[options]\ninstall_requires =\n    django\n"},
        {"Pipfile": "[packages]\ndjango = '*'\n"},
        {"api/requirements.in": "django\n"},
        {"pyproject.toml": "[project\n"},
        {"pyproject.toml": "project = 1\n[dependency-groups]\ndev = ['pytest']\n"},
    ],
)
def test_a_manifest_that_nothing_locks_is_a_gap(observe, files):
    found = observe({**ADVISED, **files}, advisories="advisories")
    assert 1 == len(found.gaps), found.gaps
    assert "no lock file says in which version" in found.gaps[0]


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project]\ndependencies = ['Django>=4']\n", "deploy/requirements.lock": "django==4.2\n"},
        {"pyproject.toml": "[project]\ndependencies = []\n", "requirements.txt": "\n"},
        {"api/setup.py": "setup()\n", "requirements.txt": "django==4.2\n"},
        {"api/pyproject.toml": "[project]\ndependencies = ['django']\n", "uv.lock": "version = 1\n[[package]]\nname = 'x'\nsource = { virtual = '.' }\n"},
        {"requirements/base.in": "django\n", "requirements/base.txt": "django==4.2\n"},
    ],
)
def test_a_manifest_that_something_locks_is_no_gap(observe, files):
    assert () == observe({**ADVISED, **files}, advisories="advisories").gaps


def test_a_file_that_is_pulled_in_from_elsewhere_is_a_gap(observe):
    found = observe({**ADVISED, "requirements.txt": "-r ../../secret.txt\n-r missing.txt\nflask==3.1.0\n"}, advisories="advisories")
    assert ["requirements.txt:1: ../../secret.txt", "requirements.txt:2: missing.txt"] == [gap.partition(" is ")[0] for gap in found.gaps]


def test_a_folder_without_python_is_not_examined(observe):
    found = observe({"README.md": "# Desk\n"})
    assert (0, ()) == (found.examined, found.gaps)
