"""The permissions check over the policies that AWS itself manages: real documents, beside the fastest of the other tools.

Prints seconds and memory of the whole process over all of them, how the cost grows with their number, and the other tools on the first of them. The
policies come from the package moto, which keeps a copy of AWS's own.

    python benchmarks/iam_managed.py --documents 1000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import iam

MOTO = "moto==5.2.5"
DUMP = """
import json
from moto.iam.aws_managed_policies import aws_managed_policies_data as data
print(json.dumps({name: policy["Document"] for name, policy in json.loads(data).items()}))
"""
OURS = [sys.executable, "-m", "prodready", "check", "iam_wildcards"]


def main() -> int:
    """Prints the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000, help="how many of them the other tools are given")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "prodready-benchmarks")
    options = parser.parse_args()
    documents = managed(options.cache)
    with tempfile.TemporaryDirectory() as scratch:
        growth(documents, Path(scratch))
        tools = {"prodready": iam.ours, **{name: iam.rival(name, iam.prepare(name, options.cache), options.cache) for name in iam.RIVALS}}
        iam.speed(tools, documents[: options.documents], Path(scratch))
    return 0


def managed(cache: Path) -> list[dict]:
    """AWS's managed policies, by their names."""
    place = cache / "moto"
    if not (place / "bin").is_dir():
        subprocess.run(["uv", "venv", "-q", str(place)], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "--python", str(place / "bin/python"), MOTO, "boto3"], check=True)
    policies = json.loads(iam.spoken([str(place / "bin/python"), "-c", DUMP]))
    return [policies[name] for name in sorted(policies)]


def growth(documents: list[dict], scratch: Path) -> None:
    """Seconds and megabytes of the whole process over a quarter, a half, all, and twice all of them."""
    print(f"{'documents':>10}{'seconds':>10}{'of CPU':>10}{'MB':>8}{'CPU ms a document':>20}")
    for parts in (1, 2, 4, 8):
        chosen = [documents[index % len(documents)] for index in range(len(documents) * parts // 4)]
        folder = scratch / f"growth-{parts}"
        iam.write(folder, chosen)
        seconds, busy, megabytes = min(spent(folder) for _ in range(3))
        print(f"{len(chosen):>10}{seconds:>10.2f}{busy:>10.2f}{megabytes:>8.0f}{1000 * busy / len(chosen):>20.2f}", flush=True)
        shutil.rmtree(folder)


def spent(folder: Path) -> tuple[float, float, float]:
    """Seconds of a run, of the processor too, and its largest memory in megabytes."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [*OURS, str(folder), "--json"], stdout=subprocess.DEVNULL, env={"PYTHONPATH": str(iam.ROOT / "scripts"), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    )
    usage = os.wait4(child.pid, 0)[2]
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
