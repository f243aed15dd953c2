"""Licences as concluded here beside those of pip-licenses and licensecheck, on the packages of our own tests; each difference is printed, to be read.

python benchmarks/licence_rivals.py

The environments are made with uv below ``--cache``. What the others write is read by our table of names before it is compared: `MIT License` is MIT.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RIVALS = ("pip-licenses==5.5.5", "licensecheck==2025.1.0")
sys.path[:0] = [str(ROOT / "scripts")]

from prodready.checks.licences.conclude import spelled  # noqa: E402 found by the line above

Said = Mapping[str, str]
"""Package by its plain name -> its licence, in the tool's words."""


def prepare(cache: Path) -> tuple[Path, Path]:
    """A folder with an environment of the packages that our tests lock, and one with the rivals."""
    folder, tools = cache / "licences", cache / "licence-rivals"
    if not (folder / "requirements.txt").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder / ".venv", tools):
            subprocess.run(["uv", "venv", "-q", "--clear", str(place)], check=True)
        _install(folder / ".venv", "--require-hashes", "-r", str(ROOT / "tests/requirements.lock"))
        _install(tools, *RIVALS)
        frozen = subprocess.run(["uv", "pip", "freeze", "--python", _python(folder / ".venv")], capture_output=True, check=True).stdout
        (folder / "requirements.txt").write_bytes(frozen)
    return folder, tools


def _install(place: Path, *wanted: str) -> None:
    subprocess.run(["uv", "pip", "install", "-q", "--python", _python(place), *wanted], check=True)


def _python(place: Path) -> str:
    return str(place / "bin/python")


def ours(folder: Path) -> Said:
    """What stands in our bill of materials, read from the environment alone."""
    argv = [sys.executable, "-I", str(ROOT / "scripts/prodready"), "licences", str(folder), "--offline"]
    told = json.loads(subprocess.run(argv, capture_output=True, check=False).stdout)
    return {_name(row["name"]): row["licenseConcluded"] for row in told["packages"] if "pypi" in json.dumps(row.get("externalRefs", ""))}


def pip_licenses(folder: Path, tools: Path) -> Said:
    """Its mixed mode: metadata or classifiers."""
    argv = [str(tools / "bin/pip-licenses"), "--python", _python(folder / ".venv"), "--from=mixed", "--format=json", "--with-system"]
    return {_name(row["Name"]): row["License"] for row in json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)}


def licensecheck(folder: Path, tools: Path) -> Said:
    """Its report on the pinned packages, which it finds beside its own."""
    (site,) = (folder / ".venv").glob("lib/python*/site-packages")
    argv = [_python(tools), "-m", "licensecheck", "--format", "json", "--requirements-paths", str(folder / "requirements.txt")]
    told = json.loads(subprocess.run(argv, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(site)}).stdout)
    return {_name(row["name"]): row["license"] for row in told["packages"]}


def _name(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def differences(mine: Said, theirs: Said) -> Iterator[tuple[str, str, str, str]]:
    """Kind, package, our words, theirs; the kind is ``same`` where they mean one licence."""
    for name in sorted(mine):
        words = theirs.get(name, "")
        kinds = (
            ("left out", not words),
            ("same", _one(words) == _one(mine[name])),
            ("several without a word between", ";" in words),
            ("a family", bool(re.search(r"(?i)\b(?:bsd|lgpl|lesser)\b", words))),
        )
        yield next((kind for kind, holds in kinds if holds), "other words"), name, mine[name], words


def _one(words: str) -> str:
    words = re.sub(r" _[^_]*_$", "", words)  # licensecheck writes brackets so
    return (spelled(words) or spelled(re.sub(r"(?i)\s+licen[cs]e$", "", words)) or words).lower()


def main() -> int:
    """Prints how many are the same, and each that is not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "prodready-benchmarks")
    folder, tools = prepare(parser.parse_args().cache)
    mine = ours(folder)
    for name, theirs in (("pip-licenses", pip_licenses(folder, tools)), ("licensecheck", licensecheck(folder, tools))):
        rows = list(differences(mine, theirs))
        print(f"{name}: {len(rows)} packages, {dict(Counter(kind for kind, *_ in rows))}")
        print("\n".join(f"  {kind}: {package}: here {here!r}, there {there!r}" for kind, package, here, there in rows if kind != "same"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
