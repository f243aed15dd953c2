"""How bad a finding of checkov is: it says so only to paying accounts, so the table beside this file says it, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from prodready.model import Severity


def severity(rule: str) -> Severity:
    """Of a rule; one that is not in the table yet counts as high."""
    return table().get(rule, Severity.HIGH)


@cache
def table() -> Mapping[str, Severity]:
    """Rule -> severity, by the lines ``severity: rule rule …``."""
    found: dict[str, Severity] = {}
    for line in Path(__file__).with_name("severities.txt").read_text("utf-8").splitlines():
        word, colon, rules = line.partition(": ")
        if colon and not line.startswith("#"):
            found |= dict.fromkeys(rules.split(), Severity[word.upper()])
    return found
