"""Crates that lie nowhere are asked for by a manifest of ours, and only those of the public registry."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from prodready.checks.licences import fetch
from prodready.context import Completed, Ended
from prodready.readers.resolved import Package

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
        return {purl: (said.expression, said.notices) for purl, said in fetch.read(self, packages).items()}


def ended(code, printed):
    return Completed(program="cargo", ended=Ended.EXITED, code=code, stdout=printed, stderr=b"", seconds=0.1)


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
