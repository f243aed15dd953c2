"""How bad a finding of checkov is: it says so only to paying accounts, so the table beside this file says it, rule by rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from prodready.model import Severity
from prodready.names import shown

_OF_TRIVY = re.compile(r"[A-Z]{3,}-\d{4}")


def severity(rule: str) -> Severity:
    """Of a rule; one that is not in the table yet counts as high."""
    return table().get(rule, Severity.HIGH)


def strangers(rules: Iterable[str], *, trivy: bool) -> tuple[str, ...]:
    """A gap for each name that no rule has: checkov itself looks for nothing under such a name, and is content."""
    unknown = [rule for rule in rules if rule not in table() and not (trivy and _OF_TRIVY.fullmatch(rule))]
    return tuple(f"no rule is called {shown(rule)}, so nothing was looked for under that name; mend it in 'only'" for rule in unknown)


@cache
def table() -> Mapping[str, Severity]:
    """Rule -> severity, by the lines ``severity: rule rule …``."""
    found: dict[str, Severity] = {}
    for line in Path(__file__).with_name("severities.txt").read_text("utf-8").splitlines():
        word, colon, rules = line.partition(": ")
        if colon and not line.startswith("#"):
            found |= dict.fromkeys(rules.split(), Severity[word.upper()])
    return found
