"""Writes action.yml, and action.yml and README.md of every folder of actions/, from one table.

``python3 scripts/generate_actions.py`` writes; with ``--check`` it names what differs and ends with 1. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by scripts/generate_actions.py from one table; edit that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: its words and its default."""

    about: str
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One composite action: a name, the command it runs, and which inputs and outputs of the table it has."""

    folder: str
    """Below the repository, empty for the root."""
    title: str
    about: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    use: str
    """The example's steps, in YAML, without the indentation of a job."""
    notes: tuple[str, ...] = ()
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def uses(self) -> str:
        """How a workflow names it."""
        return "/".join(part for part in ("org/prodready", self.folder) if part) + "@v1"


INPUTS = {
    "profile": Input(about="Name of a shipped profile, or a file. Empty: what .prodready.yml extends, else starter."),
    "stage": Input(about="Which items to hold: pr, release or post-release.", default="pr"),
    "path": Input(about="Folder to gate, below the checkout.", default="."),
    "token": Input(about="Token that reads the base branch and writes comment and commit status.", default="${{ github.token }}"),
    "org-token": Input(about="Token that may read the members of the organisation's teams, for sign-off roles that name a team."),
    "comment": Input(about="true: keep one comment on the pull request; false: none.", default="true"),
    "sarif": Input(about="off: none; file: write report.sarif.", default="off"),
    "out": Input(about="Folder the reports are written to.", default="prodready-out"),
    "fail-on": Input(about="gate: as the profile decides; failed: any failed item blocks; unknown: any untold one blocks too.", default="gate"),
    "observe": Input(about="true: tell the verdict, block nothing and set no commit status.", default="false"),
    "check": Input(about="Id of the check, as 'prodready list checks' names it.", required=True),
    "params": Input(about="Parameters of the check, one key=value a line; values are YAML."),
    "expect": Input(about="The bound to hold, instead of the check's own: '>= 85 %', 'no findings >= high'."),
    "drill": Input(about="Id of a drill, or YAML files that name one each, with blanks between.", default="chaos"),
    "slack": Input(about="true: post each incident to the webhook in the variable SLACK_WEBHOOK_URL; not delivered is a failure.", default="false"),
    "evidence": Input(about="Folder the records go to: commit or upload it, the check drill_record reads it.", default="evidence"),
    "partials": Input(about="Folder with the partial reports of the actions before.", default="prodready-out/partial"),
}

OUTPUTS = {
    "verdict": "ready, not-ready, unknown, pending or error.",
    "score": "The score, 0 to 100.",
    "report-json": "Path of report.json; empty when there is none.",
    "report-md": "Path of report.md; empty when there is none.",
    "sarif-file": "Path of report.sarif; empty when there is none.",
    "comment-url": "Address of the comment; empty when none was written.",
    "failed-items": "JSON list of the ids of all items that are failed, unknown, stale or pending.",
    "missing-signoffs": "JSON list of the roles that have not signed.",
    "status": "passed, failed, unknown, pending or error.",
}
TEN = ("profile", "stage", "path", "token", "org-token", "comment", "sarif", "out", "fail-on", "observe")
EIGHT = ("verdict", "score", "report-json", "report-md", "sarif-file", "comment-url", "failed-items", "missing-signoffs")
CHECKOUT = """\
- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
  with: {fetch-depth: 0, persist-credentials: false}
"""
NO_CLONE = "Check out with `fetch-depth: 0`: the policy is read on the base branch, and history is part of what is gated."

WORKFLOW = """\
name: {title}
on: pull_request
permissions: {{}}
concurrency:
  group: ${{{{ github.workflow }}}}-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  readiness:
    name: readiness
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
{rights}    steps:
{steps}"""
POSTING = """\
      pull-requests: write # the comment
      statuses: write # the commit status
"""


def domain(name: str, title: str, about: str) -> Action:
    """The action of one domain of checks."""
    return Action(
        folder=f"actions/{name}", title=f"prodready {title}", about=about, command=f"run --domain {name}",
        inputs=("profile", "stage", "path", "out", "fail-on", "observe"), outputs=("verdict", "report-json", "failed-items"),
        use=f"{CHECKOUT}- uses: org/prodready/actions/{name}@v1\n",
        notes=(
            "Its exit code is the verdict on these items alone. It posts nothing and needs no token.",
            "With `actions/summary` behind it in the same job, give that step `if: ${{ !cancelled() }}`, so that it posts after a failure too.",
        ),
        defaults={"out": f"prodready-out/partial/{name}"},
    )  # fmt: skip


def drill(name: str, about: str, given: str, more: str) -> Action:
    """The action of a drill."""
    return Action(
        folder=f"actions/{name}", title=f"prodready {name}", about=about, command="drill", inputs=("drill", "params", "expect", "slack", "evidence"),
        outputs=("status",), use=f"{CHECKOUT}- uses: org/prodready/actions/{name}@v1\n  with:\n{given}",
        notes=(f"Exit 0 passed, 1 failed, 2 nothing was run, 3 could not be told. What can be given: `prodready {more}`.",),
    )  # fmt: skip


ACTIONS = (
    Action(
        folder="", title="prodready", about="Replaces the ticks of a production-readiness checklist by evidence, and blocks the merge until it holds.",
        command="run", inputs=TEN, outputs=EIGHT, use=f"{CHECKOUT}- uses: org/prodready@v1\n",
    ),
    domain("secrets", "secrets", "Looks for secrets in the files and their history."),
    domain("dependencies", "dependencies", "Looks for known holes in the dependencies."),
    domain("code", "code", "Looks for dangerous code."),
    domain("containers", "containers", "Looks at Dockerfiles, compose files and images."),
    domain("iac", "iac", "Looks for open doors in the infrastructure as code."),
    domain("licences", "licences", "Judges the licence of every package that is shipped, by expression and not by name."),
    domain("iam", "permissions", "Judges every policy and role: what each really grants, and the narrower statement to write instead."),
    domain("tls", "TLS", "Grades the TLS of the servers named under targets:, and looks for mixed content."),
    domain("observability", "observability", "Asks the running systems: metrics, alerts, dashboards, logs, streams, venues."),
    domain("caddy", "Caddy", "Judges a Caddyfile and tries on loopback whether a stranger's domain gets a certificate."),
    Action(
        folder="actions/check", title="prodready check", about="Runs any one check, with parameters and a bound of your own.", command="check",
        inputs=("check", "params", "expect", "path"), outputs=("status",),
        use=(
            f"{CHECKOUT}- uses: org/prodready/actions/check@v1\n  with:\n    check: test_report\n    params: |\n      files=coverage.xml\n"
            "      measure=coverage\n    expect: '>= 85 %'\n"
        ),
        notes=("Exit 0 passed, 1 failed, 3 unknown, 4 waits for people. What could not be told is never a pass.",),
    ),
    drill("drill", "Disturbs something on purpose, proves it, times the recovery and leaves a record.", "    drill: drills/rollback.yml\n", "drill --list"),
    drill(
        "chaos", "Kills a service and times how long until it serves again by itself; fails above the limit.",
        "    params: |\n      target=redis://localhost:6379\n      container=redis\n      limit=5 min\n", "explain chaos",
    ),
    Action(
        folder="actions/summary", title="prodready summary", command="merge",
        about="Joins the partial reports of the actions before, runs what they lack, posts the verdict and blocks.",
        inputs=("partials", *TEN), outputs=EIGHT,
        use=(
            f"{CHECKOUT}- uses: org/prodready/actions/secrets@v1\n- uses: org/prodready/actions/code@v1\n  if: ${{{{ !cancelled() }}}}\n"
            "- uses: org/prodready/actions/summary@v1\n  if: ${{ !cancelled() }}\n"
        ),
        notes=("Partial reports bring what was seen; this action judges it anew. One of another commit tells nothing, and its items are unknown.",),
    ),
)  # fmt: skip


def action_yml(action: Action) -> str:
    """The text of its action.yml."""
    lines = [HEADER, f"name: {action.title}", f"description: {_quoted(action.about)}", "author: the prodready authors"]
    lines += ["branding: {icon: check-circle, color: green}", "", "inputs:"]
    for name in action.inputs:
        given = INPUTS[name]
        lines += [f"  {name}:", f"    description: {_quoted(given.about)}", f"    required: {str(given.required).lower()}"]
        lines += [] if given.required else [f"    default: {_quoted(_default(action, name))}"]
    lines += ["", "outputs:"]
    for name in action.outputs:
        lines += [f"  {name}:", f"    description: {_quoted(OUTPUTS[name])}", f"    value: ${{{{ steps.prodready.outputs.{name} }}}}"]
    lines += ["", "runs:", "  using: composite", "  steps:", "    - id: prodready", "      shell: bash", "      env:"]
    lines += [f"        PRODREADY_{name.upper().replace('-', '_')}: ${{{{ inputs.{name} }}}}" for name in action.inputs]
    up = "../../" if action.folder else ""
    lines += [f'      run: exec python3 -I "$GITHUB_ACTION_PATH/{up}scripts/launch.py" action {action.command}']
    return "\n".join(lines) + "\n"


def readme(action: Action) -> str:
    """The text of its README.md."""
    lines = [f"<!-- {HEADER[2:]} -->", f"# {action.title}", "", action.about, "", "```yaml", *workflow(action).splitlines(), "```", ""]
    lines += [*(f"{note}\n" for note in (NO_CLONE, *action.notes)), "| input | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | {_cell(action, name)} | {INPUTS[name].about} |" for name in action.inputs]
    lines += ["", "| output | what it is |", "|---|---|", *(f"| `{name}` | {OUTPUTS[name]} |" for name in action.outputs)]
    return "\n".join(lines) + "\n"


def workflow(action: Action) -> str:
    """A whole workflow that uses it."""
    steps = "".join(f"      {line}\n" for line in action.use.splitlines())
    return WORKFLOW.format(title=action.title, rights=POSTING if "token" in action.inputs else "", steps=steps)


def _default(action: Action, name: str) -> str:
    return action.defaults.get(name, INPUTS[name].default)


def _cell(action: Action, name: str) -> str:
    if INPUTS[name].required:
        return "required"
    text = _default(action, name)
    return f"`{text}`" if text else ""


def _quoted(text: str) -> str:
    """A YAML scalar that means this text; JSON strings do."""
    return json.dumps(text, ensure_ascii=False)


def files() -> dict[Path, str]:
    """Every generated file and its text. The root's README is the repository's own."""
    made = {Path(action.folder, "action.yml"): action_yml(action) for action in ACTIONS}
    return made | {Path(action.folder, "README.md"): readme(action) for action in ACTIONS if action.folder}


def differing(root: Path) -> list[str]:
    """The generated files that are not there or not as generated."""
    return [str(path) for path, text in files().items() if not (root / path).is_file() or (root / path).read_text("utf-8") != text]


def main(argv: list[str]) -> int:
    """Writes or checks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; name what differs and end with 1")
    if parser.parse_args(argv).check:
        found = differing(ROOT)
        sys.stdout.writelines(f"{path} is not what scripts/generate_actions.py writes\n" for path in found)
        return 1 if found else 0
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
