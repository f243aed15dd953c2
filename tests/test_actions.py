"""What stands in actions, workflows and examples: generated without drift, clean by three linters, and none of the traps of composite actions."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from prodready.commands.action import PARTIALS, arguments
from prodready.settings import INPUTS

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import generate_actions  # noqa: E402 - a script beside the package

ACTIONS = sorted([ROOT / "action.yml", *ROOT.glob("actions/*/action.yml")])
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/workflows/*.yml")])
OURS = re.compile(r"org/prodready(/[a-z/]+)?@v1\b")
"""How examples name us. The commit of a release is known only after the release."""


def program(name):
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def named(paths):
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


def steps(document):
    jobs = document.get("jobs", {}).values()
    return [step for part in ([document["runs"]] if "runs" in document else jobs) for step in part.get("steps", [])]


def uses(path):
    return [step["uses"] for step in steps(yaml.safe_load(path.read_text())) if "uses" in step]


def pinned_copies(folder):
    """Every example, also the ones in READMEs, with our own tag replaced by a commit."""
    made = []
    texts = {f"{path.parent.name}-{path.name}": path.read_text() for path in ROOT.glob("examples/workflows/*.yml")}
    for path in [ROOT / "README.md", *ROOT.glob("actions/*/README.md"), *ROOT.glob("docs/**/*.md")]:
        blocks = re.findall(r"^```ya?ml\n(.*?)^```", path.read_text() if path.is_file() else "", re.DOTALL | re.MULTILINE)
        texts |= {f"{path.parent.name}-{number}.yml": text for number, text in enumerate(blocks) if re.search(r"^jobs:", text, re.MULTILINE)}
    for name, text in texts.items():
        copy = folder / ".github" / "workflows" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(OURS.sub(lambda found: f"org/prodready{found[1] or ''}@{'0' * 40} # v1", text))
        made.append(copy)
    return made


def test_nothing_differs_from_the_table():
    assert [] == generate_actions.differing(ROOT)


def test_every_folder_of_actions_is_in_the_table():
    assert {folder.name for folder in (ROOT / "actions").iterdir()} == {Path(action.folder).name for action in generate_actions.ACTIONS if action.folder}


def test_the_root_has_these_ten_inputs_and_no_more():
    assert list(INPUTS) == list(yaml.safe_load((ROOT / "action.yml").read_text())["inputs"])


def test_the_root_has_these_eight_outputs():
    expected = ["verdict", "score", "report-json", "report-md", "sarif-file", "comment-url", "failed-items", "missing-signoffs"]
    assert expected == list(yaml.safe_load((ROOT / "action.yml").read_text())["outputs"])


@pytest.mark.parametrize("path", **named(ACTIONS))
def test_every_input_reaches_the_program_by_the_environment_and_by_nothing_else(path):
    document = yaml.safe_load(path.read_text())
    (step,) = document["runs"]["steps"]
    assert {f"PRODREADY_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in document["inputs"]} == step["env"]
    assert step["run"].startswith('exec python3 -I "$GITHUB_ACTION_PATH/')
    assert 1 == len(step["run"].splitlines())


@pytest.mark.parametrize("path", **named(ACTIONS))
def test_the_launcher_is_where_the_action_looks_for_it(path):
    (step,) = yaml.safe_load(path.read_text())["runs"]["steps"]
    relative = re.search(r'\$GITHUB_ACTION_PATH/([^"]+)"', step["run"])[1]
    assert (ROOT / "scripts" / "launch.py") == (path.parent / relative).resolve()


@pytest.mark.parametrize("path", **named(ACTIONS))
def test_only_the_actions_that_post_take_a_token(path):
    takes = "token" in yaml.safe_load(path.read_text())["inputs"]
    assert takes == (path.parent == ROOT or path.parent.name in ("summary", "publish"))


@pytest.mark.parametrize("path", **named([*ACTIONS, *WORKFLOWS]))
def test_02_no_expression_stands_in_a_run_line(path):
    assert [] == [step["run"] for step in steps(yaml.safe_load(path.read_text())) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", **named([*ACTIONS, *WORKFLOWS]))
def test_02_everything_used_is_pinned_by_commit(path):
    foreign = [name for name in uses(path) if not name.startswith("./") and not OURS.fullmatch(name)]
    assert [] == [name for name in foreign if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)]


@pytest.mark.parametrize("path", **named(WORKFLOWS))
def test_workflows_start_from_no_permissions_and_every_job_has_a_time_limit(path):
    document = yaml.safe_load(path.read_text())
    assert {} == document["permissions"]
    assert all("timeout-minutes" in job and "permissions" in job for job in document["jobs"].values())


def test_02_nothing_we_ship_reads_inputs_from_the_runner_or_writes_to_its_environment():
    """INPUT_* is not set for composite actions; GITHUB_ENV and GITHUB_PATH would leak into the steps of others."""
    texts = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("actions/*/README.md")]
    shipped = [*(ROOT / "scripts").rglob("*.py"), *ACTIONS, *WORKFLOWS, *texts, ROOT / "scripts" / "gate", *ROOT.glob("*.sh")]
    assert [] == [str(path) for path in shipped if re.search(r"\bINPUT_|environ\W+GITHUB_(ENV|PATH)\b|\$GITHUB_(ENV|PATH)\b", path.read_text())]


def test_no_job_has_the_name_of_the_commit_status():
    for path in WORKFLOWS:
        jobs = yaml.safe_load(path.read_text())["jobs"]
        assert "prodready/gate" not in {*jobs, *(job.get("name") for job in jobs.values())}


@pytest.mark.parametrize("kind", ["actions", "workflows"])
def test_01_the_schemas_of_github_hold(kind, tmp_path):
    paths = ACTIONS if kind == "actions" else [*WORKFLOWS, *pinned_copies(tmp_path)]
    ended = subprocess.run([program("check-jsonschema"), "--builtin-schema", f"vendor.github-{kind}", *paths], capture_output=True, text=True, check=False)
    assert (0, "") == (ended.returncode, "" if ended.returncode == 0 else ended.stdout + ended.stderr)


def zizmor(*paths):
    config = ROOT / ".github" / "zizmor.yml"
    command = [program("zizmor"), "--offline", "--persona", "auditor", "--config", config, "--no-ignores", "--no-progress", "--color", "never"]
    return subprocess.run([*command, *paths], capture_output=True, text=True, check=False)


def test_01_zizmor_has_nothing_to_say(tmp_path):
    for copy in pinned_copies(tmp_path):
        if excuses(copy):
            copy.unlink()
    ended = zizmor(*ACTIONS, ROOT / ".github" / "workflows", tmp_path)
    assert (0, "") == (ended.returncode, "" if ended.returncode == 0 else ended.stdout)


def excuses(path):
    """What a workflow says zizmor will find in it, each with its reason beside it."""
    return re.findall(r"# zizmor: ignore\[([a-z-]+)\] \S", path.read_text())


def test_01_where_an_example_needs_an_excuse_zizmor_says_what_it_names_and_nothing_else(tmp_path):
    """A run on workflow_run is a dangerous trigger whatever it does, and a runner inside is one of your own; the comment beside it gives the reason."""
    excused = [copy for copy in pinned_copies(tmp_path) if excuses(copy)]
    for copy in excused:
        assert excuses(copy) == re.findall(r"^(?:error|warning|help|info)\[([a-z-]+)\]", zizmor(copy).stdout, re.MULTILINE)
    assert {"dangerous-triggers", "self-hosted-runner"} == {word for copy in excused for word in excuses(copy)}


def test_01_jactionlint_has_nothing_to_say(tmp_path):
    paths = [*ACTIONS, *ROOT.glob(".github/workflows/*.yml"), *pinned_copies(tmp_path), ROOT / ".github" / "dependabot.yml"]
    ended = subprocess.run([program("jactionlint"), "--shellcheck=", *paths], capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    assert (0, "") == (ended.returncode, ended.stdout)


def test_a_domain_action_leaves_a_partial_report_where_the_summary_looks():
    assert ["run", "--domain=secrets", f"--out={PARTIALS}/secrets"] == arguments("run", "secrets", {})
    assert ["merge", "--", PARTIALS] == arguments("merge", "", {})
    assert f"{PARTIALS}/secrets" == yaml.safe_load((ROOT / "actions/secrets/action.yml").read_text())["inputs"]["out"]["default"]


def test_inputs_of_a_check_become_options_and_stay_values():
    given = {"PRODREADY_CHECK": "--help", "PRODREADY_PARAMS": "files=a.xml\n\n  --json=1\n", "PRODREADY_EXPECT": "--x", "PRODREADY_PATH": "-p"}
    assert ["check", "--param=files=a.xml", "--param=--json=1", "--expect=--x", "--", "--help", "-p"] == arguments("check", "", given)
