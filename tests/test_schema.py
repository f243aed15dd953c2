"""The published schemas say what the loader accepts: no more, no less."""

import json
from pathlib import Path

import jsonschema
import pytest

from generate_schemas import schemas
from prodready import checklist, yamltext
from prodready.profile import PolicyText
from prodready.validate import ChecklistError
from test_checklist import OWN, PROFILE

PUBLISHED = Path(__file__).parents[1] / "scripts" / "prodready" / "schemas"


def valid(name: str, text: str) -> bool:
    data = json.loads(json.dumps(yamltext.read(text, name=name).data, default=str))
    return jsonschema.Draft202012Validator(json.loads(schemas()[name])).is_valid(data)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_schema_is_the_generated_one(name: str) -> None:
    assert schemas()[name] == (PUBLISHED / name).read_text("utf-8"), "run: python3 scripts/generate_schemas.py"


@pytest.mark.parametrize("name", sorted(schemas()))
def test_it_is_a_valid_schema_and_describes_its_keys(name: str) -> None:
    schema = json.loads(schemas()[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert any("description" in key for key in schema["properties"].values())


@pytest.mark.parametrize("name", checklist.builtin())
def test_every_shipped_profile_fits_it(name: str) -> None:
    assert valid("profile.schema.json", checklist.find(name, Path()).text)


def test_a_repository_file_fits_it() -> None:
    assert valid("repository-file.schema.json", OWN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Mini", "titel: Mini"),
        ("pass_mark: 80", "pass_mark: x"),
        ("required: true", "required: 3"),
        ("id: mini", "ids: mini"),
        ("when: {files:", "when: {flies:"),
    ],
)
def test_what_the_loader_refuses_for_its_shape_the_schema_refuses_too(old: str, new: str) -> None:
    text = PROFILE.replace(old, new)
    with pytest.raises(ChecklistError):
        checklist.load(PolicyText(text=text, name="p.yml"))
    assert not valid("profile.schema.json", text)
