"""All scanners together beside the slowest of them alone, on a repository of 3,000 files.

    python benchmarks/scanners.py [--files 3000] [--rounds 3]

Each scanner is gated alone, then all in one run, as whole processes with everything installed; of several rounds the least counts, since other work on the
machine only adds. The programs are also called as their own users call them, without prodready: that is what somebody waits for who has only the slowest of
them, and prodready calls some in a way that is faster. The goal is a ratio of at most 1.10 to the slowest where there are cores enough; on fewer cores the
work itself adds up, so the processor time is told beside it: no order of starting can be faster than all of that time spread over the cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from prodready.settings import Settings  # noqa: E402 - found where the line above says
from prodready.tools.install import Toolbox  # noqa: E402
from prodready.world.process import Processes  # noqa: E402

ITEMS = {
    "secrets": {"check": "secrets", "params": {"history": "none"}},
    "code": {"check": "code_security"},
    "dependencies": {"check": "dependencies", "params": {"advisories": "advisories"}},
    "containers": {"check": "containers"},
    "infrastructure": {"check": "iac"},
    "workflows": {"check": "workflow_security"},
}
ALL = "together"
RUNS = {ALL: (), **{name: (name,) for name in ITEMS}}
"""What is run in each round, and the items that it is narrowed to."""
PLAIN = {
    "bandit": ("-m", "bandit", "--quiet", "--recursive", ".", "--format", "json"),
    "checkov": ("-m", "checkov.main", "--directory", ".", "--framework", "terraform", "--skip-download", "--quiet", "--output", "json"),
    "detect-secrets": ("-m", "detect_secrets", "scan"),
    "gitleaks": ("dir", "."),
    "zizmor": ("--offline", "."),
}
"""How the users of a program call it, in the same installations as prodready does. semgrep is not among them: its users start a Python program around the
scanner, which is not installed here."""
ADVISORY = {
    "id": "CVE-2019-10906", "modified": "2026-01-30T00:00:00Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "jinja2"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}]}],
}  # fmt: skip
PYTHON = '"""Module {n}."""\n\nimport logging\n\nLOG = logging.getLogger(__name__)\n\n\ndef work(a, b):\n    LOG.info("adding")\n    return a + b + {n}\n'
TERRAFORM = 'resource "aws_sqs_queue" "q{n}" {{\n  name              = "q{n}"\n  kms_master_key_id = "alias/desk"\n}}\n'
WORKFLOW = "name: w{n}\non: push\npermissions: {{}}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    timeout-minutes: 9\n    steps:\n      - run: make test\n"
DOCKERFILE = 'FROM python:3.13-slim\nUSER 10001\nHEALTHCHECK CMD ["true"]\nCMD ["python", "-m", "desk{n}"]\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a run cost, in seconds."""

    wall: float
    cpu: float


def repository(folder: Path, files: int) -> None:
    """Mostly Python, some Terraform, text, workflows and Dockerfiles, and one lock file."""
    for n in range(files):
        kind, path = placed(n)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(kind.format(n=n), "utf-8")
    (folder / "requirements.txt").write_text("flask==3.1.0\n", "utf-8")
    (folder / "advisories").mkdir()
    (folder / "advisories" / "1.json").write_text(json.dumps(ADVISORY), "utf-8")
    items = [{"id": f"all.{name}", "title": name, **item} for name, item in ITEMS.items()]
    profile = {"id": "all", "title": "All", "pass_mark": 0, "categories": [{"id": "all", "title": "All", "weight": 100, "items": items}]}
    (folder.parent / "profile.yml").write_text(json.dumps(profile), "utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Import"]):
        subprocess.run([*git, *words], cwd=folder, check=True)


def placed(n: int) -> tuple[str, str]:
    """What file number n holds, and where it is."""
    if n % 50 == 1:
        return TERRAFORM, f"infra/m{n}/main.tf"
    if n % 100 == 2:
        return WORKFLOW, f".github/workflows/w{n}.yml"
    if n % 100 == 3:
        return DOCKERFILE, f"images/i{n}/Dockerfile"
    return ("# Notes {n}\n", f"docs/n{n}.md") if n % 4 == 0 else (PYTHON, f"desk/p{n % 40}/m{n}.py")


def run(folder: Path, *only: str) -> Took:
    """One gate. Exits when an item could not be told: then nothing was measured."""
    out = folder.parent / "out"
    chosen = [word for name in only for word in ("--only", f"all.{name}")]
    argv = [sys.executable, "-I", str(ROOT / "scripts" / "prodready"), "run", str(folder), "--profile", str(folder.parent / "profile.yml"), "--out", str(out)]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*argv, "--now", "2026-01-31T00:00:00Z", *chosen], capture_output=True, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads((out / "report.json").read_text("utf-8"))
    blind = [f"{item['id']}: {item['summary']}" for item in report["items"] if item["status"] == "unknown"]
    if blind:
        sys.exit("\n".join(blind))
    return Took(wall=wall, cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def plain(folder: Path, name: str, toolbox: Toolbox) -> Took:
    """One program as its users call it. Exits when it breaks off."""
    program, words = toolbox.ensure(name).argv[0], PLAIN[name]
    whole = [program, *(("-I", "-B") if words[0] == "-m" else ()), *words]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(whole, cwd=folder, capture_output=True, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 1):
        sys.exit(f"{name} ended with {ended.returncode}: {ended.stderr.decode('utf-8', 'replace')[-300:]}")
    return Took(wall=wall, cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "service"
        folder.mkdir()
        repository(folder, args.files)
        rounds = [measured(folder) for _ in range(args.rounds)]
    least = {name: Took(wall=min(one[name].wall for one in rounds), cpu=min(one[name].cpu for one in rounds)) for name in rounds[0]}
    for name, took in sorted(least.items(), key=lambda row: -row[1].wall):
        print(f"{name:24} {took.wall:6.1f} s  ({took.cpu:.1f} s of processor)")
    together, cores = least[ALL], len(os.sched_getaffinity(0))
    print(f"{together.cpu / cores:.1f} s is what the processor time of all together allows on {cores} cores")
    for words, names in (("gated alone", [*ITEMS]), ("as its users call it", [*map(by_hand, PLAIN)])):
        slowest = max(names, key=lambda name: least[name].wall)
        print(f"{together.wall / least[slowest].wall:.2f} times the slowest {words} ({slowest})")
    print(f"{together.wall / least[by_hand('checkov')].wall:.2f} times checkov as its users call it")


def measured(folder: Path) -> dict[str, Took]:
    """One round of everything."""
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox
    return {name: run(folder, *only) for name, only in RUNS.items()} | {by_hand(name): plain(folder, name, toolbox) for name in PLAIN}


def by_hand(name: str) -> str:
    """What a program is called in the table when its users call it."""
    return f"{name} by hand"


if __name__ == "__main__":
    main()
