"""What lies nowhere is asked for: crates by a manifest of ours, and only those of the public registry; and an index that is silent is told of."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest

from prodready import check, expectation
from prodready.checks.licences import fetch
from prodready.context import Completed, Ended
from prodready.decode import decode
from prodready.judge import judge
from prodready.model import Item, Status
from prodready.plan import Job
from prodready.readers.resolved import Package
from prodready.run import guarded
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import repository
from test_advisories import NOW

PUBLIC, PRIVATE = "registry+https://github.com/rust-lang/crates.io-index", "sparse+https://crates.example.com/index/"


@dataclass
class Cargo:
    """Answers as ``cargo metadata`` does, with a crate unpacked where it was told to; ``withdrawn`` makes it refuse the whole manifest."""

    folder: Path
    lock: dict
    withdrawn: str = ""
    offline: bool = False
    asked: list = field(default_factory=list)

    @property
    def repo(self):
        return self

    @property
    def run(self):
        return self

    def text(self, path):
        return "version = 3\n" + "".join(f'\n[[package]]\nname = "{name}"\nversion = "1.0.0"\nsource = "{source}"\n' for name, source in self.lock.items())

    def scratch(self):
        folder = self.folder / str(len(self.asked))
        folder.mkdir()
        return folder

    def command(self, argv, *, cwd, env, deadline):
        manifest = (cwd / "Cargo.toml").read_text()
        named = [name for name in self.lock if f'package = "{name}", version = "=1.0.0"' in manifest]
        self.asked.append(named)
        if self.withdrawn in named:
            return ended(101, b"")
        rows = [{"name": "asked", "version": "0.0.0", "license": None, "manifest_path": str(cwd / "Cargo.toml")}]
        for name in named:
            crate = Path(env["CARGO_HOME"]) / name
            crate.mkdir(parents=True)
            (crate / "NOTICE").write_text(f"about {name}")
            rows.append({"name": name, "version": "1.0.0", "license": "MIT OR Apache-2.0", "manifest_path": str(crate / "Cargo.toml")})
        return ended(0, json.dumps({"packages": rows}).encode())

    def read(self):
        packages = [Package(system="cargo", name=name, version="1.0.0", path="Cargo.lock") for name in self.lock]
        return {purl: (said.expression, said.notices) for purl, said in fetch.read(self, packages).said.items()}


def ended(code, printed, complained=b"", how=Ended.EXITED):
    return Completed(program="cargo", ended=how, code=code, stdout=printed, stderr=complained, seconds=0.1)


def test_a_crate_says_its_licence_and_its_notice(tmp_path):
    cargo = Cargo(tmp_path, {"itoa": PUBLIC})
    assert cargo.read() == {"pkg:cargo/itoa@1.0.0": ("MIT OR Apache-2.0", ("about itoa",))}


def test_a_crate_of_another_registry_is_not_asked_for_by_its_name(tmp_path):
    cargo = Cargo(tmp_path, {"itoa": PUBLIC, "desk-core": PRIVATE})
    assert (list(cargo.read()), cargo.asked) == (["pkg:cargo/itoa@1.0.0"], [["itoa"]])


def test_a_withdrawn_crate_hides_no_other(tmp_path):
    cargo = Cargo(tmp_path, {"itoa": PUBLIC, "gone": PUBLIC}, withdrawn="gone")
    assert (list(cargo.read()), cargo.asked) == (["pkg:cargo/itoa@1.0.0"], [["itoa", "gone"], ["itoa"], ["gone"]])


def test_nothing_is_asked_offline(tmp_path):
    cargo = Cargo(tmp_path, {"itoa": PUBLIC}, offline=True)
    assert (cargo.read(), cargo.asked) == ({}, [])


# --- an index that tells nothing is told of as that, and not as a package that has nothing to say

REFUSED = (
    b"error: Request failed after 3 retries in 6.3s\n  cause: Failed to fetch: https://mara:%s@index.example.com/simple/good/\n  cause: Connection refused"
)
NO_WHEEL = b"error: No solution found when resolving dependencies\n  cause: Because good==1.0 has no usable wheels"
DENIED = b"hint: An index URL (https://index.example.com/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)"
BROKEN = b"Failed to fetch: https://index.example.com/simple/\n cause: HTTP status server error (503)"
FORGED = b"Failed to fetch: https://index.example.com/simple/\n cause: invalid peer certificate"
GO_DOWN = b'{"Path": "good", "Version": "1.0", "Error": "Get \\"https://proxy.example.com/good\\": dial tcp: lookup proxy.example.com: no such host"}'
GO_NONE = b'{"Path": "good", "Version": "1.0", "Error": "reading https://proxy.example.com/good/@v/1.0.info: 404 Not Found"}'
CARGO_DOWN = b"error: failed to get `good`\nCaused by:\n  failed to download from `https://index.example.com/config.json`\n  [28] Operation timed out"
HOST = "the package index index.example.com"


@pytest.mark.parametrize(
    ("system", "told", "why"),
    [
        ("pypi", ended(2, b"", REFUSED % b"horse-battery"), f"{HOST} did not answer: there was no connection"),
        ("pypi", ended(1, b"", DENIED), f"{HOST} refused to answer us: its credentials are missing or wrong"),
        ("pypi", ended(2, b"", BROKEN), f"{HOST} answered with an error of its own"),
        ("pypi", ended(2, b"", FORGED), f"{HOST} was not believed"),
        ("pypi", ended(-1, b"", how=Ended.TIMED_OUT), "did not answer in time"),
        ("pypi", ended(1, b"", NO_WHEEL), ""),
        ("golang", ended(1, GO_DOWN), "the package index proxy.example.com could not be found: its name does not resolve"),
        ("golang", ended(1, GO_NONE), ""),
        ("golang", ended(-1, b"", how=Ended.NOT_STARTED), "go, which would fetch them, is not on this machine"),
        ("cargo", ended(101, b"", CARGO_DOWN), f"{HOST} did not answer in time"),
        ("cargo", ended(101, b"", b"error: no matching package named `good` found"), ""),
    ],
)  # fmt: skip
def test_why_an_index_told_nothing(system, told, why, tmp_path):
    said, unheard = fetched(tmp_path, told, Package(system=system, name="good", version="1.0", path="lock"))
    assert ({}, bool(why), True) == (said, bool(unheard), all(reason.startswith(why) or why in reason for reason in unheard.values()))


def test_the_credentials_of_an_index_are_not_shown(tmp_path):
    _, unheard = fetched(tmp_path, ended(2, b"", REFUSED % b"horse-battery"), Package(system="pypi", name="good", version="1.0", path="lock"))
    assert ["the package index index.example.com did not answer: there was no connection"] == list(unheard.values())


def test_an_index_that_never_answers_is_not_asked_about_every_package(tmp_path):
    packages = [Package(system="pypi", name=f"p{number}", version="1.0", path="lock") for number in range(50)]
    client = Client(tmp_path, ended(2, b"", REFUSED % b"x"))
    unheard = fetch.read(client, packages).unheard
    assert (50, 4) == (len(unheard), client.asked)


def fetched(folder, told, *packages):
    found = fetch.read(Client(folder, told), packages)
    return found.said, found.unheard


@dataclass
class Client:
    """Ends in the same way however often it is asked."""

    folder: Path
    told: Completed
    offline: bool = False
    asked: int = 0

    @property
    def repo(self):
        return self

    @property
    def run(self):
        return self

    def text(self, path):
        return f'name = "good"\nversion = "1.0"\nsource = "{PUBLIC}"\n'

    def scratch(self):
        return Path(mkdtemp(dir=self.folder))

    def command(self, argv, **how):
        self.asked += 1
        return self.told


# --- the same with the real client

DEAD = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}


@pytest.fixture
def judged(tmp_path):
    def made(files, environ):
        one, item = check.load("licences"), Item(id="licences", title="Licences", check="licences")
        root = repository(tmp_path / "service", files)
        processes = Processes(cache=tmp_path / "cache", environ={**os.environ, **environ})
        world = World(name="desk", repo=open_repo(root), processes=processes, http=RealHttp(), now=NOW)
        seen = guarded(world.observe, Job(check_id="licences", check=one, params=decode({}, one.params), items=(item,)))
        return judge(item, seen, usual=expectation.parse(one.expect), now=NOW)

    return made


def test_an_index_that_does_not_answer_is_named_as_the_cause(judged):
    outcome = judged({"requirements.txt": "good==1.0\nplain==2.0\n"}, DEAD)
    assert (Status.UNKNOWN, True) == (outcome.status, outcome.summary.startswith("nothing was examined (none of 2 packages could be read)")), outcome.summary
    assert "the package index 127.0.0.1:9 did not answer: there was no connection" in outcome.summary
    assert "the licence of 2 packages is not known (good 1.0, plain 2.0)" in outcome.summary
    assert ["run it again", "write an override"] == [words for words in ("run it again", "write an override") if words in outcome.summary.lower()]


def test_what_is_refused_is_found_whether_or_not_the_index_answers(judged):
    lock = '{"lockfileVersion": 3, "packages": {"node_modules/tool": {"version": "3.0.0", "license": "AGPL-3.0-only"}}}'
    assert Status.FAILED is judged({"requirements.txt": "good==1.0\n", "package-lock.json": lock}, DEAD).status


def test_what_the_lock_says_needs_no_index(judged):
    lock = '{"lockfileVersion": 3, "packages": {"node_modules/tool": {"version": "3.0.0", "license": "MIT"}}}'
    assert Status.PASSED is judged({"package-lock.json": lock}, DEAD).status
