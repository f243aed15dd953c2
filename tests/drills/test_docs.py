"""What the documentation shows can be written as it stands."""

import re
import textwrap
from pathlib import Path

import pytest

from prodready import drill, drilling, yamltext

DOCS = Path(__file__).parents[2] / "docs"


def wished(text, folder):
    path = folder / "shown.yml"
    path.write_text(text, "utf-8")
    return drilling.wish(str(path), {})


@pytest.mark.parametrize("name", drill.known())
def test_the_file_that_a_drill_shows_is_one(name, tmp_path):
    _, _, shown = drill.doc(name).partition("A file that uses it:")
    assert name == wished(textwrap.dedent(shown), tmp_path).file.drill


def test_the_files_of_the_documentation_are_drills(tmp_path):
    shown = re.findall(r"```yaml\n(.*?)```", (DOCS / "drills.md").read_text("utf-8"), re.DOTALL)
    drills = [text for text in shown if isinstance(data := yamltext.read(text, name="docs").data, dict) and "drill" in data]
    assert len(drills) >= 3
    for text in drills:
        wished(text, tmp_path)
