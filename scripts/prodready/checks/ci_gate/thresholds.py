"""Whether a step fails below a percentage of coverage: by an option, or by the configuration that it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.check import CannotTell
from prodready.checks.ci_gate.steps import Step
from prodready.context import Context
from prodready.model import Finding, Severity

OPTION = re.compile(r"--(?:cov-)?fail-under[= ](?P<number>\d+(?:\.\d+)?)")
SETTING = re.compile(r"^\s*fail_under\s*=\s*(?P<number>\d+(?:\.\d+)?)", re.MULTILINE)
CONFIGURATIONS = ("pyproject.toml", ".coveragerc", "setup.cfg", "tox.ini")


def doubts(ctx: Context, step: Step, threshold: float) -> Iterator[Finding]:
    """A finding when nothing makes the step fail below the threshold, or only something lower does."""
    given = [float(match["number"]) for match in OPTION.finditer(step.words)]
    highest = max(given, default=None) if given else _configured(ctx)
    if highest is None or highest < threshold:
        said = "nothing makes it fail when coverage is low" if highest is None else f"it fails only below {highest:g} % of coverage"
        yield Finding(
            rule="low-threshold", message=f"{said}, expected {threshold:g} %", severity=Severity.HIGH, path=step.path, line=step.line,
            anchor=step.job, fix=f"write 'fail_under = {threshold:g}' below [tool.coverage.report] in pyproject.toml, or --cov-fail-under={threshold:g}",
        )  # fmt: skip


def _configured(ctx: Context) -> float | None:
    for path in ctx.repo.files(*(f"/{name}" for name in CONFIGURATIONS)):
        try:
            match = SETTING.search(ctx.repo.text(path))
        except CannotTell:
            continue
        if match:
            return float(match["number"])
    return None
