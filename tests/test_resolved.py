# ruff: noqa: E501 lock files are quoted as they are written
"""Lock files of every package system: what is shipped, what is not, and what cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.worlds import Files
from prodready.readers import resolved
from prodready.readers.resolved import SYSTEMS, bom, python, requirements

CASES = {
    "uv: what only development reaches is not shipped": (
        {"uv.lock": 'version = 1\n[[package]]\nname = "desk"\nversion = "1"\nsource = { editable = "." }\ndependencies = [{ name = "a" }]\n[package.dev-dependencies]\ndev = [{ name = "t" }]\n'
                    '[[package]]\nname = "a"\nversion = "1.0"\ndependencies = [{ name = "b" }]\n[[package]]\nname = "b"\nversion = "2.0"\n[[package]]\nname = "t"\nversion = "3.0"\n'},
        {"pkg:pypi/a@1.0": True, "pkg:pypi/b@2.0": True, "pkg:pypi/t@3.0": False},
    ),
    "poetry: groups": ({"poetry.lock": '[[package]]\nname = "A_b"\nversion = "1"\ngroups = ["main"]\n[[package]]\nname = "t"\nversion = "3"\ngroups = ["dev"]\n[metadata]\nx = 1\n'}, {"pkg:pypi/a-b@1": True, "pkg:pypi/t@3": False}),
    "the standard lock: what lies in the folder is the team's own": (
        {"pylock.toml": "lock-version = '1.0'\n[[packages]]\nname = 'desk'\n[packages.directory]\npath = '.'\n[[packages]]\nname = 'a'\nversion = '1.0'\n", "web/pylock.web.toml": "lock-version = '1.0'\npackages = []\n"},
        {"pkg:pypi/a@1.0": True},
    ),
    "pipenv: develop": ({"Pipfile.lock": '{"_meta": {}, "default": {"a": {"version": "==1.0"}}, "develop": {"t": {"version": "==2.0"}}}'}, {"pkg:pypi/a@1.0": True, "pkg:pypi/t@2.0": False}),
    "requirements with hashes": ({"requirements.txt": "a==1.0 \\\n    --hash=sha256:00\nb[x]==2.0 ; python_version > '3'\n", "requirements-dev.txt": "t==3\nu\n"},
                                 {"pkg:pypi/a@1.0": True, "pkg:pypi/b@2.0": True, "pkg:pypi/t@3": False}),
    "npm: workspaces and links are the team's own": (
        {"package-lock.json": '{"packages": {"": {}, "web": {"name": "web"}, "node_modules/web": {"link": true}, "node_modules/@s/a": {"version": "1.0.0"}, "node_modules/a/node_modules/b": {"version": "2.0.0", "dev": true}}}'},
        {"pkg:npm/%40s/a@1.0.0": True, "pkg:npm/b@2.0.0": False},
    ),
    "yarn 1 and berry": ({"yarn.lock": '# yarn lockfile v1\n"@s/a@^1.0.0", "@s/a@~1":\n  version "1.0.2"\n', "web/yarn.lock": '__metadata:\n  version: 8\n\n"b@npm:^2":\n  version: 2.1.0\n\n"web@workspace:.":\n  version: 0.0.0\n'},
                         {"pkg:npm/%40s/a@1.0.2": True, "pkg:npm/b@2.1.0": True}),
    "pnpm": ({"pnpm-lock.yaml": "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0': {}\n  b@2.0.0(c@1.0.0): {}\n"}, {"pkg:npm/%40s/a@1.0.0": True, "pkg:npm/b@2.0.0": True}),
    "go: what is replaced by a folder is the team's own": (
        {"go.mod": "module desk\ngo 1.22\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgithub.com/c/d v0.1.0 // indirect\n)\nreplace github.com/c/d => ./d\n"}, {"pkg:golang/github.com/a/b@v1.2.3": True}
    ),
    "cargo: members have no source": ({"Cargo.lock": 'version = 4\n[[package]]\nname = "desk"\nversion = "0.1.0"\n[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+x"\n'}, {"pkg:cargo/serde@1.0.0": True}),
    "gradle: test class paths are not shipped": ({"gradle.lockfile": "g:a:1.0=compileClasspath,runtimeClasspath\ng:t:2.0=testRuntimeClasspath\nempty=annotationProcessor\n"}, {"pkg:maven/g/a@1.0": True, "pkg:maven/g/t@2.0": False}),
    "a bill of materials answers for a POM": (
        {"pom.xml": "<project><dependencies><dependency/></dependencies></project>", "target/bom.json": '{"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "a", "purl": "pkg:maven/g/a@1.0?type=jar", "licenses": [{"license": {"id": "MIT"}}]}]}'},
        {"pkg:maven/g/a@1.0": True},
    ),
}  # fmt: skip


class Outputs(Files):
    """Files that a build left behind are files here."""

    outputs = Files.files


@pytest.mark.parametrize("name", CASES)
def test_a_lock_file_tells_what_is_shipped(name):
    files, expected = CASES[name]
    found = resolved.read(Outputs(files))
    assert () == found.gaps
    assert expected == {package.purl: package.runtime for package in found.packages}


GAPS = {
    "a manifest without a lock": {"pyproject.toml": '[project]\ndependencies = ["a"]\n'},
    "a POM without a bill of materials": {"pom.xml": "<project><dependencies><dependency/></dependencies></project>"},
    "a requirement without a version": {"requirements.txt": "a>=1\n"},
    "an old npm lock": {"package-lock.json": '{"lockfileVersion": 1, "dependencies": {}}'},
    "a lock that is cut off": {"uv.lock": "version = 1\n[[package]\n"},
    "a lock of Poetry that is cut off between two packages": {"poetry.lock": '[[package]]\nname = "a"\nversion = "1"\n'},
    "a file that only has the name": {"poetry.lock": "a = 1\n"},
    "an old go.mod": {"go.mod": "module desk\ngo 1.16\nrequire github.com/a/b v1.2.3\n"},
    "an empty bill": {"bom.json": "{}"},
    "a standard lock that is cut off after its first line": {"pylock.toml": "lock-version = '1.0'\n"},
    "a standard lock of a version to come": {"pylock.toml": "lock-version = '2.0'\n[[packages]]\nname = 'a'\nversion = '1'\n"},
    "a standard lock of a commit": {"pylock.toml": "lock-version = '1.0'\n[[packages]]\nname = 'a'\n[packages.vcs]\ntype = 'git'\ncommit-id = '00'\n"},
}


@pytest.mark.parametrize("name", GAPS)
def test_what_cannot_be_told_is_a_gap(name):
    assert resolved.read(Outputs(GAPS[name])).gaps


def test_a_manifest_that_asks_for_nothing_needs_no_lock():
    files = {
        "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n[project]\ndependencies = []\n',
        "package.json": '{"name": "x", "devDependencies": {"a": "1"}}',
    }
    found = resolved.read(Outputs(files))
    assert ((), ["package.json"]) == (found.gaps, [gap.partition(":")[0] for gap in found.aside])


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml", "requirements.txt", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "go.mod", "Cargo.lock", "gradle.lockfile", "bom.json"])  # fmt: skip
@given(text=st.text(max_size=200) | st.sampled_from(['{"packages": {"node_modules/x": {"version": 1}}}', "[[package]]\nname = 1\n", "packages: {a: 1}\nlockfileVersion: 9\n", '{"bomFormat": "CycloneDX", "components": [1]}', '{"_meta": 1, "default": {"a": 1}}', "[]", "null"]))  # fmt: skip
def test_no_text_breaks_a_reader(name, text):
    readers = [known.reader for known in SYSTEMS.values()] + [bom.read]
    for reader in readers:
        assert isinstance(reader(text, name), resolved.Resolved)


# --- Python, line by line


def pins(read):
    return [f"{package.name}=={package.version}" for package in read.packages]


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
    assert ([pinned], ()) == (pins(requirements.read(line, "r.txt")), requirements.read(line, "r.txt").gaps)


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
    assert ([], 1) == (pins(read), len(read.gaps))
    assert read.gaps[0].startswith("r.txt:2: ")


@pytest.mark.parametrize("line", ["", "# flask", "--index-url https://example.org", "-i https://example.org", "--require-hashes", "-c other.txt", "--pre"])
def test_what_asks_for_no_package_is_no_gap(line):
    assert resolved.Resolved() == requirements.read(line, "r.txt")


@pytest.mark.parametrize("line", ["-e .", ".", "./lib", "../lib[extra]", "--editable ./lib", "-e file:./lib"])
def test_local_code_is_noted(line):
    read = requirements.read(line, "r.txt")
    assert ((), (), 1) == (read.packages, read.gaps, len(read.notes))


def test_a_password_in_an_address_is_not_shown():
    assert "horse" not in requirements.read("flask @ https://ada:horse@example.org/flask.whl", "r.txt").gaps[0]


@given(st.text(max_size=80))
def test_any_requirements_file_is_read_or_a_gap(text):
    read = requirements.read(text, "r.txt")
    assert all(package.name and package.version for package in read.packages)


LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pylock.dev.toml")


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("text", ["", "[", "{}", "[]", "package = 1", "packages = 'x'", "[[package]]\n", '{"_meta": {}, "default": {"flask": {}}}'])
def test_a_lock_file_that_is_none_is_a_gap(name, text):
    read = python.read(text, name)
    assert (True, []) == (bool(read.gaps), pins(read))


def test_local_packages_of_a_lock_file_are_nobody_elses():
    text = "".join(f"[[package]]\nname = 'p{index}'\nversion = '1'\nsource = {{ {kind} = '.' }}\n" for index, kind in enumerate(sorted(python.LOCAL)))
    assert resolved.Resolved() == python.read(text, "uv.lock")


WHOLE = {
    "uv.lock": 'version = 1\n\n[[package]]\nname = "desk"\nversion = "1"\nsource = { editable = "." }\ndependencies = [{ name = "a" }]\n\n[package.dev-dependencies]\ndev = [{ name = "t" }]\n\n'
               '[[package]]\nname = "a"\nversion = "1.0"\ndependencies = [{ name = "b" }]\n\n[[package]]\nname = "b"\nversion = "2.0"\n\n[[package]]\nname = "t"\nversion = "3.0"\n',
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1"\ngroups = ["main"]\n\n[[package]]\nname = "b"\nversion = "3"\ngroups = ["main"]\n\n[metadata]\ncontent-hash = "00"\n',
    "Cargo.lock": 'version = 4\n\n[[package]]\nname = "desk"\nversion = "0.1.0"\ndependencies = [\n "serde",\n "time 0.3.1",\n]\n\n[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+x"\n\n'
                  '[[package]]\nname = "time"\nversion = "0.3.1"\nsource = "registry+x"\n',
    "Pipfile.lock": '{\n"_meta": {},\n"default": {\n"a": {"version": "==1.0"},\n"b": {"version": "==2.0"}\n}\n}\n',
    "package-lock.json": '{\n"lockfileVersion": 3,\n"packages": {\n"": {},\n"node_modules/a": {"version": "1.0.0"},\n"node_modules/b": {"version": "2.0.0"}\n}\n}\n',
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_lock_file_that_is_cut_off_between_two_packages_never_reads_like_one_that_locks_fewer(name):
    reader = next(system.reader for system in SYSTEMS.values() if name in system.locks)
    lines = WHOLE[name].splitlines(keepends=True)
    complete = reader(WHOLE[name], name)
    assert () == complete.gaps
    ends = [end for end in range(1, len(lines)) if WHOLE[name].startswith("{") or lines[end - 1] == "\n"]
    cuts = [reader("".join(lines[:end]), name) for end in ends]
    assert len(cuts) > 1
    assert [] == [cut for cut in cuts if 0 < len(cut.packages) < len(complete.packages) and not (cut.gaps or cut.aside)]
