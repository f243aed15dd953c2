"""The unit tests of alert rules, run by promtool on copies; a test planted to fail proves that a failure would be told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prodready.check import CannotTell
from prodready.checks.alert_rules.rule import Rule
from prodready.context import Completed, Context, Ended
from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.readers import structured

PROGRAM = "promtool"
_CANARY = """\
rule_files: []
tests: [{interval: 1m, input_series: [{series: up, values: "0"}], promql_expr_test: [{expr: up, eval_time: 0m, exp_samples: [{labels: up, value: 1}]}]}]
"""
_HAVE = "install promtool, which comes with Prometheus (Debian: apt-get install prometheus)"


def proven(ctx: Context, rules: tuple[Rule, ...], files: tuple[str, ...], tests: tuple[str, ...]) -> Iterator[Finding]:
    """Tests that fail, and alerts that no test makes fire, or keep silent. Raises CannotTell without promtool or tests."""
    paths = ctx.repo.files(*tests)
    if not paths:
        raise CannotTell(f"no file matches {', '.join(tests)}", "write unit tests for promtool, and name them in 'tests'")
    folder = ctx.scratch()
    ctx.repo.stage(folder, sorted({*ctx.repo.files(*files), *paths}))
    (folder / "canary.yml").write_text(_CANARY, "utf-8")
    if _run(ctx, folder, "canary.yml").code == 0:
        raise CannotTell("promtool passed a test that was planted to fail, so its word proves nothing", _HAVE)
    cases = [case for path in paths for case in _cases(ctx, path)]
    for path in paths:
        ended = _run(ctx, folder, path)
        if ended.code:
            yield _failed(path, ended)
    for rule in rules:
        for fires, words in ((True, "fire"), (False, "keep silent")):
            if (rule.name, fires) not in cases:
                yield rule.finding("untested-alert", f"is made to {words} by no test", f"write an alert_rule_test with {'' if fires else 'empty '}exp_alerts")


def _run(ctx: Context, folder: Path, path: str) -> Completed:
    ended = ctx.run.command([PROGRAM, "test", "rules", str(folder / path)], cwd=folder, deadline=60)
    if ended.ended is Ended.NOT_STARTED:
        raise CannotTell("promtool is not on this machine, so the tests of the rules could not be run", _HAVE)
    if ended.ended is not Ended.EXITED:
        raise CannotTell(f"promtool {ended.ended.value} on {shown(path)}", "run it by hand: promtool test rules")
    return ended


def _failed(path: str, ended: Completed) -> Finding:
    lines = [line.strip() for line in (ended.stdout + ended.stderr).decode("utf-8", "replace").splitlines() if line.strip()]
    message = f"promtool test rules fails: {shown(' '.join(lines[1:7]))[:300]}"
    return Finding(rule="failed-test", message=message, severity=Severity.HIGH, path=path, fix=f"run promtool test rules {path}", anchor=path)


def _cases(ctx: Context, path: str) -> Iterator[tuple[str, bool]]:
    """The alerts that a file tests, and whether they are expected to fire."""
    try:
        (document,) = structured.read(ctx.repo.text(path), name=path, kind="yaml")
        for test in document.data["tests"]:
            yield from (_case(case) for case in test.get("alert_rule_test") or ())
    except (structured.Unreadable, AttributeError, TypeError, KeyError, ValueError):
        raise CannotTell(f"{shown(path)} is no file of tests for promtool", "it holds 'rule_files:' and 'tests:'; narrow 'tests' to those") from None


def _case(case: dict[str, Any]) -> tuple[str, bool]:
    return str(case["alertname"]), bool(case.get("exp_alerts"))
