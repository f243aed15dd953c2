"""Pins, written as the files from which programs read them. Of the repository only names and versions reach them, and each is quoted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from prodready.readers.resolved import Package

NAME = "pins"
_VIRTUAL = f"""version = 1
revision = 3
requires-python = ">=3.8"

[[package]]
name = "{NAME}"
version = "0"
source = {{ virtual = "." }}
"""


def requirements(folder: Path, packages: Sequence[Package]) -> Path:
    """For pip and what reads its files."""
    path = folder / "pins.txt"
    path.write_text("".join(f"{one.name}=={one.version}\n" for one in packages), "utf-8")
    return path


def npm(folder: Path, packages: Sequence[Package]) -> Path:
    """A package.json with its package-lock.json, in which nothing depends on anything."""
    root = {"name": NAME, "version": "0.0.0", "private": True, "dependencies": {one.name: one.version for one in packages}}
    locked = {f"node_modules/{one.name}": {"version": one.version} for one in packages}
    path = folder / "package-lock.json"
    (folder / "package.json").write_text(json.dumps(root), "utf-8")
    path.write_text(json.dumps({"name": NAME, "version": "0.0.0", "lockfileVersion": 3, "requires": True, "packages": {"": root, **locked}}), "utf-8")
    return path


def poetry(folder: Path, packages: Sequence[Package]) -> Path:
    """A pyproject.toml with its poetry.lock."""
    wanted = "".join(f"{_quoted(one.name)} = {_quoted(one.version)}\n" for one in packages)
    head = f'[tool.poetry]\nname = "{NAME}"\nversion = "0.0.0"\ndescription = ""\nauthors = []\n\n[tool.poetry.dependencies]\n'
    (folder / "pyproject.toml").write_text(head + wanted, "utf-8")
    rest = 'description = ""\noptional = false\npython-versions = "*"\nfiles = []\n\n'
    path = folder / "poetry.lock"
    path.write_text("".join(_named(one) + rest for one in packages) + '[metadata]\nlock-version = "2.0"\npython-versions = "*"\ncontent-hash = ""\n', "utf-8")
    return path


def uv(folder: Path, packages: Sequence[Package]) -> Path:
    """A pyproject.toml with its uv.lock; the index it names is an empty folder, so that no index is asked for anything."""
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{NAME}"\nversion = "0"\nrequires-python = ">=3.8"\n', "utf-8")
    (folder / "index").mkdir()
    wanted = "".join(f"    {{ name = {_quoted(one.name)} }},\n" for one in packages)
    path = folder / "uv.lock"
    rest = 'source = { registry = "index" }\n'
    path.write_text(f"{_VIRTUAL}dependencies = [\n{wanted}]\n\n" + "\n".join(_named(one) + rest for one in packages), "utf-8")
    return path


def _named(package: Package) -> str:
    return f"[[package]]\nname = {_quoted(package.name)}\nversion = {_quoted(package.version)}\n"


def _quoted(text: str) -> str:
    """A string as TOML writes it: what JSON writes, which is a part of it but for one character."""
    return json.dumps(text).replace("\x7f", "\\u007f")
