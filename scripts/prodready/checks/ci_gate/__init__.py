r"""A gate in CI really gates: the step runs on every pull request, its failure fails the job, and the job is required for a merge.

`steps` names what must run, each as a regular expression over `uses:` and `run:`. Of every step that matches it is held that

- it runs on `pull_request` (or `merge_group`), for every path (`not-on-pull-request`, `only-some-paths`);
- nothing passes over it: an `if:` that can be false (GitHub counts a skipped job as a success), a job that is skipped with the one it needs (`conditional`);
- its failure counts: no `continue-on-error`, no `|| true`, no pipe without pipefail, no `--exit-zero`, no TruffleHog without `--fail` (`may-fail`, `swallowed`,
  `never-fails`);
- with `threshold`, coverage below it fails: `--cov-fail-under`, `--fail-under` or `fail_under` of the configuration (`low-threshold`);
- the job is a required check of `branch` (`not-required`). GitHub is asked; where it cannot be, that is a gap. `required: false` leaves it out.

One good step for each name is enough. What a step calls (make, a script, a reusable workflow of another repository) is not followed.

    - id: ci.coverage-gate
      title: Coverage below 80 % cannot be merged
      check: ci_gate
      params: {steps: {coverage: 'pytest|coverage report'}, threshold: 80}
      expect: no findings >= medium
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from prodready import yamltext
from prodready.check import CannotTell, Check
from prodready.checks.ci_gate import thresholds
from prodready.checks.ci_gate.steps import Step, doubts, steps_of
from prodready.checks.github_state import branches
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.patterns import compiled, first

FILES = (".github/workflows/*.yml", ".github/workflows/*.yaml")


class Params(Struct, frozen=True, kw_only=True):
    """Which steps, and what must hold of them."""

    steps: Mapping[str, str]
    """Name of a gate -> regular expression over the `uses:` and `run:` of its step."""
    threshold: float = 0
    """Percent of coverage below which the step must fail; 0 asks for none."""
    required: bool = True
    """Whether GitHub must require the job before a merge."""
    branch: str = "main"
    """The branch that is merged into."""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps: name at least one, for example {secrets: 'gitleaks|prodready'}")
        for pattern in self.steps.values():
            compiled(pattern)


def observe(ctx: Context, params: Params) -> Found:
    """Looks for each gate in the workflows. Raises CannotTell when one of these cannot be read."""
    paths = ctx.repo.files(*FILES)
    steps = [step for path in paths for step in _read(ctx, path)]
    findings, gaps = list[Finding](), list[str]()
    for name, pattern in params.steps.items():
        matching = [step for step in steps if first(pattern, step.words, name=step.path)]
        if not matching:
            findings.append(_not_run(name))
            continue
        held = [_held(ctx, params, step) for step in matching]
        best, gap = min(held, key=lambda one: (sum(finding.severity >= Severity.MEDIUM for finding in one[0]), len(one[0])))
        findings += [replace(finding, message=f"{name}: {finding.message}") for finding in best]
        gaps += [f"{name}: {gap}"] if gap else []
    source = f"{counted(len(steps), 'step')} of {counted(len(paths), 'workflow')}"
    return Found(examined=max(len(steps), 1), evidence=Evidence(source=source), findings=tuple(findings), gaps=tuple(gaps))


def _read(ctx: Context, path: str) -> Sequence[Step]:
    try:
        return list(steps_of(yamltext.read(ctx.repo.text(path), name=path), path))
    except yamltext.YamlError as error:
        raise CannotTell(str(error), "mend the workflow; GitHub cannot read it either") from None


def _held(ctx: Context, params: Params, step: Step) -> tuple[list[Finding], str]:
    """What is wrong with a step, and what could not be told."""
    findings = list(doubts(step))
    if params.threshold:
        findings += thresholds.doubts(ctx, step, params.threshold)
    if not params.required:
        return findings, ""
    try:
        required = _required(ctx, params.branch, step)
    except CannotTell as unable:
        return findings, f"whether the job {shown(step.job)} is required before a merge: {unable.reason}; {unable.remedy}"
    return [*findings, *([] if required else [_not_required(step, params.branch)])], ""


def _required(ctx: Context, branch: str, step: Step) -> bool:
    if ctx.forge is None:
        raise CannotTell("GitHub cannot be asked here", "run it in a workflow with a token, or set 'required: false'")
    return branches.required_checks(ctx.forge, branch, (step.context,)).value is True


def _not_run(name: str) -> Finding:
    return Finding(
        rule="not-run", message=f"no step of a workflow runs {shown(name)}", severity=Severity.HIGH, anchor=name,
        fix="add the step to a workflow on pull_request",
    )  # fmt: skip


def _not_required(step: Step, branch: str) -> Finding:
    return Finding(
        rule="not-required", message=f"{shown(step.context)} is not required on {shown(branch)}: a change can be merged while it is red",
        severity=Severity.HIGH, path=step.path, line=step.line, anchor=step.job, fix="require it: prodready protect",
    )  # fmt: skip


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="ci", github=True)
