"""A bill of materials names every package of the lock files, in a form that other programs and we ourselves read."""

import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from prodready import sbom
from prodready.errors import Exit
from prodready.readers.resolved import Package, bom
from programs import prodready, repository
from test_advisories import NOW

FILES = {
    "requirements.txt": "jinja2==3.1.6\n",
    "requirements-dev.txt": "pytest==9.0.0\n",
    "package-lock.json": '{"packages": {"node_modules/@s/a": {"version": "1.0.0"}}}',
    "go.mod": "module desk\ngo 1.22\nrequire golang.org/x/text v0.3.8\n",
}
PURLS = ["pkg:golang/golang.org/x/text@v0.3.8", "pkg:npm/%40s/a@1.0.0", "pkg:pypi/jinja2@3.1.6", "pkg:pypi/pytest@9.0.0"]
PAGE = (Path(__file__).parent.parent / "docs" / "dependencies.md").read_text("utf-8")


def test_a_bill_is_written_from_lock_files_and_can_be_read_again(tmp_path):
    root = repository(tmp_path / "desk", FILES)
    first, second = (prodready("sbom", root, "--now", "2026-01-31T12:00:00Z") for _ in range(2))
    assert (Exit.READY, first.out, "") == (first.code, second.out, first.err)
    data = json.loads(first.out)
    assert ("CycloneDX", "1.6", "desk") == (data["bomFormat"], data["specVersion"], data["metadata"]["component"]["name"])
    assert PURLS == sorted(component["purl"] for component in data["components"])
    assert {"pytest"} == {component["name"] for component in data["components"] if component["scope"] == "excluded"}
    assert PURLS == sorted(package.purl for package in bom.read(first.out, "bom.json").packages)


def test_what_is_not_in_the_bill_is_said(tmp_path):
    root = repository(tmp_path / "desk", {**FILES, "Cargo.toml": "[dependencies]\nserde = '1'\n"})
    ended = prodready("sbom", root)
    assert (Exit.UNKNOWN, True) == (ended.code, ended.err.startswith("not in it: Cargo.toml: it asks for packages"))


def test_a_folder_without_packages_has_no_bill(tmp_path):
    assert Exit.USAGE == prodready("sbom", repository(tmp_path / "desk", {"README.md": "x"})).code


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}([-+][a-z0-9]{1,5})?", fullmatch=True)
SYSTEMS = st.sampled_from(["pypi", "npm", "cargo", "golang"])
PACKAGES = st.builds(Package, system=SYSTEMS, name=NAMES, version=VERSIONS, path=st.just("lock"), runtime=st.booleans())


@given(st.lists(PACKAGES, min_size=1, max_size=6))
def test_every_package_comes_back(packages):
    again = bom.read(sbom.bill(packages, name="desk", commit="", now=NOW), "bom.json").packages
    assert {package.purl for package in packages} == {package.purl for package in again}


def test_the_page_shows_commands_that_run(tmp_path):
    root, env = repository(tmp_path / "desk", FILES), {"PRODREADY_OSV_URL": "http://127.0.0.1:9"}
    commands = [line for text in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in text.splitlines()]
    ended = {command: prodready(*command.partition(" >")[0].split()[1:], cwd=root, env=env).code for command in commands}
    assert {"prodready check dependencies .": Exit.UNKNOWN, "prodready sbom . > bom.cdx.json": Exit.READY} == ended
