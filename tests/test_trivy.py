"""Trivy: built from its pinned module only where that was asked for, and believed only as far as its planted faults come back."""

import gzip
import hashlib
import json
import os
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import pytest

import trivy_db
from prodready.check import load
from prodready.context import Context
from prodready.decode import decode
from prodready.model import Severity
from prodready.settings import Settings
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import write
from test_advisories import NOW, ZERO, record
from test_images import packed

PIP, NPM, DEBIAN = "pip::GitHub Security Advisory Pip", "npm::GitHub Security Advisory npm", "debian 12"
KNOWN = {
    PIP: {"jinja2": {"CVE-2019-10906": {"PatchedVersions": ["2.10.1"], "VulnerableVersions": ["<2.10.1"]}}},
    NPM: {"lodash": {"CVE-2019-10744": {"PatchedVersions": ["4.17.12"], "VulnerableVersions": ["<4.17.12"]}}},
    DEBIAN: {"openssl": {"CVE-2024-0001": {"FixedVersion": "3.0.99-1"}}},
}
DETAILS = {
    "CVE-2019-10906": {"Title": "sandbox escape", "Severity": "HIGH", "VendorSeverity": {"ghsa": 3}},
    "CVE-2019-10744": {"Title": "prototype pollution", "Severity": "CRITICAL", "VendorSeverity": {"ghsa": 4}},
    "CVE-2024-0001": {"Title": "reads too far", "Severity": "HIGH"},
}


@pytest.fixture(scope="module")
def processes():
    """With the real program, where it was built: that takes minutes, so nothing here does."""
    real = Processes(cache=Settings.from_environ(os.environ).cache, environ={**os.environ, "NO_PROXY": "127.0.0.1"})
    have, why = real.toolbox.look("trivy")
    if have is None:
        pytest.skip(f"Trivy is {why}; 'prodready tools install trivy' builds it")
    return real


@pytest.fixture
def observing(tmp_path):
    def made(processes, check_id, files, **params):
        root = write(tmp_path / "service", files)
        check = load(check_id)
        context = Context(
            repo=open_repo(root), run=processes, http=RealHttp(), targets={}, secret=str, now=NOW, offline=True,
            scratch=lambda: Path(mkdtemp(dir=tmp_path)),
        )  # fmt: skip
        return check.observe(context, decode(params, check.params))

    return made


@pytest.fixture
def observe(observing, processes):
    return partial(observing, processes)


@pytest.fixture
def database(tmp_path):
    def made(updated="2026-01-31T00:00:00Z", advisories=KNOWN):
        trivy_db.write(tmp_path / "service" / "trivy", updated=updated, advisories=advisories, details=DETAILS)

    return made


# --- beside our own look-up of dependencies

LOCKS = {
    "requirements.txt": "jinja2==2.10\nflask==3.1.0\n",
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.4"}, "node_modules/@s/b": {"version": "1.0.0"}}}',
    "osv/1.json": json.dumps(record(known="GHSA-462w-v97r-4m45", aliases=["CVE-2019-10906"])),
    "osv/2.json": json.dumps(record("lodash", known="GHSA-1", ecosystem="npm", kind="SEMVER", events=(ZERO, {"fixed": "4.17.5"}))),
}
BESIDE = {"advisories": "osv", "also": ["trivy"], "trivy_db": "trivy"}


def test_it_looks_up_every_package_and_joins_by_name(observe, database):
    database()
    found = observe("dependencies", LOCKS, **BESIDE)
    assert ["CVE-2019-10744", "CVE-2019-10906", "GHSA-1"] == sorted(one.rule for one in found.findings)
    assert (4, (), True) == (found.examined, found.gaps, found.evidence.tool.startswith("trivy 0.74.0"))
    assert "Trivy's database is of 2026-01-31" in found.notes


@pytest.mark.parametrize(
    ("updated", "advisories", "why"),
    [
        ("2026-01-20T00:00:00Z", KNOWN, "older than 48 h"),
        ("2026-02-20T00:00:00Z", KNOWN, "in the future"),
        ("soon", KNOWN, "does not say when it was made"),
        ("2026-01-31T00:00:00Z", {NPM: KNOWN[NPM]}, "did not report the fault that was planted"),
    ],
)
def test_a_database_that_cannot_be_relied_on_leaves_the_item_unknown(observe, database, updated, advisories, why):
    database(updated, advisories)
    (gap,) = observe("dependencies", LOCKS, **BESIDE).gaps
    assert gap.startswith("trivy could not be heard: ")
    assert why in gap


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:5000], lambda raw: b"x" * len(raw), None])
def test_a_database_that_is_damaged_or_missing_leaves_the_item_unknown(observe, database, tmp_path, damage):
    database()
    path = tmp_path / "service" / "trivy" / "db" / "trivy.db"
    path.write_bytes(damage(path.read_bytes())) if damage else path.unlink()
    (gap,) = observe("dependencies", LOCKS, **BESIDE).gaps
    assert gap.startswith("trivy could not be heard: ")


def test_a_database_that_would_have_to_be_fetched_leaves_an_offline_item_unknown(observe):
    (gap,) = observe("dependencies", LOCKS, **{**BESIDE, "trivy_db": ""}).gaps
    assert "this run is offline" in gap


# --- images

STATUS = b"Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.15-1\nSource: openssl\n\n"
RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
PYTHON = {"app/site-packages/jinja2-2.9.dist-info/METADATA": b"Metadata-Version: 2.1\nName: jinja2\nVersion: 2.9\n\n"}
SYSTEM = {"etc/os-release": RELEASE, "etc/debian_version": b"12.5\n", "var/lib/dpkg/status": STATUS}
SCANNED = {"images": ["desk.tar"], "also": ["trivy"], "trivy_db": "trivy"}


@pytest.fixture
def scanned(observe, database, tmp_path):
    def made(layers, *, gzipped=False, **more):
        database(**more)
        (tmp_path / "service" / "desk.tar").write_bytes(saved(layers, gzipped=gzipped))
        return observe("containers", {"README.md": "x"}, **SCANNED)

    return made


def saved(layers, *, gzipped=False):
    """An image as ``docker image save`` writes it; packed, as builders of OCI images do."""
    plain = [packed(layer) for layer in layers]
    config = {
        "architecture": "amd64", "os": "linux", "config": {"User": "10001", "Healthcheck": {"Test": ["CMD", "/healthy"]}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in plain]},
    }  # fmt: skip
    names = [f"{number}/layer.tar" for number in range(len(plain))]
    manifest = [{"Config": "config.json", "RepoTags": ["desk:1"], "Layers": names}]
    files = {"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode()}
    return packed(files | {name: gzip.compress(layer) if gzipped else layer for name, layer in zip(names, plain, strict=True)})


@pytest.mark.parametrize("gzipped", [False, True])
def test_packages_of_the_system_and_of_languages_are_looked_up(scanned, gzipped):
    found = scanned([SYSTEM, PYTHON], gzipped=gzipped)
    vulnerable = [(one.rule, one.path, one.severity, one.fix) for one in found.findings if one.rule.startswith("CVE-")]
    assert [
        ("CVE-2019-10906", "desk.tar", Severity.HIGH, "rebuild with jinja2 2.10.1"),
        ("CVE-2024-0001", "desk.tar", Severity.HIGH, "rebuild with openssl 3.0.99-1"),
    ] == sorted(vulnerable)
    assert ((), True) == (found.gaps, "desk.tar: 1 packages of the system and 1 others were looked up" in found.notes)


def test_an_image_without_flaws_is_no_finding_and_no_gap(scanned):
    found = scanned([{"app/main.py": b"x = 1\n"}])
    assert ([], (), 1) == ([one.rule for one in found.findings], found.gaps, found.examined)


def test_a_system_that_trivy_does_not_know_is_a_gap(scanned):
    found = scanned([{"etc/os-release": b"ID=desk\nVERSION_ID=1\n", "var/lib/dpkg/status": STATUS}])
    assert ["desk.tar: its operating system lists packages, and Trivy does not know that system"] == list(found.gaps)


def test_a_system_whose_time_is_over_is_found(scanned):
    found = scanned([{"etc/os-release": b'ID=debian\nVERSION_ID="9"\n', "etc/debian_version": b"9.13\n", "var/lib/dpkg/status": STATUS}])
    assert "image-system-end-of-life" in {one.rule for one in found.findings}


def test_an_image_scanned_with_an_old_database_is_unknown(scanned):
    (gap,) = scanned([SYSTEM], updated="2026-01-01T00:00:00Z").gaps
    assert "older than 48 h" in gap


# --- infrastructure

OPEN = """resource "aws_security_group" "open" {
  description = "x"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: desk}\nspec: {containers: [{name: desk, image: desk, securityContext: {privileged: true}}]}\n"


def told(found):
    return {(one.rule, one.path, one.line, one.suppressed) for one in found.findings if not one.rule.startswith("CKV")}


def test_it_reads_the_copy_that_checkov_reads_to_the_end_of_each_file(observe):
    found = observe("iac", {"main.tf": OPEN, "k8s/pod.yaml": POD}, also=["trivy"], only=["AWS-0107", "KSV-0017"])
    assert ({("AWS-0107", "main.tf", 7, ""), ("KSV-0017", "k8s/pod.yaml", 4, "")}, ()) == (told(found), found.gaps)
    assert "trivy 0.74.0" in found.evidence.tool


def test_a_comment_for_it_hides_nothing_unseen(observe):
    found = observe("iac", {"main.tf": OPEN.replace("    cidr", "    #trivy:ignore:AVD-AWS-0107\n    cidr")}, also=["trivy"], only=["AWS-0107"])
    assert {("AWS-0107", "main.tf", 8, "trivy:ignore")} == told(found)


def test_a_repository_cannot_switch_it_off(observe):
    files = {"main.tf": OPEN, "trivy.yaml": "severity: [CRITICAL]\nexit-code: 0\n", ".trivyignore": "AWS-0107\nAVD-AWS-0107\n"}
    assert {("AWS-0107", "main.tf", 7, "")} == told(observe("iac", files, also=["trivy"], only=["AWS-0107"]))


def test_a_file_that_it_cannot_parse_is_a_gap(observe):
    found = observe("iac", {"main.tf": OPEN, "broken/broken.tf": 'resource "aws" {\n'}, also=["trivy"])
    assert any(gap.startswith("broken/broken.tf: ") for gap in found.gaps)
