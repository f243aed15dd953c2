"""Drafts ``checks/iac/severities.txt``: every rule of the pinned checkov with the severity it is given here.

    python benchmarks/checkov_severities.py            prints the draft
    python benchmarks/checkov_severities.py --check    ends with 1 when a rule of checkov is not in the table, or a line of it is of no rule

checkov tells severities to paying accounts only. The draft puts a rule where the words of its policy point, by the table below; the file is then read and
corrected by hand, and is what counts. A new version of checkov is taken over by reading the difference.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from prodready.checks.iac.kinds import KINDS
from prodready.checks.iac.severity import table
from prodready.settings import Settings
from prodready.world.process import Processes

WORDS = (
    ("critical", r"full administrative|administrative privileges|\"\*-\*\"|hard.?coded|exposed? secrets?"),
    (
        "high",
        (r"public|0\.0\.0\.0|::/0|anonymous|privileged|escalation|wildcard|root|secret|password|credential|host (?:network|pid|ipc|process)|docker\.sock"
        r"|full iam|any principal|\*|cluster.?admin|exfiltration|without constraint|unrestricted|internet|allows? all|0\.0\.0\.0:0|rbac|data.?exposure"),
    ),
    (
        "low",
        (r"logging|log |logs |retention|versioning|replication|customer.?manage[dr]|\bcmk\b|\btag|description|lifecycle|backup|multi.?az|monitoring"
        r"|notification|geo.?redundan|deletion protection|point.in.time|attached to|auto.?minor|copy tags|liveness|readiness|digest|namespace|seccomp"
        r"|\buid\b|cpu|x.?ray|trac(?:e|ing)"),
    ),
)  # fmt: skip
"""Severity -> words of a policy's name, the first that occur decide; all else is medium."""


def rules() -> dict[str, str]:
    """Every rule of the pinned checkov, with the name of its policy."""
    processes = Processes(cache=Settings.from_environ(os.environ).cache)
    python = processes.toolbox.ensure("checkov").argv[0]  # its own command line: what we start in its place lists nothing
    languages = (kind.framework for kind in KINDS)
    ended = processes.command((python, "-I", "-B", "-m", "checkov.main", "--list", "--framework", *languages), cwd=Path(__file__).parent)
    rows = (line.split("|") for line in ended.stdout.decode().splitlines())
    return {row[2].strip(): row[5].strip() for row in rows if len(row) > 5 and row[2].strip().startswith("CKV")}


def drafted(policy: str) -> str:
    """The severity that the words of a policy point to."""
    return next((severity for severity, words in WORDS if re.search(words, policy, re.IGNORECASE)), "medium")


def numbered(rule: str) -> tuple[str, int]:
    """Sorts rules by family, then by number."""
    family, _, number = rule.rpartition("_")
    return family, int(re.sub(r"\D", "", number) or 0)


def main() -> int:
    """Prints the draft, or holds the table to the rules."""
    known = rules()
    if "--check" in sys.argv:
        wrong = sorted(known.keys() ^ table().keys())
        print("\n".join(wrong) or f"{len(known)} rules, each with a severity")
        return 1 if wrong or not known else 0
    for severity in ("critical", "high", "medium", "low"):
        chosen = sorted((rule for rule, policy in known.items() if drafted(policy) == severity), key=numbered)
        print(textwrap.fill(" ".join(chosen), 150, initial_indent=f"{severity}: ", subsequent_indent=f"{severity}: ", break_on_hyphens=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
