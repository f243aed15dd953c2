"""What is in an image, by syft, held against the bill of materials beside it: by a program that speaks as syft does, and by syft itself where it was built."""

import json
import os
from pathlib import Path

import pytest

import faulty
from prodready.errors import Exit
from prodready.settings import Settings
from prodready.world.process import Processes
from programs import prodready
from test_trivy import PYTHON, STATUS, SYSTEM, observing, saved

__all__ = ["observing"]
OPENSSL, JINJA = "pkg:deb/debian/openssl@3.0.15-1?arch=amd64&distro=debian-12", "pkg:pypi/jinja2@2.9"
ASKED = {"images": ["desk.tar"], "also": ["syft"]}


def bill(*purls):
    """A bill of materials as any tool writes it."""
    return json.dumps({"bomFormat": "CycloneDX", "components": [{"type": "library", "name": purl, "purl": purl} for purl in purls]})


@pytest.fixture
def looked(observing, tmp_path):
    """What the check finds in an image, with these processes, beside these files."""

    def made(processes, layers, files):
        (tmp_path / "service").mkdir()
        (tmp_path / "service" / "desk.tar").write_bytes(saved(layers))
        return observing(processes, "containers", {"README.md": "x", **files}, **ASKED)

    return made


@pytest.fixture
def speaking(tmp_path):
    """A program that lists openssl of the image's system, in syft's place; beside it one in that of gitleaks."""

    def made(fault="has no fault"):
        programs = {name: tmp_path / name for name in ("syft", "gitleaks")}
        faulty.script(programs["syft"], tool="syft", fault=fault)
        faulty.script(programs["gitleaks"], tool="gitleaks", fault="has no fault", rules={"*": "github-pat"})
        return Processes(cache=tmp_path / "cache", replace=programs)

    return made


def about_bills(found):
    return sorted((one.rule, one.path, one.severity.name) for one in found.findings if "bill" in one.rule)


def test_an_image_whose_bill_names_all_of_it_has_nothing_to_be_found(looked, speaking):
    found = looked(speaking(), [SYSTEM], {"desk.cdx.json": bill(OPENSSL)})
    assert ([], ()) == (about_bills(found), found.gaps)
    assert "desk.tar: syft lists 1 package" in found.notes


def test_what_is_in_the_image_and_in_no_bill_is_found_and_what_only_the_bill_names_is_told(looked, speaking):
    found = looked(speaking(), [SYSTEM], {"desk.cdx.json": bill(JINJA)})
    assert [("bill-lacks-packages", "desk.tar", "MEDIUM"), ("bill-names-more", "desk.cdx.json", "LOW")] == about_bills(found)
    lacks = next(one for one in found.findings if one.rule == "bill-lacks-packages")
    assert "1 package (debian/openssl 3.0.15-1) is in the image, and in no bill of materials" == lacks.message
    assert "prodready sbom --image" in lacks.fix


def test_an_image_without_a_bill_is_found(looked, speaking):
    assert [("image-without-bill", "desk.tar", "MEDIUM")] == about_bills(looked(speaking(), [SYSTEM], {}))


def test_a_bill_that_cannot_be_read_leaves_the_item_unknown(looked, speaking):
    found = looked(speaking(), [SYSTEM], {"desk.cdx.json": '{"bomFormat": "Cyc'})
    assert [True] == ["desk.cdx.json" in gap for gap in found.gaps]


@pytest.mark.parametrize("fault", ["crashes", "is cut off", "loses the planted fault", "drops an input"])
def test_a_syft_that_cannot_be_believed_says_nothing_about_bills(fault, looked, speaking):
    found = looked(speaking(fault), [SYSTEM], {"desk.cdx.json": bill(JINJA)})
    assert [True] == ["desk.tar" in gap or "syft" in gap for gap in found.gaps]


# --- by syft itself


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    processes = Processes(cache=Settings.from_environ(os.environ).cache)
    have, why = processes.toolbox.look("syft")
    if have is None:
        pytest.skip(f"syft is {why}; 'prodready tools install syft' builds it")
    return processes


def test_syft_lists_packages_of_the_system_and_of_languages(looked, real):
    found = looked(real, [SYSTEM, PYTHON], {"desk.cdx.json": bill(OPENSSL, JINJA)})
    assert ([], (), True) == (about_bills(found), found.gaps, "syft 1.57.1" in found.evidence.tool)
    assert "desk.tar: syft lists 2 packages" in found.notes


def test_syft_finds_what_the_bill_leaves_out(looked, real):
    found = looked(real, [SYSTEM, PYTHON], {"desk.cdx.json": bill(OPENSSL)})
    assert ["1 package (jinja2 2.9) is in the image, and in no bill of materials"] == [one.message for one in found.findings if "bill" in one.rule]


def test_a_system_that_syft_reads_nothing_of_is_a_gap(looked, real):
    found = looked(real, [{"etc/os-release": b"ID=desk\n", "var/lib/rpm/Packages": b"no database"}, PYTHON], {"desk.cdx.json": bill(JINJA)})
    assert ["desk.tar: its operating system lists packages, and syft read none of them"] == list(found.gaps)


def test_the_bill_of_an_image_is_written_by_syft_and_names_all_of_it_and_nothing_planted(real, tmp_path: Path):
    (tmp_path / "desk.tar").write_bytes(saved([SYSTEM, PYTHON]))
    first, second = (prodready("sbom", "--image", tmp_path / "desk.tar", "--now", "2026-01-31T12:00:00Z", cwd=tmp_path) for _ in range(2))
    assert (Exit.READY, first.out, "") == (first.code, second.out, first.err)
    told = json.loads(first.out)
    assert ("CycloneDX", "1.6", "desk.tar") == (told["bomFormat"], told["specVersion"], told["metadata"]["component"]["name"])
    assert ["jinja2", "openssl"] == sorted(one["name"] for one in told["components"] if one["type"] == "library")
    assert "canary" not in first.out


def test_an_image_that_is_none_has_no_bill(tmp_path: Path):
    (tmp_path / "desk.tar").write_bytes(STATUS)
    ended = prodready("sbom", "--image", tmp_path / "desk.tar", cwd=tmp_path)
    assert (Exit.USAGE, "", True) == (ended.code, ended.out, "is no whole image archive" in ended.err)
