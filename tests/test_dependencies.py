"""Dependencies: what is pinned is looked up without running anything, and a source that stays silent or lies does not make it clean."""

import gzip
import json
import os
import socket
import threading
import zipfile
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp

import pytest

from prodready.check import CannotTell, load
from prodready.checks.dependencies import service
from prodready.checks.dependencies.audit import layers
from prodready.checks.dependencies.endpoint import serving
from prodready.context import Context
from prodready.decode import decode
from prodready.model import Severity
from prodready.settings import Settings
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import write
from test_advisories import CRITICAL, FACTS, NOW, ZERO, package, published, record, shelf

LOW = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L"}]
LODASH = record("lodash", known="CVE-2019-10744", ecosystem="npm", kind="SEMVER", events=(ZERO, {"fixed": "4.17.12"}))


@pytest.fixture
def observe(tmp_path):
    processes = Processes(cache=Settings.from_environ(os.environ).cache, environ={**os.environ, "NO_PROXY": "127.0.0.1"})

    def made(files, *, targets=None, offline=False, **params):
        root = write(tmp_path / "service", files)
        check = load("dependencies")
        context = Context(
            repo=open_repo(root), run=processes, http=RealHttp(), targets=targets or {}, secret=str, now=NOW, offline=offline,
            scratch=lambda: Path(mkdtemp(dir=tmp_path)), wait=lambda seconds: None,
        )  # fmt: skip
        return check.observe(context, decode(params, check.params))

    return made


PINNED = {"requirements.txt": "flask==3.1.0\nDjango==4.0\n"}
ADVISED = {"advisories/1.json": json.dumps(record())}


# --- a service


def test_a_service_of_the_team_tells_flaws_and_how_serious_they_are(observe):
    django = record("django", known="PYSEC-1", events=(ZERO, {"fixed": "4.0.1"}), aliases=["GHSA-1"])
    with serving(shelf(record(), django, record("django", known="GHSA-1", severity=[{"type": "CVSS_V3", "score": CRITICAL}], events=(ZERO,)))) as url:
        found = observe(PINNED, targets={"osv": url})
    assert [("GHSA-1", "requirements.txt", 2, Severity.CRITICAL)] == [(one.rule, one.path, one.line, one.severity) for one in found.findings]
    assert ((), url.partition("//")[2], 2) == (found.gaps, found.evidence.source.partition("advisories: ")[2], found.examined)


def test_two_packages_have_the_flaws_that_were_published(observe):
    with serving(shelf(*published("jinja2"), *published("requests"))) as url:
        found = observe({"requirements.txt": "jinja2==2.10\nrequests==2.19.0\n"}, targets={"osv": url})
    assert {(name, cve) for name, some in FACTS.items() for cve in some} == {tuple(one.anchor.split()) for one in found.findings}
    assert 10 == len(found.findings)
    assert {Severity.CRITICAL} == {one.severity for one in found.findings}


LOCKS = {
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.10"}, "node_modules/left-pad": {"version": "1.3.0"}}}',
    "go.mod": "module desk\ngo 1.22\nrequire golang.org/x/text v0.3.0\n",
    "Cargo.lock": 'version = 4\n[[package]]\nname = "regex"\nversion = "1.5.4"\nsource = "registry+x"\n',
    "gradle.lockfile": "org.apache.logging.log4j:log4j-core:2.14.1=runtimeClasspath\n",
}
ELSEWHERE = (
    LODASH,
    record("golang.org/x/text", known="GO-2020-0015", ecosystem="Go", kind="SEMVER", events=(ZERO, {"fixed": "0.3.3"}), aliases=["CVE-2020-14040"]),
    record("regex", known="RUSTSEC-2022-0013", ecosystem="crates.io", kind="SEMVER", events=(ZERO, {"fixed": "1.5.5"})),
    record("org.apache.logging.log4j:log4j-core", known="CVE-2021-44228", ecosystem="Maven", events=({"introduced": "2.13.0"}, {"fixed": "2.15.0"})),
)
FLAWS = {"CVE-2019-10744": "4.17.12", "CVE-2020-14040": "v0.3.3", "RUSTSEC-2022-0013": "1.5.5", "CVE-2021-44228": "2.15.0"}


def test_every_language_is_looked_up_at_a_service(observe):
    with serving(shelf(*ELSEWHERE)) as url:
        found = observe(LOCKS, targets={"osv": url})
    assert (FLAWS, (), 5) == ({one.rule: one.fix.split(" to ")[1].split(",")[0] for one in found.findings}, found.gaps, found.examined)


def test_every_language_is_looked_up_in_a_copy(observe):
    found = observe({**LOCKS, **{f"osv/{at}.json": json.dumps(one) for at, one in enumerate(ELSEWHERE)}}, advisories="osv", offline=True)
    assert (set(FLAWS), ()) == ({one.rule for one in found.findings}, found.gaps)


def test_a_service_that_knows_one_system_is_believed_about_that_one_only(observe):
    with serving(shelf(record())) as url:
        found = observe({"requirements.txt": "jinja2==2.10\n", "package-lock.json": LOCKS["package-lock.json"]}, targets={"osv": url})
    assert (["CVE-2026-0001"], 1, 1) == ([one.rule for one in found.findings], found.examined, len(found.gaps))
    assert found.gaps[0].startswith("2 npm packages: ")


def test_many_packages_are_asked_for_in_batches(observe, monkeypatch):
    monkeypatch.setattr(service, "BATCH", 7)
    pins = "".join(f"package-{at}==1.0\n" for at in range(30)) + "jinja2==2.10\n"
    with serving(shelf(record())) as url:
        found = observe({"requirements.txt": pins}, targets={"osv": url})
    assert (31, ["CVE-2026-0001"]) == (found.examined, [one.rule for one in found.findings])


@contextmanager
def answering(answer):
    """A service that answers as told: from path and query to (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answer(self.path, asked)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def lying(change):
    """An honest service whose answers are changed on the way."""
    honest = shelf(record(), record("django", known="CVE-2"))

    def answer(path, asked):
        queries = asked.get("queries", [asked])
        from prodready.readers.resolved import Package

        rows = [honest.matching(Package(system="pypi", name=one["package"]["name"], version=one["version"], path="")) for one in queries]
        whole = {"results": [{"vulns": row} if row else {} for row in rows]} if "queries" in asked else {"vulns": rows[0]}
        return 200, change(path, whole)

    return answer


def batch_only(change):
    return lying(lambda path, whole: change(whole) if path.endswith("batch") else whole)


LIES = {
    "it knows nothing": lambda path, asked: (200, {"results": [{} for _ in asked["queries"]]}),
    "it answers with an empty object": lambda path, asked: (200, {}),
    "it answers with an empty body": lambda path, asked: (200, b""),
    "it answers with a list": lambda path, asked: (200, []),
    "it answers with a page": lambda path, asked: (200, b"<html>log in</html>"),
    "it is cut off": lambda path, asked: (200, b'{"results": [{"vulns"'),
    "it knows no such address": lambda path, asked: (404, {}),
    "it is busy": lambda path, asked: (429, {}),
    "it is broken": lambda path, asked: (500, {}),
    "it leaves answers out": batch_only(lambda whole: {"results": whole["results"][1:]}),
    "it answers too much": batch_only(lambda whole: {"results": [*whole["results"], {}]}),
    "everything is vulnerable": batch_only(lambda whole: {"results": [{"vulns": [{"id": "X"}]} for _ in whole["results"]]}),
    "rows are no objects": batch_only(lambda whole: {"results": [1 for _ in whole["results"]]}),
    "advisories have no name": batch_only(lambda whole: {"results": [{"vulns": [{}]} for _ in whole["results"]]}),
    "what it names it does not give": lying(lambda path, whole: whole if path.endswith("batch") else {}),
    "what it gives is of another package": lying(lambda path, whole: whole if path.endswith("batch") else {"vulns": [{**record("other"), "id": "CVE-2"}]}),
    "what it gives is no advisory": lying(lambda path, whole: whole if path.endswith("batch") else {"vulns": [*whole["vulns"], 1]}),
    "its pages have no end": lying(lambda path, whole: whole if path.endswith("batch") else {**whole, "next_page_token": "x"}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_service_that_does_not_do_its_work_is_no_clean_bill(observe, lie):
    with answering(LIES[lie]) as url, pytest.raises(CannotTell) as unable:
        observe({"requirements.txt": "flask==3.1.0\nDjango==1.0\n"}, osv_url=url)
    assert unable.value.remedy


def test_an_honest_service_is_believed(observe):
    with answering(lying(lambda path, whole: whole)) as url:
        assert ["CVE-2"] == [one.rule for one in observe({"requirements.txt": "flask==3.1.0\nDjango==1.0\n"}, osv_url=url).findings]


def test_a_service_that_was_busy_once_is_asked_again(observe):
    honest, refused = lying(lambda path, whole: whole), []

    def answer(path, asked):
        if not refused:
            refused.append(path)
            return 503, {}
        return honest(path, asked)

    with answering(answer) as url:
        assert () == observe({"requirements.txt": "flask==3.1.0\n"}, osv_url=url).gaps


def test_a_service_that_is_not_there_is_no_clean_bill(observe):
    with pytest.raises(CannotTell) as unable:
        observe(PINNED, osv_url="http://127.0.0.1:9")
    assert ("did not answer" in unable.value.reason, "PRODREADY_OSV_URL" in unable.value.remedy) == (True, True)


def test_a_service_that_never_answers_is_no_clean_bill(observe, monkeypatch):
    monkeypatch.setattr(service, "DEADLINE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(CannotTell) as unable:
        observe(PINNED, osv_url=f"http://127.0.0.1:{deaf.getsockname()[1]}")
    assert "did not answer" in unable.value.reason


def test_a_source_that_knows_other_packages_is_asked_for_those(observe):
    mine = record("desk-core", known="DESK-1", events=(ZERO, {"fixed": "2"}))
    with serving(shelf(mine)) as url:
        found = observe({"requirements.txt": "desk-core==1.0\n"}, osv_url=f"{url}/v1/query", canary=["pkg:pypi/desk-core@1.5"])
    assert ["DESK-1"] == [one.rule for one in found.findings]


# --- a copy


def zipped(path, *records, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
        for name, text in more.items():
            archive.writestr(f"{name}.json", text)


def test_advisories_from_a_zip_file_are_read(observe, tmp_path):
    zipped(tmp_path / "service" / "all.zip", record("django", events=(ZERO,)), record(known="X"), broken="{")
    found = observe(PINNED, advisories="all.zip", offline=True)
    assert ("CVE-2026-0001", datetime(2026, 1, 30, tzinfo=UTC)) == (found.findings[0].rule, found.evidence.collected)
    assert ("all.zip: 1 file cannot be read as advisories",) == found.gaps


def test_a_zip_file_for_each_system_is_read(observe, tmp_path):
    zipped(tmp_path / "service" / "osv" / "PyPI" / "all.zip", record())
    zipped(tmp_path / "service" / "osv" / "npm" / "all.zip", LODASH)
    found = observe({**PINNED, "package-lock.json": LOCKS["package-lock.json"]}, advisories="osv", offline=True)
    assert (["CVE-2019-10744"], ()) == ([one.rule for one in found.findings], found.gaps)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "holds no advisory"),
        ({"advisories/1.json": "[]"}, "holds no advisory"),
        ({"advisories/1.json": json.dumps(record(modified=""))}, "says when it was written"),
        ({"advisories/1.json": json.dumps(record(modified="2026-03-01T00:00:00Z"))}, "in the future"),
        ({"advisories/1.json": json.dumps(record(modified="2026-01-20T00:00:00Z"))}, "older than 7 d"),
        ({"advisories/1.json": json.dumps(LODASH)}, "no advisory of PyPI"),
        ({"advisories/1.json": json.dumps(record("flask"))}, "does not know jinja2 to be vulnerable"),
        ({"advisories/1.json": json.dumps(record(withdrawn="2026-01-01T00:00:00Z"))}, "holds no advisory"),
    ],
)
def test_advisories_that_cannot_be_relied_on_tell_nothing(observe, files, reason):
    with pytest.raises(CannotTell) as unable:
        observe({**PINNED, **files}, advisories="advisories", offline=True)
    assert reason in unable.value.reason


@pytest.mark.parametrize("share", [0, 0.5, 0.97])
def test_a_zip_file_that_is_not_whole_tells_nothing(observe, tmp_path, share):
    path = tmp_path / "service" / "all.zip"
    zipped(path, record(), record("django", known="X"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(CannotTell) as unable:
        observe(PINNED, advisories="all.zip")
    assert "no whole zip file" in unable.value.reason


def test_a_zip_file_with_a_damaged_record_tells_nothing(observe, tmp_path):
    path = tmp_path / "service" / "all.zip"
    zipped(path, record())
    path.write_bytes(path.read_bytes().replace(b"2.10.1", b"2.10.9", 1))
    with pytest.raises(CannotTell) as unable:
        observe(PINNED, advisories="all.zip")
    assert "no whole zip file" in unable.value.reason


# --- what is exploited, malicious, ignored


def severities(found):
    return [(one.severity, one.message.rpartition(" (")[2].rstrip(")") if "(" in one.message else "") for one in found.findings]


MILD = {"requirements.txt": "jinja2==2.10\n", "advisories/1.json": json.dumps(record(severity=LOW))}
KEV = {"dateReleased": "2026-01-30T00:00:00Z", "count": 1, "vulnerabilities": [{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-02"}]}
EPSS = "#model_version:v2025.03.14,score_date:2026-01-30T00:00:00+0000\ncve,epss,percentile\nCVE-2026-0001,{},0.9\n"


def test_what_attackers_use_is_critical(observe):
    found = observe({**MILD, "kev.json": json.dumps(KEV)}, advisories="advisories", kev="kev.json")
    assert ([(Severity.CRITICAL, "attackers use it")], ()) == (severities(found), found.gaps)


@pytest.mark.parametrize(("chance", "severity"), [(0.5, Severity.HIGH), (0.01, Severity.LOW)])
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_likely_to_be_attacked_is_high_at_least(observe, tmp_path, chance, severity, packed):
    text = EPSS.format(chance).encode()
    write(tmp_path / "service", MILD)
    (tmp_path / "service" / "epss.csv").write_bytes(gzip.compress(text) if packed else text)
    found = observe({}, advisories="advisories", epss="epss.csv")
    assert [(severity, f"attacked within 30 days with a probability of {chance:.1%}")] == severities(found)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", json.dumps({**KEV, "count": 2}), json.dumps({**KEV, "count": 0, "vulnerabilities": []})),
        *(json.dumps({**KEV, "dateReleased": when}) for when in ("2025-01-01", "2027-01-01", "")),
    ],
)
def test_a_catalogue_that_cannot_be_relied_on_is_a_gap(observe, text):
    assert 1 == len(observe({**MILD, "kev.json": text}, advisories="advisories", kev="kev.json").gaps)


@pytest.mark.parametrize(
    "text",
    [
        *("", "cve,epss\n", "#x\ncve,epss,percentile\n", "a\x00b"),
        *(EPSS.format(0.5)[:-1], EPSS.format("much"), EPSS.format(0.5).replace("2026-01-30", "2025-01-30")),
    ],
)
def test_probabilities_that_cannot_be_relied_on_are_a_gap(observe, text):
    assert 1 == len(observe({**MILD, "epss.csv": text}, advisories="advisories", epss="epss.csv").gaps)


def test_a_packed_file_that_is_cut_off_is_a_gap(observe, tmp_path):
    write(tmp_path / "service", MILD)
    (tmp_path / "service" / "epss.csv.gz").write_bytes(gzip.compress(EPSS.format(0.5).encode())[:-9])
    assert 1 == len(observe({}, advisories="advisories", epss="epss.csv.gz").gaps)


def test_a_file_that_is_missing_is_a_gap(observe):
    assert 2 == len(observe(MILD, advisories="advisories", epss="epss.csv", kev="kev.json").gaps)


def test_a_malicious_package_is_critical_and_said_to_be_one(observe):
    bad = record("reqeusts", known="MAL-2026-1", summary="steals keys", events=(ZERO,))
    found = observe({"requirements.txt": "reqeusts==1.0\n", **ADVISED, "advisories/2.json": json.dumps(bad)}, advisories="advisories")
    assert [("MAL-2026-1", Severity.CRITICAL)] == [(one.rule, one.severity) for one in found.findings]
    assert ("is malicious" in found.findings[0].message, "replace each secret" in found.findings[0].fix) == (True, True)
    assert any("looks like requests" in note for note in found.notes)


def test_an_ignored_flaw_is_shown_as_suppressed(observe):
    entry = {"id": "PYSEC-1", "reason": "no template comes from a user", "until": date(2026, 12, 31)}
    files = {"requirements.txt": "jinja2==2.10\n", "advisories/1.json": json.dumps(record(aliases=["PYSEC-1"]))}
    found = observe(files, advisories="advisories", ignore=[entry])
    assert ["ignored until 2026-12-31 as PYSEC-1: no template comes from a user"] == [one.suppressed for one in found.findings]


# --- what nothing locks


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
        {"package.json": '{"dependencies": {"lodash": "^4"}}'},
        {"web/package.json": '{"devDependencies": {"lodash": "^4"}}', "package.json": "{}"},
        {"Cargo.toml": "[dependencies]\nserde = '1'\n"},
        {"Cargo.toml": "[target.'cfg(unix)'.dependencies]\nnix = '1'\n"},
        {"pom.xml": "<project><dependencies><dependency></dependency></dependencies></project>"},
        {"build.gradle": "dependencies { implementation 'g:a:1.0' }\n"},
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
        {"requirements.txt": "django==4.2\n", "package.json": '{"name": "x"}', "Cargo.toml": "[workspace]\nmembers = []\n"},
    ],
)
def test_a_manifest_that_something_locks_is_no_gap(observe, files):
    assert () == observe({**ADVISED, **files}, advisories="advisories").gaps


def test_a_file_that_is_pulled_in_from_elsewhere_is_a_gap(observe):
    found = observe({**ADVISED, "requirements.txt": "-r ../../secret.txt\n-r missing.txt\nflask==3.1.0\n"}, advisories="advisories")
    assert ["requirements.txt:1: ../../secret.txt", "requirements.txt:2: missing.txt"] == [gap.partition(" is ")[0] for gap in found.gaps]


def test_what_nobody_reads_is_a_gap_unless_a_bill_answers_for_it(observe):
    bill = {"bom.json": '{"bomFormat": "CycloneDX", "components": [{"name": "rack", "purl": "pkg:gem/rack@2.0.5"}]}'}
    known = {"advisories/2.json": json.dumps(record("rack", known="CVE-3", ecosystem="RubyGems", events=(ZERO, {"fixed": "2.0.6"})))}
    files = {**ADVISED, **known, **PINNED, "Gemfile.lock": "GEM\n"}
    assert ["Gemfile.lock (Ruby)"] == [gap.partition(":")[0] for gap in observe(files, advisories="advisories").gaps]
    found = observe(bill, advisories="advisories")
    assert (["CVE-3"], ()) == ([one.rule for one in found.findings], found.gaps)


def test_what_is_left_out_is_left_out(observe):
    found = observe({**ADVISED, **PINNED, "tests/fixtures/package.json": '{"dependencies": {"a": "1"}}'}, advisories="advisories", exclude=["**/fixtures/**"])
    assert (2, ()) == (found.examined, found.gaps)


def test_one_system_may_be_looked_at_alone(observe):
    found = observe({**ADVISED, **PINNED, "package.json": '{"dependencies": {"a": "1"}}', "Gemfile.lock": ""}, advisories="advisories", systems=["pypi"])
    assert (2, ()) == (found.examined, found.gaps)


def test_a_folder_without_packages_is_not_examined(observe):
    found = observe({"README.md": "# Desk\n"})
    assert (0, ()) == (found.examined, found.gaps)


# --- who else is asked


def test_packages_are_asked_for_in_as_few_sets_as_there_are_versions():
    pins = [package("a", "1"), package("a", "2"), package("b", "1")]
    assert [(pins[0], pins[2]), (pins[1],)] == list(layers(pins))


@pytest.fixture
def heard(observe):
    try:
        Processes(cache=Settings.from_environ(os.environ).cache).toolbox.ensure("pip-audit")
    except CannotTell as unable:
        pytest.skip(f"pip-audit cannot be had here: {unable.reason}")
    return lambda files, **params: observe(files, also=["pip-audit"], **params)


def test_two_voices_on_one_flaw_are_one_finding(heard):
    with serving(shelf(*published("jinja2"), *published("requests"), record("flask", events=(ZERO, {"fixed": "1"})))) as url:
        found = heard({"requirements.txt": "jinja2==2.10\nrequests==2.19.0\n"}, osv_url=url, canary=["pkg:pypi/flask@0.5"])
    assert (10, (), True) == (len(found.findings), found.gaps, found.evidence.tool.startswith("pip-audit "))


def test_a_voice_that_has_nothing_of_its_kind_is_told_of_and_the_only_one_that_an_item_names_leaves_it_unknown(observe):
    with serving(shelf(*ELSEWHERE)) as url:
        beside, alone = (observe(LOCKS, osv_url=url, also=voices) for voices in (["pip-audit", "npm-audit"], ["pip-audit"]))
    assert [True, True] == [any("pip-audit was not asked" in note for note in found.notes) for found in (beside, alone)]
    told = "pip-audit could not be asked about anything: no package of pypi is locked here"
    assert [False, True] == [any(told in gap for gap in found.gaps) for found in (beside, alone)]
