"""The words of a check's rules are in ``rules.yml``, for exactly the rules that its code can name."""

import re

import pytest

from prodready import check, rules

DOCUMENTED = [check_id for check_id in check.known() if (check.CHECKS / check_id / "rules.yml").is_file()]
NAMED = re.compile(r'"([A-Z]+(?:-[A-Z]+)+)"')


@pytest.mark.parametrize("check_id", DOCUMENTED)
def test_every_rule_that_the_code_names_is_explained(check_id):
    code = "\n".join(path.read_text() for path in (check.CHECKS / check_id).glob("*.py"))
    known = rules.rules(check_id)
    families = {name.partition("-")[0] for name in known}
    named = {name for name in NAMED.findall(code) if name.partition("-")[0] in families}
    assert named == set(known)


@pytest.mark.parametrize("check_id", DOCUMENTED)
def test_a_rule_says_why_and_where_to_read_on(check_id):
    for rule in rules.rules(check_id).values():
        assert rule.why.endswith(".")
        assert rule.help.startswith("https://")


def test_a_check_whose_rules_are_another_tools_has_none():
    assert rules.rules("secrets") == {}
