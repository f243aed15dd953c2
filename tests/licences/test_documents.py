"""The bill of materials and the NOTICE: what a build left in the folder, written as lawyers and their programs read it. Nothing is fetched."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = """version = 1
[[package]]
name = "service"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "alpha" }, { name = "beta" }, { name = "gamma" }, { name = "delta" }]
[[package]]
name = "alpha"
version = "1.0"
source = { registry = "https://example.invalid/simple" }
[[package]]
name = "beta"
version = "2.0"
source = { registry = "https://example.invalid/simple" }
[[package]]
name = "delta"
version = "4.0"
source = { registry = "https://example.invalid/simple" }
[[package]]
name = "gamma"
version = "3.0"
source = { registry = "https://example.invalid/simple" }
"""
SAYS = {
    "alpha-1.0": "License-Expression: MIT OR GPL-2.0-only",
    "beta-2.0": "License-Expression: LicenseRef-beta-terms",
    "delta-4.0": "License: whatever you like",
}
TERMS = "Terms of alpha.\nNo warranty.\n"
NOTICED = "Beta contains parts of Zeta.\n"


@pytest.fixture
def service(tmp_path):
    """A locked service with three of its four packages installed."""
    (tmp_path / "uv.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "service"\nversion = "1.0"\n')
    for folder, words in SAYS.items():
        place = tmp_path / ".venv/lib/python3.11/site-packages" / f"{folder}.dist-info"
        place.mkdir(parents=True)
        name, _, version = folder.partition("-")
        (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{words}\n")
    (tmp_path / ".venv/lib/python3.11/site-packages/alpha-1.0.dist-info/LICENSE").write_text(TERMS)
    (tmp_path / ".venv/lib/python3.11/site-packages/beta-2.0.dist-info/LICENSE").write_text(TERMS)
    (tmp_path / ".venv/lib/python3.11/site-packages/beta-2.0.dist-info/NOTICE.txt").write_text(NOTICED)
    return tmp_path


def written(service, *words):
    argv = [sys.executable, "-m", "prodready", "licences", str(service), "--offline", "--now", "2026-11-01", *words]
    return subprocess.run(argv, capture_output=True, text=True, cwd=ROOT / "scripts", check=False, timeout=120)


def test_the_bill_says_what_each_package_declares_and_what_was_concluded(service):
    ended = written(service)
    packages = {each["name"]: each for each in json.loads(ended.stdout)["packages"]}
    told = {name: (each.get("versionInfo"), each["licenseDeclared"], each["licenseConcluded"]) for name, each in packages.items()}
    assert told == {
        service.name: (None, "NOASSERTION", "NOASSERTION"),
        "alpha": ("1.0", "MIT OR GPL-2.0-only", "MIT OR GPL-2.0-only"),
        "beta": ("2.0", "LicenseRef-beta-terms", "LicenseRef-beta-terms"),
        "gamma": ("3.0", "NOASSERTION", "NOASSERTION"),
        "delta": ("4.0", "NOASSERTION", "NOASSERTION"),
    }
    assert packages["alpha"]["licenseComments"] == "by License-Expression; MIT was taken"
    assert packages["alpha"]["externalRefs"][0]["referenceLocator"] == "pkg:pypi/alpha@1.0"


def test_the_bill_has_every_field_that_spdx_asks_for(service):
    document = json.loads(written(service).stdout)
    assert (document["spdxVersion"], document["dataLicense"], document["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert document["creationInfo"]["created"] == "2026-11-01T00:00:00Z"
    ids = [each["SPDXID"] for each in document["packages"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)
    related = [(each["spdxElementId"], each["relationshipType"]) for each in document["relationships"]]
    assert related == [("SPDXRef-DOCUMENT", "DESCRIBES"), *[("SPDXRef-root", "DEPENDS_ON")] * 4]
    assert [each["licenseId"] for each in document["hasExtractedLicensingInfos"]] == ["LicenseRef-beta-terms"]


def test_the_same_packages_give_the_same_bill(service):
    assert written(service).stdout == written(service).stdout


def test_a_package_that_could_not_be_read_is_named_and_ends_with_3(service):
    ended = written(service)
    assert ended.returncode == 3
    (told,) = [line for line in ended.stderr.splitlines() if line.startswith("not known: ")]
    assert told.startswith("not known: uv.lock:19: gamma 3.0: nothing of it could be read; install it into the folder")


def test_the_notice_hands_on_notices_and_says_each_text_once(service):
    text = written(service, "--format", "notice").stdout
    assert text.splitlines()[2:7] == [
        "alpha 1.0: MIT OR GPL-2.0-only (MIT was taken)",
        "beta 2.0: LicenseRef-beta-terms",
        "    Beta contains parts of Zeta.",
        "delta 4.0: NOASSERTION",
        "gamma 3.0: not known, nothing of it could be read",
    ]
    assert text.count("Terms of alpha.") == 1
    assert "alpha 1.0, beta 2.0\n" in text


def test_nothing_to_write_is_an_error_and_no_empty_bill(tmp_path):
    ended = written(tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "no lock file and no bill of materials names a package" in ended.stderr


PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_run_in_a_service_that_is_built(service, command):
    words = command.replace("python3 scripts/launch.py", f"{sys.executable} -m prodready").replace(" . ", f" {service} ").split()
    words = words[: words.index(">")] if ">" in words else words
    shutil.rmtree(service / ".venv/lib/python3.11/site-packages/delta-4.0.dist-info")
    (service / "uv.lock").write_text(LOCK.partition('[[package]]\nname = "delta"')[0].replace(', { name = "gamma" }, { name = "delta" }', ""))
    (service / "licences.yml").write_text("allow: [LicenseRef-beta-terms]\n")
    ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT / "scripts", check=False, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_maven_package_has_the_licence_of_the_parent_that_lies_beside_it(tmp_path):
    (tmp_path / "gradle.lockfile").write_text("com.example:child:1.0=runtimeClasspath\nempty=\n")
    poms = tmp_path / ".m2/repository/com/example"
    parent = "<parent><groupId>com.example</groupId><artifactId>parent</artifactId><version>3</version></parent>"
    for name, version, inside in (("child", "1.0", parent), ("parent", "3", "<licenses><license><name>Apache-2.0</name></license></licenses>")):
        (poms / name / version).mkdir(parents=True)
        (poms / name / version / f"{name}-{version}.pom").write_text(f"<project>{inside}</project>")
    ended = written(tmp_path)
    told = {each["name"]: each["licenseConcluded"] for each in json.loads(ended.stdout)["packages"][1:]}
    assert (told, ended.returncode) == ({"com.example:child": "Apache-2.0"}, 0)
