"""Writes the part of ``docs/accuracy.md`` that is measured: the permissions check and four others on our labels.

python benchmarks/iam_accuracy.py
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import yaml

import iam

PAGE = iam.ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- iam: written by benchmarks/iam_accuracy.py -->", "<!-- iam: end -->"


def main() -> int:
    """Measures, and replaces what stands between the two marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "prodready-benchmarks")
    cache = parser.parse_args().cache
    labels = yaml.safe_load((iam.ROOT / "tests/iam/statements.yml").read_text(encoding="utf-8"))
    repositories = yaml.safe_load((iam.ROOT / "tests/iam/documents.yml").read_text(encoding="utf-8"))
    tools = {"prodready": iam.ours, **{name: iam.rival(name, iam.prepare(name, cache), cache) for name in iam.RIVALS}}
    with tempfile.TemporaryDirectory() as scratch:
        rows = iam.accuracy(tools, labels, Path(scratch) / "labelled")
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{page(labels, repositories, rows)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


def page(labels: list[dict], repositories: list[dict], rows: list[tuple[str, int, int]]) -> str:
    """The measured part, as Markdown."""
    wide = sum(bool(label["rules"]) for label in labels)
    table = "\n".join(
        f"| {iam.RIVALS[tool][0] if tool in iam.RIVALS else tool} | {found} of {wide} | {alarms} of {len(labels) - wide} |" for tool, found, alarms in rows
    )
    return (
        f"{len(labels)} labelled statements, each written in 13 formats ({len(labels) * 13} policies), and {len(repositories)} labelled repositories.\n"
        f"Of the statements {wide} are too wide and {len(labels) - wide} are not. As JSON documents (checkov: in Terraform), "
        "any finding counts for checkov, cloudsplaining\n"
        "and parliament, one of medium weight or more for the others:\n\n"
        f"| tool | wide ones found | false alarms |\n| --- | --- | --- |\n{table}"
    )


if __name__ == "__main__":
    sys.exit(main())
