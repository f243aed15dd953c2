"""Writes action.yml, and action.yml and README.md of every folder of actions/, from one table.

``python3 scripts/generate_actions.py`` writes; with ``--check`` it names what differs and ends with 1. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from actions_table import ACTIONS, CHECKOUT, INPUTS, OUTPUTS, POSTING, Action

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by scripts/generate_actions.py from one table; edit that."
NO_CLONE = "Check out with `fetch-depth: 0`: the policy is read on the base branch, and history is part of what is gated."

WORKFLOW = """\
name: {title}
on:{on}
permissions: {{}}
concurrency:
  group: {group}
  cancel-in-progress: {cancel}
jobs:
  readiness:
    name: readiness
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
{rights}    steps:
{steps}"""


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
    lines += [*(f"{note}\n" for note in (*([NO_CLONE] if CHECKOUT in action.use else []), *action.notes)), "| input | default | what it is |", "|---|---|---|"]
    lines += [f"| `{name}` | {_cell(action, name)} | {INPUTS[name].about} |" for name in action.inputs]
    lines += ["", "| output | what it is |", "|---|---|", *(f"| `{name}` | {OUTPUTS[name]} |" for name in action.outputs)]
    return "\n".join(lines) + "\n"


def workflow(action: Action) -> str:
    """A whole workflow that uses it."""
    steps = "".join(f"      {line}\n" for line in action.use.splitlines())
    usual = action.on == " pull_request"
    group = "${{ github.workflow }}-${{ github.ref }}" if usual else "prodready-comment-${{ github.event.workflow_run.head_sha }}"
    rights = action.rights or (POSTING if "token" in action.inputs else "")
    return WORKFLOW.format(title=action.title, on=action.on, group=group, cancel=str(usual).lower(), rights=rights, steps=steps)


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
