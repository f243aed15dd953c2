"""How right `containers` and `iac` are on other people's labelled examples; writes the figures into docs/accuracy.md.

    python benchmarks/infrastructure_accuracy.py --hadolint DIR --checkov DIR --trivy-checks DIR

Each DIR is a checkout of hadolint/hadolint, bridgecrewio/checkov and aquasecurity/trivy-checks; nothing of them is kept. An example agrees when the rule it is
about is found where it says "wrong", and is not found where it says "right". What cannot be told is counted apart: that is what a gate would call unknown.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACCURACY = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- infrastructure: written by benchmarks/infrastructure_accuracy.py -->", "<!-- infrastructure: end -->"
SPEC = re.compile(r'\bruleCatches(?P<fine>Not)?\s+"(?P<rule>DL\d+|SC\d+)"\s+"(?P<text>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One example: a rule, where it is looked for, and whether it has to be found."""

    rule: str
    path: str
    wrong: bool
    subject: str = ""
    """The resource that is meant; empty for the whole file."""


def hadolint(source: Path, into: Path) -> Iterator[Label]:
    """The one-line examples of the specifications of its rules."""
    for spec in sorted(source.glob("test/Hadolint/Rule/*Spec.hs")):
        for number, match in enumerate(SPEC.finditer(spec.read_text("utf-8"))):
            path = f"{spec.stem}/{number}/Dockerfile"
            (into / path).parent.mkdir(parents=True)
            text = _unescaped(match["text"])
            begin = "" if re.search(r"(?im)^\s*(?:FROM|ARG)\s", text) else "FROM debian:12\n"  # most are single instructions, which build nothing
            (into / path).write_text(f"{begin}{text}\n", "utf-8")
            yield Label(rule=match["rule"], path=path, wrong=not match["fine"])


def _unescaped(text: str) -> str:
    """A string as Haskell writes it."""
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def checkov(source: Path, into: Path) -> Iterator[Label]:
    """The folders of Terraform whose tests name passing and failing resources."""
    for test in sorted(source.glob("tests/terraform/checks/resource/*/test_*.py")):
        folder, text = test.parent / f"example_{test.stem.removeprefix('test_')}", test.read_text("utf-8")
        imported = re.search(r"from (checkov\.terraform\.checks\S+) import check\b", text)
        module = source / (imported[1].replace(".", "/") + ".py") if imported else None
        rule = re.search(r'id = "(CKV\w+)"', module.read_text("utf-8")) if module and module.is_file() else None
        if not rule or not folder.is_dir():
            continue
        for file in sorted(folder.glob("*.tf")):
            path = f"{test.parent.name}/{folder.name}/{file.name}"
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(file.read_bytes())
            for subject in named(text, "failing"):
                if _declares(file, subject):
                    yield Label(rule=rule[1], path=path, wrong=True, subject=subject)
            for subject in named(text, "passing"):
                if _declares(file, subject):
                    yield Label(rule=rule[1], path=path, wrong=False, subject=subject)


def named(text: str, outcome: str) -> list[str]:
    """The resources that a test names as passing or failing."""
    found = re.search(rf"{outcome}_resources = \{{(.*?)\}}", text, re.DOTALL)
    return re.findall(r'"([\w.-]+)"', found[1]) if found else []


def _declares(file: Path, subject: str) -> bool:
    kind, _, name = subject.partition(".")
    return bool(re.search(rf'resource\s+"?{re.escape(kind)}"?\s+"?{re.escape(name)}"?\s', file.read_text("utf-8")))


def trivy(source: Path, into: Path) -> Iterator[Label]:
    """The good and bad Terraform that its cloud checks are documented with."""
    for policy in sorted(source.glob("checks/cloud/**/*.rego")):
        text = policy.read_text("utf-8")
        rule, examples = re.search(r"#\s+id: ([A-Z]+-\d+)", text), re.search(r"#\s+examples: (\S+\.yaml)", text)
        if not rule or not examples or "deprecated: true" in text or not (source / examples[1]).is_file():
            continue
        shown = yaml.safe_load((source / examples[1]).read_text("utf-8")).get("terraform") or {}
        for kind in ("good", "bad"):
            for number, body in enumerate(shown.get(kind) or ()):
                path = f"{rule[1]}/{kind}{number}/main.tf"
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                (into / path).write_text(body + "\n", "utf-8")
                yield Label(rule=rule[1], path=path, wrong=kind == "bad")


def asked(check_id: str, folder: Path, *params: str) -> dict[str, Any]:
    """What the check says of the folder."""
    argv = [sys.executable, "-I", str(ROOT / "scripts" / "prodready"), "check", check_id, str(folder), "--json"]
    ended = subprocess.run([*argv, *(word for one in params for word in ("-p", one))], capture_output=True, check=False)
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def row(name: str, labels: list[Label], told: dict[str, Any]) -> str:
    """One line of the table, and on standard error what does not agree."""
    found = {(one["rule"], one["path"], one["message"].partition(":")[0] if any(label.subject for label in labels) else "") for one in told["findings"]}
    untold = {gap.rpartition(": ")[0].partition(": ")[0] for gap in told.get("gaps") or ()}
    read = [label for label in labels if label.path not in untold]
    wrong, right = [one for one in read if one.wrong], [one for one in read if not one.wrong]
    missed = [one for one in wrong if (one.rule, one.path, one.subject) not in found]
    alarmed = [one for one in right if (one.rule, one.path, one.subject) in found]
    for kind, some in (("missed", missed), ("false alarm", alarmed)):
        print("\n".join(f"{name}: {kind}: {one.rule} {one.path} {one.subject}" for one in some), file=sys.stderr)
    counts = f"{len(wrong) - len(missed)} of {len(wrong)} | {len(alarmed)} of {len(right)} | {len(labels) - len(read)}"
    return f"| {name} | {len({one.rule for one in labels})} | {counts} |"


def main() -> None:
    """Measures, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("hadolint", "checkov", "trivy-checks"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    corpora = (
        ("hadolint's specifications of its rules", hadolint, args.hadolint, "containers", ()),
        ("checkov's Terraform, by checkov", checkov, args.checkov, "iac", ()),
        ("trivy-checks' Terraform, by Trivy", trivy, args.trivy_checks, "iac", ("also=[trivy]",)),
    )
    lines = ["| examples | rules | wrong ones found | false alarms | could not be told |", "| --- | --- | --- | --- | --- |"]
    for name, read, source, check_id, params in corpora:
        with tempfile.TemporaryDirectory() as made:
            labels = list(read(source, Path(made)))
            only = f"only=[{', '.join(sorted({label.rule for label in labels}))}]"  # a report lists the first thousands of findings
            lines.append(row(name, labels, asked(check_id, Path(made), only, *params)))
            print(lines[-1])
    text = ACCURACY.read_text("utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    ACCURACY.write_text(text[:start] + "\n" + "\n".join(lines) + "\n" + text[end:], "utf-8")


if __name__ == "__main__":
    main()
