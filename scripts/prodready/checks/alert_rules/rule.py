"""One alert rule, from wherever it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from prodready.model import Finding, Severity
from prodready.names import shown

_CONSTANT = re.compile(r"(?:vector\(|time\(|scalar\(|bool\b|[\d\s.()+*/%^<>=!e-])*")
_NUMBER = re.compile(r"(?<![\w.:])\d+\.\d+(?![\w.:])")


class Rule(Struct, frozen=True, kw_only=True):
    """An alert."""

    name: str
    query: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    line: int | None = None
    trouble: str = ""
    """What Prometheus says is wrong with it; empty when it is well or was not asked."""

    @property
    def plain(self) -> str:
        """The expression without white space and brackets, with one kind of quotes and of numbers, since Prometheus prints it its own way."""
        numbers = _NUMBER.sub(lambda found: f"{float(found[0]):.15g}", self.query)
        return re.sub(r"[\s()]+", "", numbers).replace("'", '"')

    @property
    def constant(self) -> bool:
        """Whether it depends on no metric."""
        return _CONSTANT.fullmatch(self.query) is not None

    def finding(self, rule: str, what: str, fix: str) -> Finding:
        """A finding about this alert."""
        message = f"the alert {shown(self.name)} {what}"
        return Finding(rule=rule, message=message, severity=Severity.HIGH, path=self.path, line=self.line, fix=fix, anchor=f"{self.name} {what}")
