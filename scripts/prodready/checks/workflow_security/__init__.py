"""The GitHub workflows have no known security flaw: script injection, unpinned actions, dangerous triggers, excessive permissions, and the like.

zizmor (pinned, offline) reads the workflows, every action.yml and the Dependabot configuration, in a copy that holds nothing else: the repository's
zizmor.yml is not read. A flawed workflow is planted beside them in each run and must be found. A file that zizmor cannot parse is a gap.
A `# zizmor: ignore[rule]` comment is no way out unseen: what it hides is listed as suppressed. It does not count against the bound, and is in plain sight.

Severity is zizmor's own (high, medium, low; informational becomes note), one step lower where zizmor's confidence is low. Rules: https://docs.zizmor.sh/audits/

It cannot see: what an action that is used does, the settings of the repository on GitHub, and, offline, whether a pinned commit belongs to its action.

    - id: delivery.workflow-security
      title: No serious flaw in the GitHub workflows
      check: workflow_security
      expect: no findings >= high
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import Check
from prodready.context import Context
from prodready.model import Finding, Found, Severity
from prodready.names import counted
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, objects, want
from prodready.tools.scan import TREE, Bench, Scan, bench, lowered, nothing, numbered, scan

CODES = {0: Says.NOTHING, **dict.fromkeys(range(10, 15), Says.SOMETHING)}
CANARY = """on: pull_request_target
jobs:
  canary:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.pull_request.title }}
"""
CANARY_RULE = "template-injection"
SEVERITIES = {"High": Severity.HIGH, "Medium": Severity.MEDIUM, "Low": Severity.LOW, "Informational": Severity.NOTE, "Unknown": Severity.HIGH}
_COMPLETED = re.compile(r"^ INFO audit: zizmor: \S+ completed (.+)$", re.MULTILINE)
_IGNORE = re.compile(r"zizmor: ignore\[([^\]]*)\]")


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read."""

    files: tuple[str, ...] = (
        *(".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml"),
        *(".github/dependabot.yml", ".github/dependabot.yaml"),
    )
    """Patterns of workflows, action definitions and Dependabot configuration (gitignore syntax)."""


def observe(ctx: Context, params: Params) -> Found:
    """Scans the workflow files. Raises CannotTell."""
    paths = ctx.repo.files(*params.files)
    if not paths:
        return nothing("workflows or actions", params.files)
    made = bench(ctx, paths)
    canary = made.plant(".github/workflows/canary.yml", CANARY)
    args = ("--offline", "--no-config", "--no-ignores", "--collect", "all", "--persona", "regular", "--format", "json-v1", "--no-progress", "--color", "never")
    manner = Manner(codes=CODES, parse=_reader(made), inputs=made.inputs, canary=Canary(faults={canary: CANARY_RULE}))
    scanned = scan(ctx.run, Scan(tool="zizmor", args=(*args, TREE, canary.partition("/")[0]), cwd=made.folder, manner=manner))
    found = scanned.found(examined=len(paths), source=counted(len(paths), "workflow file"))
    return replace(found, findings=numbered(found.findings))


def _reader(made: Bench) -> Callable[[Output], Reading]:
    def read(output: Output) -> Reading:
        completed = frozenset(made.where(path) for path in _COMPLETED.findall(output.stderr))
        return Reading(
            findings=tuple(_finding(result, made) for result in objects(json_of(output.report))),
            scanned=completed,
            unread=dict.fromkeys(made.inputs - completed, "zizmor cannot read it; is it valid YAML, and a workflow by GitHub's schema?"),
        )

    return read


SAFE = {
    "unpinned-uses": "write the 40-digit commit in the place of the tag, and the tag as a comment behind it",
    "dangerous-triggers": "use pull_request, which runs without secrets; what must write goes into a workflow_run of its own that runs no code of the change",
    "template-injection": 'give the value to the step as a variable (env: TITLE: …) and write "$TITLE" in the script',
    "excessive-permissions": "write 'permissions: {}' for the workflow and give each job the rights it needs",
    "artipacked": "write 'persist-credentials: false' under the checkout",
    "cache-poisoning": "build a release without a cache",
    "dependabot-cooldown": "write 'cooldown: {default-days: 7}' for the ecosystem",
}
"""What to do about the findings that are met most, in a sentence."""


def _finding(result: Mapping[str, object], made: Bench) -> Finding:
    rule, determinations = want(result, "ident", str), want(result, "determinations", dict)
    severity = want(determinations, "severity", str)
    if severity not in SEVERITIES:
        raise Malformed("a severity is none that zizmor knows")
    unlikely = want(determinations, "confidence", str) == "Low"
    path, line, words = _place(result)
    return Finding(
        rule=rule,
        message=f"{want(result, 'desc', str)}{f': {words}' if words else ''}",
        severity=lowered(SEVERITIES[severity]) if unlikely else SEVERITIES[severity],
        path=made.where(path),
        line=line,
        fix=f"{SAFE.get(rule, 'the safe way is shown here')}: {want(result, 'url', str)}",
        suppressed="# zizmor: ignore" if rule in _ignored(result) else "",
    )


def _place(result: Mapping[str, object]) -> tuple[str, int, str]:
    """Path, line and zizmor's remark of the primary location."""
    for location in each(result, "locations"):
        symbolic = want(location, "symbolic", dict)
        if symbolic.get("kind") == "Primary":
            path = want(want(want(symbolic, "key", dict), "Local", dict), "verbatim_path", str)
            start = want(want(want(location, "concrete", dict), "location", dict), "start_point", dict)
            return path, want(start, "row", int) + 1, want(symbolic, "annotation", str)
    raise Malformed("a finding has no primary location")


def _ignored(result: Mapping[str, object]) -> Iterator[str]:
    """The rules that a comment beside the finding would switch off."""
    for location in each(result, "locations"):
        for comment in want(want(location, "concrete", dict), "comments", list):
            for names in _IGNORE.findall(str(comment)):
                yield from (name.strip() for name in names.split(","))


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="ci", tools=("zizmor",))
