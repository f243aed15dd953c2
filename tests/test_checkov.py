"""checkov without the languages that nobody asked for tells what it tells with all of them, and what is not there is never used unseen."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prodready.check import CannotTell
from prodready.checks import iac
from prodready.checks.iac.kinds import KINDS
from prodready.settings import Settings
from prodready.world.process import Processes

START = Path(iac.__file__).with_name("start.py")
_SPEC = importlib.util.spec_from_file_location("start", START)
start = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(start)
ROLE = """
locals { rights = ["iam:PassRole", "ec2:RunInstances"] }
resource "aws_iam_role_policy" "desk" {
  role   = "desk"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = local.rights, Resource = "*" }] })
}
"""


@pytest.fixture(scope="module")
def checkov():
    """How the pinned one is started."""
    toolbox = Processes(cache=Settings.from_environ(os.environ).cache).toolbox
    try:
        return toolbox.ensure("checkov").argv
    except CannotTell as unable:
        pytest.skip(f"checkov cannot be had here: {unable.reason}")


def told(printed):
    """A report without the keys that a rule looked at: checkov holds them in a set and prints them in another order each time."""
    every = json.loads(printed)
    for report in every if isinstance(every, list) else [every]:
        for record in (*report["results"]["passed_checks"], *report["results"]["failed_checks"]):
            record["check_result"]["evaluated_keys"].sort()
    return every


@pytest.mark.parametrize("languages", [("terraform",), ("kubernetes", "cloudformation", "arm")])
def test_it_tells_what_checkov_itself_tells(checkov, tmp_path, languages):
    for kind in KINDS:
        (tmp_path / f"{kind.framework}{kind.names[0]}").write_text(kind.canary.format(mark="1"))
    (tmp_path / "role.tf").write_text(ROLE)
    (tmp_path / "broken.tf").write_text('resource "aws_s3_bucket" {')
    asked = ("--directory", ".", "--framework", *languages, "--skip-download", "--compact", "--output", "json")
    whole, ours = (
        subprocess.run([checkov[0], "-I", "-B", *how, *asked], cwd=tmp_path, capture_output=True, check=False) for how in (("-m", "checkov.main"), (START,))
    )
    assert (ours.returncode, told(ours.stdout)) == (1, told(whole.stdout))
    assert whole.returncode == 1


def test_all_languages_of_the_check_can_be_asked_for():
    assert {kind.framework for kind in KINDS} == start.LANGUAGES.keys()


USES = (
    "from networkx import DiGraph; DiGraph()",
    "from networkx import DiGraph; DiGraph.nodes",
    "import networkx; networkx.edge_dfs(1)",
    "from checkov.sca_image.runner import Runner; Runner().run()",
    "from checkov.sca_image.runner import Runner; Runner(1)",
)


@pytest.mark.parametrize("use", USES)
def test_what_was_not_loaded_ends_the_program_even_where_every_error_is_caught(use):
    code = (
        f"import sys; sys.path.insert(0, {str(START.parent)!r}); import start; sys.meta_path.insert(0, start.Stage((*start.OTHERS, *start.UNUSED)))\n"
        "sys.modules['checkov'] = start.Empty('checkov'); sys.modules['checkov'].__path__ = []\n"
        "sys.modules['checkov.sca_image'] = start.Empty('checkov.sca_image'); sys.modules['checkov.sca_image'].__path__ = []\n"
        f"try:\n    {use}\nexcept BaseException:\n    pass"
    )
    ended = subprocess.run([sys.executable, "-I", "-B", "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == start.ENDED
    assert "which was not loaded" in ended.stderr


@pytest.mark.parametrize(
    ("argv", "languages"),
    [
        (("start.py", "--version"), ()),
        (("start.py", "--directory", ".", "--framework", "terraform", "arm", "--skip-download"), ("terraform", "arm")),
        (("start.py", "--framework", "all"), ("all",)),
    ],
)
def test_the_languages_are_those_of_the_command_line(argv, languages):
    assert start.asked(argv) == languages
