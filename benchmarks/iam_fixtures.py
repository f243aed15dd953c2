"""How far `iam_wildcards` agrees with other people's labelled examples; writes the figures into docs/accuracy.md.

    python benchmarks/iam_fixtures.py CORPORA

CORPORA is a folder of checkouts: iam-vulnerable (BishopFox), cfn_nag (stelligent), semgrep-rules (semgrep), checkov (bridgecrewio) and iam-policy-validator
(boogy); nothing of them is kept. Of their rules those are taken that are about permissions (the patterns below). An example agrees when a finding of medium
weight or more stands where it says "wrong", and none where it says "right", whichever rule finds it. What does not agree is printed, to be read.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import infrastructure_accuracy as infrastructure

import iam

PAGE = iam.ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- iam fixtures: written by benchmarks/iam_fixtures.py -->", "<!-- iam fixtures: end -->"
CFN_NAG = re.compile(r"^(?:Iam(?!User)|Iot|KMSKeyWildcard|LambdaPermission(?:Wildcard|Invoke)|S3BucketPolicy|SnsTopicPolicy|SqsQueuePolicy)")
SEMGREP = re.compile(r"iam|polic|principal|rbac|clusterrole")
NOT_SEMGREP = re.compile(r"authentication|tls|ssl|network-policy|pod-security|google-groups|azure-policies")
"""Rules about log-in, encryption, networks and pods."""
CHECKOV = re.compile(
    r"AdminPolicyDocument|Splaining|splaining|GithubActionsOIDC|IAM\w*(?:Admin|Exposure|Exfiltration|Management|Escalation|WriteAccess|PublicActions|Star)|IAMRoleAllow|"
    r"ResourcePolicyDocument|StarActionPolicy|ECRPolicy|AnyPrincipal|WildcardPrincipal|SQSPolicy|SubscriptionOwner|BasicRole|ImpersonationRole|"
    r"RoleServiceAccountUser|PolicyIsPrivate|WorkloadIdentity|WildcardRoles"
)
EXPECTED = re.compile(
    r"read_test_template\(?\s*['\"]([^'\"]+)['\"](?:(?!read_test_template).)*?(?:expected_logical_resource_ids = |to eq )(?:%w)?\[(.*?)\]", re.DOTALL
)
"""A template, and the resources that one of cfn_nag's rules has to name in it."""
GRAVE = ("medium", "high", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One example: where something is wrong, or nothing is."""

    path: str
    wrong: bool
    first: int = 1
    last: int = 1_000_000
    names: tuple[str, ...] = ()
    """Each must be named by a finding; empty where any finding between the lines will do."""


def vulnerable(source: Path, into: Path) -> Iterator[Label]:
    """A file is a way up; in ``tool-testing`` those that begin with fp are none."""
    for name in ("privesc-paths", "tool-testing"):
        shutil.copytree(source / "modules/free-resources" / name, into / name)
        for file in sorted((into / name).glob("*.tf")):
            if file.stem != "variables":
                yield Label(path=f"{name}/{file.name}", wrong=not file.stem.startswith("fp"))


def cfn_nag(source: Path, into: Path) -> Iterator[Label]:
    """What the specifications of its rules expect of a template: the resources by name, or none."""
    for spec in sorted(source.glob("spec/custom_rules/*_spec.rb")):
        if not CFN_NAG.search(spec.name):
            continue
        text = spec.read_text("utf-8")
        for number, match in enumerate(EXPECTED.finditer(text)):
            template = source / "spec/test_templates" / match[1]
            path = f"{spec.stem}/{number}/{template.name}"
            (into / path).parent.mkdir(parents=True)
            shutil.copy(template, into / path)
            names = tuple(re.findall(r"\w+", match[2]))
            yield Label(path=path, wrong=bool(names), names=names)


def semgrep(source: Path, into: Path) -> Iterator[Label]:
    """The annotated examples; each speaks of what stands from its block's head to the next annotation."""
    for file in sorted(path for kind in ("*.tf", "*.json", "*.test.yaml") for path in source.rglob(kind)):
        where = str(file.relative_to(source))
        if not SEMGREP.search(file.name + where) or NOT_SEMGREP.search(file.name):
            continue
        lines = file.read_text("utf-8").splitlines()
        marked = [(number, match[1]) for number, line in enumerate(lines, 1) if (match := re.search(r"(?:#|//)\s*(ruleid|ok):", line))]
        path = f"{where.replace('/', '-')}/{file.name}"
        if marked:
            (into / path).parent.mkdir(parents=True)
            shutil.copy(file, into / path)
        starts = [_head(lines, number, before) for before, (number, _) in zip((0, *(number for number, _ in marked)), marked, strict=False)]
        for start, end, (_, word) in zip(starts, (*(start - 1 for start in starts[1:]), len(lines)), marked, strict=True):
            yield Label(path=path, wrong=word == "ruleid", first=start, last=end)


def _head(lines: list[str], number: int, before: int) -> int:
    """The line on which the block around an annotation opens, behind the annotation before; one above a resource speaks of it."""
    if re.match(r"(?:resource|data)\b", next((line for line in lines[number:] if not re.match(r"\s*(?:#|//|$)", line)), "")):
        return number
    while number - 1 > before and not re.search(r"[{\[]\s*$", lines[number - 1]):
        number -= 1
    return number


def checkov(source: Path, into: Path) -> Iterator[Label]:
    """The Terraform whose tests name passing and failing resources."""
    for test in sorted(source.glob("tests/terraform/checks/*/*/test_*.py")):
        folder, text = test.parent / f"example_{test.stem.removeprefix('test_')}", test.read_text("utf-8")
        if not CHECKOV.search(test.stem) or not folder.is_dir():
            continue
        at = f"{test.parent.parent.name}-{test.parent.name}-{folder.name}"
        shutil.copytree(folder, into / at)
        for wrong, word in ((True, "failing"), (False, "passing")):
            for subject in infrastructure.named(text, word):
                yield from _block(into / at, at, subject, wrong=wrong)


def _block(folder: Path, at: str, subject: str, *, wrong: bool) -> Iterator[Label]:
    kind, _, name = subject.removeprefix("data.").partition(".")
    for file in sorted(folder.glob("*.tf")):
        lines = file.read_text("utf-8").splitlines()
        heads = [number for number, line in enumerate(lines, 1) if re.match(r"(?:resource|data|module|variable|locals|provider|output)\b", line)]
        begin = next(
            (number for number in heads if re.match(rf'(?:resource|data)\s+"?{re.escape(kind)}"?\s+"?{re.escape(name)}"?\s*\{{', lines[number - 1])), 0
        )
        if begin:
            yield Label(path=f"{at}/{file.name}", wrong=wrong, first=begin, last=next((number - 1 for number in heads if number > begin), len(lines)))


def findings(folder: Path) -> list[dict[str, Any]]:
    """What the check says of a folder, and what it leaves open."""
    argv = [sys.executable, "-I", str(iam.ROOT / "scripts" / "prodready"), "check", "iam_wildcards", str(folder), "--json"]
    said = json.loads(subprocess.run(argv, capture_output=True, check=False).stdout)
    grave: list[dict[str, Any]] = [one for one in said["findings"] if one["severity"] in GRAVE]
    return grave


def row(name: str, labels: list[Label], grave: list[dict[str, Any]]) -> str:
    """One line of the table; on standard error what does not agree."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for label in labels:
        here = [one for one in grave if one["path"] == label.path and (label.names or label.first <= one["line"] <= label.last)]
        missing = [word for word in label.names if not any(re.match(rf"\S+ {word}: ", one["message"]) for one in here)]
        agrees = (bool(here) and not missing) if label.wrong else not here
        counts[label.wrong, agrees] += 1
        if not agrees:
            what = f"missed {', '.join(missing)}" if label.wrong else "found " + "; ".join(sorted({f"{one['rule']}: {one['message'][:110]}" for one in here}))
            print(f"{name}: {label.path}:{label.first} {what}", file=sys.stderr)
    wrong, right = (counts[kind, True] + counts[kind, False] for kind in (True, False))
    return f"| {name} | {counts[True, True]} of {wrong} | {counts[False, True]} of {right} |"


def beside(source: Path, into: Path, cache: Path) -> str:
    """One line about iam-policy-validator's examples, which have no labels: what it and we say of each."""
    into.mkdir()
    for file in sorted(path for path in source.glob("examples/iam-test-policies/**/*") if path.suffix in (".json", ".yaml")):
        shutil.copy(file, into / f"{file.parent.name}-{file.name}")
    tool = "iam-policy-validator"
    theirs = iam.rival(tool, iam.prepare(tool, cache), cache)(into)
    ours = iam.ours(into)
    names = sorted(path.name for path in into.iterdir())
    counts = Counter((bool(ours.get(name)), bool(theirs.get(name))) for name in names)
    for name in names:
        if bool(ours.get(name)) is not bool(theirs.get(name)):
            print(f"{tool}: {name} ours {ours.get(name)} its {theirs.get(name)}", file=sys.stderr)
    return (
        f"{len(names)} examples of {tool} carry no labels; at medium weight both speak of {counts[True, True]}, neither of {counts[False, False]}, "
        f"prodready alone of {counts[True, False]}, {tool} alone of {counts[False, True]}."
    )


def main() -> int:
    """Measures, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "prodready-benchmarks")
    options = parser.parse_args()
    lines = ["| examples | wrong ones found | right ones clean |", "| --- | --- | --- |"]
    for name, read in (("iam-vulnerable", vulnerable), ("cfn_nag", cfn_nag), ("semgrep-rules", semgrep), ("checkov", checkov)):
        with tempfile.TemporaryDirectory() as made:
            labels = list(read(options.corpora / name, Path(made)))
            lines.append(row(name, labels, findings(Path(made))))
            print(lines[-1], flush=True)
    with tempfile.TemporaryDirectory() as made:
        lines += ["", beside(options.corpora / "iam-policy-validator", Path(made) / "examples", options.cache)]
    print(lines[-1])
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.partition(END)[2], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
