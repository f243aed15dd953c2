"""Writes the part of ``docs/accuracy.md`` about scanners: what is found in planted files and public corpora, and what is said of clean repositories.

python benchmarks/scanner_accuracy.py CORPORA

CORPORA is a folder with checkouts by these names: flask, express, gin, requests, httpx (clean ones); bandit, fake-leaks (gitleaks), leaky-repo.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

import planted  # noqa: E402
import programs  # noqa: E402
from prodready.check import load  # noqa: E402
from prodready.checks.secrets.question import Question  # noqa: E402
from prodready.checks.secrets.tree import laid_out  # noqa: E402
from prodready.checks.secrets.voices import Voice, hear  # noqa: E402
from prodready.context import Context  # noqa: E402
from prodready.decode import decode  # noqa: E402
from prodready.model import Found, Severity  # noqa: E402
from prodready.settings import Settings  # noqa: E402
from prodready.world.http import RealHttp  # noqa: E402
from prodready.world.process import Processes  # noqa: E402
from prodready.world.repo import open_repo  # noqa: E402

PAGE = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- scanners: written by benchmarks/scanner_accuracy.py -->", "<!-- scanners: end -->"
CLEAN = ("flask", "express", "gin", "requests", "httpx")
PROCESSES = Processes(cache=Settings.from_environ(os.environ).cache)


@contextmanager
def world(root: Path) -> Iterator[Context]:
    """A folder as a check sees it."""
    with tempfile.TemporaryDirectory() as scratch:
        yield Context(
            repo=open_repo(root), run=PROCESSES, http=RealHttp(offline=True), targets={}, secret=str, now=datetime.now(UTC), offline=True,
            scratch=lambda: Path(tempfile.mkdtemp(dir=scratch)),
        )  # fmt: skip


def observe(check_id: str, root: Path, **params: object) -> Found:
    """What the check sees in a folder."""
    with world(root) as context:
        return load(check_id).observe(context, decode(params, load(check_id).params))


def flagged(found: Found) -> set[str]:
    """Files with a finding that counts."""
    return {finding.path for finding in found.findings if finding.severity >= Severity.MEDIUM}


def hints(found: Found) -> int:
    """What is shown for a person to look at, and does not count."""
    return sum(finding.severity is Severity.LOW for finding in found.findings)


def secrets_page(corpora: Path) -> str:
    """Recall on planted files and false alarms on clean ones."""
    with tempfile.TemporaryDirectory() as folder:
        root = programs.repository(Path(folder) / "planted", planted.files())
        kinds = len(planted.files())
        rows = [
            ("prodready", flagged(observe("secrets", root, history="none"))),
            ("gitleaks alone", _alone(root, "gitleaks")),
            ("detect-secrets alone, its hints too", _alone(root, "detect-secrets")),
        ]
    lines = [f"{kinds} kinds of files that must not be in a repository, planted with made-up values (`tests/planted.py`):", ""]
    lines += ["| tool | files found |", "| --- | --- |", *(f"| {name} | {len(found)} of {kinds} ({len(found) / kinds:.0%}) |" for name, found in rows), ""]
    lines += ["Five popular repositories: the files with a finding that counts (medium or more), and the hints that do not (low):", ""]
    lines += ["| repository | files | flagged | which | hints |", "| --- | --- | --- | --- | --- |"]
    total = alarms = low = 0
    for name in CLEAN:
        found = observe("secrets", corpora / name, history="none")
        paths = sorted(flagged(found))
        total, alarms, low = total + found.examined, alarms + len(paths), low + hints(found)
        lines.append(f"| {name} | {found.examined} | {len(paths)} | {', '.join(f'`{path}`' for path in paths) or '-'} | {hints(found)} |")
    return "\n".join((*lines, f"| all | {total} | {alarms} ({alarms / total:.1%}) | | {low} |"))


def _alone(root: Path, voice: Voice) -> set[str]:
    """Files in which one scanner finds anything."""
    with world(root) as context:
        return {finding.path for finding in hear(context, Question(bench=laid_out(context)), [voice]).findings}


def leaks_page(corpora: Path) -> str:
    """What gitleaks tells of its own examples, as it is called naively and as it is called here."""
    root = corpora / "fake-leaks"
    argv = (*PROCESSES.toolbox.ensure("gitleaks").argv, "dir", ".", "--no-banner", "--report-format", "json", "--report-path", "-", "--exit-code", "0")
    naive = json.loads(subprocess.run(argv, cwd=root, capture_output=True, check=True).stdout)
    ours = observe("secrets", root, history="none", voices=["gitleaks"])
    leaky = observe("secrets", corpora / "leaky-repo", history="none")
    return (
        f"- **gitleaks' fake-leaks**, {ours.examined} files: `gitleaks dir .` obeys the configuration in the repository and tells {len(naive)}; "
        f"here gitleaks tells {sum(finding.rule not in ('sensitive-file', 'plain-password') for finding in ours.findings)}.\n"
        f"- **leaky-repo**, {leaky.examined} files: {len(flagged(leaky))} files flagged."
    )


def code_page(corpora: Path) -> str:
    """What bandit tells of its own examples, beside what it says itself."""
    root = corpora / "bandit" / "examples"
    argv = (*PROCESSES.toolbox.ensure("bandit").argv, "-r", ".", "-f", "json", "-q", "--exit-zero")
    said = json.loads(subprocess.run(argv, cwd=root, capture_output=True, check=True).stdout)
    theirs = Counter(result["issue_severity"].lower() for result in said["results"])
    ours = observe("code_security", root, engines=["bandit"])
    counted = [finding for finding in ours.findings if not finding.suppressed]
    mine = Counter(finding.severity.word for finding in counted)
    table = "\n".join(f"| {word} | {theirs[word]} | {mine[word]} |" for word in ("high", "medium", "low", "note") if theirs[word] or mine[word])
    unread = sorted({gap.split(":")[0] for gap in ours.gaps})
    return (
        f"bandit's own examples, {ours.examined} files; `bandit -r .` reports {len(said['results'])} findings, {len(counted)} are counted here and "
        f"{len(ours.findings) - len(counted)} more are shown as hidden by `# nosec`:\n\n| severity | bandit | here |\n| --- | --- | --- |\n{table}\n\n"
        f"Where bandit is not sure the message says so, and the severity stays bandit's. The verdict on the examples is unknown, whatever the bound, for the "
        f"files that bandit cannot parse ({', '.join(f'`{path}`' for path in unread)}); bandit's own exit code does not tell of them."
    )


def main() -> int:
    """Measures, and replaces what stands between the two marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    corpora = parser.parse_args().corpora.resolve()
    parts = ("### Secrets (`secrets`)", secrets_page(corpora), leaks_page(corpora), "### Code (`code_security`)", code_page(corpora))
    joined = "\n\n".join(parts)
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{joined}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
