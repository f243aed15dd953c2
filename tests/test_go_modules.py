"""A program that exists as a Go module only is built where somebody asks for it, from the module with the pinned hash, and not in the middle of a run."""

import base64
import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from prodready.tools.install import Toolbox
from prodready.tools.lock import pins
from prodready.world.child import Children
from test_tools import pin, refusal, said

MODULE = "example.org/fake"
FILES = {
    "go.mod": f"module {MODULE}\n\ngo 1.19\n",
    "main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("fake 1.2.3") }\n',
    "cmd/fake/main.go": 'package main\n\nimport "fmt"\n\nvar version = "0.0.0"\n\nfunc main() { fmt.Println("fake " + version) }\n',
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """A module proxy (go.dev/ref/mod, "GOPROXY protocol") in a folder, and caches of its own."""
    folder = tmp_path_factory.mktemp("go")
    at = folder / "proxy" / MODULE / "@v"
    at.mkdir(parents=True)
    (at / "list").write_text("v1.2.3\n")
    (at / "v1.2.3.info").write_text('{"Version": "v1.2.3"}')
    (at / "v1.2.3.mod").write_text(FILES["go.mod"])
    with zipfile.ZipFile(at / "v1.2.3.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(f"{MODULE}@v1.2.3/{name}", text)
    return {"GOPROXY": f"file://{folder / 'proxy'}", "GOMODCACHE": str(folder / "modules"), "GOCACHE": str(folder / "cache"), "HOME": str(folder)}


def summed(files):
    """The hash of a module (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    lines = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {MODULE}@v1.2.3/{name}\n" for name, text in sorted(files.items()))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def pinned(tmp_path, hashed=None, package="cmd/fake"):
    table = f'module = "{MODULE}"\nversion = "v1.2.3"\nsum = "{hashed or summed(FILES)}"\npackage = "{package}"\nldflags = "-X main.version=1.2.3"\n'
    return pin(tmp_path, f"[go]\n{table}")


def box(tmp_path, proxy, one, *, builds=True, **more):
    environ = {"PATH": os.environ["PATH"], **proxy, **more}
    return Toolbox(cache=tmp_path / "tools", offline=False, children=Children(), environ=environ, pins={"fake": one}, builds=builds)


@pytest.fixture
def go():
    if not shutil.which("go"):
        pytest.skip("Go is not here (golang-go)")


@pytest.mark.integration
def test_a_module_is_built_when_asked_for_and_used_ever_after(tmp_path, proxy, go):
    one = pinned(tmp_path)
    have = box(tmp_path, proxy, one).ensure("fake")
    assert ("fake 1.2.3", "gomodule") == (said(have), have.source)
    assert have == box(tmp_path, proxy, one, builds=False, PATH="/nowhere").ensure("fake")


@pytest.mark.integration
def test_a_module_that_is_the_program_itself_is_built(tmp_path, proxy, go):
    assert "fake 1.2.3" == said(box(tmp_path, proxy, pinned(tmp_path, package=".")).ensure("fake"))


@pytest.mark.integration
def test_a_module_with_another_hash_is_not_built(tmp_path, proxy, go):
    error = refusal(box(tmp_path, proxy, pinned(tmp_path, "h1:" + "A" * 43 + "=")))
    assert f"has the hash {summed(FILES)}" in error.reason
    assert not list((tmp_path / "tools").rglob("cmd"))


@pytest.mark.integration
def test_a_program_that_was_built_and_then_changed_is_refused(tmp_path, proxy, go):
    have = box(tmp_path, proxy, pinned(tmp_path)).ensure("fake")
    Path(have.argv[0]).write_bytes(b"#!/bin/sh\necho fake 1.2.3\n")
    assert "was refused" in refusal(box(tmp_path, proxy, pinned(tmp_path), builds=False)).reason


def test_nothing_is_built_in_the_middle_of_a_run(tmp_path, proxy):
    error = refusal(box(tmp_path, proxy, pinned(tmp_path), builds=False))
    assert "run 'prodready tools install fake' once" in error.reason


def test_without_go_the_way_to_it_is_told(tmp_path, proxy):
    assert "https://go.dev/dl" in refusal(box(tmp_path, proxy, pinned(tmp_path), PATH="/nowhere")).reason


@pytest.mark.parametrize("name", [name for name, one in pins().items() if one.go])
def test_every_module_is_pinned_by_version_and_hash(name):
    one = pins()[name]
    digest = base64.b64decode(one.go.sum.removeprefix("h1:"), validate=True)
    assert (f"v{one.version}", 32) == (one.go.version, len(digest))
