"""The steps of a workflow with all that decides whether their failure counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.model import Finding, Severity
from prodready.yamltext import Document

BLOCKING = ("pull_request", "merge_group", "pull_request_target")
ALWAYS = re.compile(r"(?:\$\{\{)?\s*(?:always\(\)|!\s*cancelled\(\)|true)\s*(?:\}\})?")
SWALLOWED = re.compile(r"\|\|\s*(?:true|:|exit\s+0|echo\b)|\bset\s+\+e\b|;\s*exit\s+0\b", re.MULTILINE)
PIPE = re.compile(r"(?<![|&>])\|(?![|&])")
NEVER: Mapping[str, tuple[str, str, str]] = {
    "trufflehog": (r"\btrufflehog\s+(?:git|filesystem|github|docker|s3|gcs)\b(?!.*--fail\b)", "ends well whatever it finds", "add --fail"),
    "gitleaks": (r"\bgitleaks\b.*--exit-code[= ]0\b", "ends well whatever it finds", "take --exit-code away"),
    "linters": (r"--exit-zero\b", "ends well whatever it finds", "take --exit-zero away"),
    "checkov": (r"\bcheckov\b.*--soft-fail\b", "ends well whatever it finds", "take --soft-fail away"),
    "trivy": (r"\btrivy\s+(?:image|fs|filesystem|config|repo|rootfs)\b(?!.*--exit-code[= ][1-9])", "ends well whatever it finds", "add --exit-code 1"),
    "semgrep": (r"\bsemgrep\s+(?:scan\b|--config\b)(?!.*--error\b)", "ends well whatever it finds", "add --error, or use 'semgrep ci'"),
    "prodready": (r"--observe\b|\bobserve:\s*true\b", "only observes", "take 'observe' away"),
}
"""Programs that need to be told to fail, or can be told not to: what shows it, what it means, what to do."""


class Step(Struct, frozen=True, kw_only=True):
    """One step, with what its job and its workflow say."""

    path: str
    line: int
    job: str
    context: str
    """The name under which GitHub lists the job's check; a matrix adds to it."""
    words: str
    """`uses:`, `run:` and the inputs, as text."""
    run: str
    shell: str
    triggers: Mapping[str, Any]
    soft: bool
    """Whether step or job continue on error."""
    conditions: tuple[str, ...]
    """Each `if:` that stands over it."""
    needs: bool


def steps_of(document: Document, path: str) -> Iterator[Step]:
    """Every step of every job; a job that calls a workflow is one step."""
    data = document.data if isinstance(document.data, dict) else {}
    triggers = _triggers(data.get("on", data.get(True)))
    jobs = data.get("jobs")
    for job_id, job in jobs.items() if isinstance(jobs, dict) else ():
        if not isinstance(job, dict):
            continue
        steps = job.get("steps")
        for number, step in enumerate(steps if isinstance(steps, list) else [job]):
            if isinstance(step, dict):
                line = document.line(("jobs", job_id) if step is job else ("jobs", job_id, "steps", number))
                yield _step(data, str(job_id), job, step, path=path, line=line, triggers=triggers)


def _step(data: Mapping[str, Any], job_id: str, job: Mapping[str, Any], step: Mapping[str, Any], *, path: str, line: int, triggers: Mapping[str, Any]) -> Step:
    run = str(step.get("run") or "")
    inputs = step.get("with") if isinstance(step.get("with"), dict) else {}
    words = "\n".join(filter(None, (str(step.get("uses") or ""), run, *(f"{key}: {value}" for key, value in (inputs or {}).items()))))
    return Step(
        path=path,
        line=line,
        job=job_id,
        context=str(job.get("name") or job_id),
        words=words,
        run=run,
        shell=str(step.get("shell") or _default(job, "shell") or _default(data, "shell") or ""),  # nosec B604 - names a shell, and starts none
        triggers=triggers,
        soft=any(part.get("continue-on-error") not in (None, False) for part in (step, job)),
        conditions=tuple(str(part["if"]) for part in (job, step) if "if" in part),
        needs=bool(job.get("needs")),
    )


def _default(part: Mapping[str, Any], key: str) -> object:
    defaults = part.get("defaults")
    run = defaults.get("run") if isinstance(defaults, dict) else None
    return run.get(key) if isinstance(run, dict) else None


def _triggers(on: Any) -> Mapping[str, Any]:
    if isinstance(on, str):
        return {on: {}}
    if isinstance(on, list):
        return {str(one): {} for one in on}
    return {str(key): value or {} for key, value in on.items()} if isinstance(on, dict) else {}


def doubts(step: Step) -> Iterator[Finding]:
    """Why the step may not stop a merge."""
    blocking = {name: how for name, how in step.triggers.items() if name in BLOCKING}
    if not blocking:
        yield _finding(step, "not-on-pull-request", "it does not run on pull requests", "add 'pull_request:' below 'on:'")
    if any(isinstance(how, dict) and {"paths", "paths-ignore"} & set(how) for how in blocking.values()):
        yield _finding(step, "only-some-paths", "a change elsewhere passes by it, or waits for ever where it is required", "take 'paths' away")
    if step.soft:
        yield _finding(step, "may-fail", "continue-on-error makes its failure a success", "take continue-on-error away")
    yield from _conditions(step)
    yield from _ending(step)


def _conditions(step: Step) -> Iterator[Finding]:
    doubtful = [condition for condition in step.conditions if not ALWAYS.fullmatch(condition.strip())]
    if doubtful:
        yield _finding(step, "conditional", "an 'if:' can pass over it, and what is skipped counts as a success", "take the 'if:' away")
    elif step.needs and not step.conditions:
        words = "it is skipped when a job that it needs fails, and what is skipped counts as a success"
        yield _finding(step, "conditional", words, "write 'if: ${{ !cancelled() }}' and fail unless every needed job succeeded", Severity.LOW)


def _ending(step: Step) -> Iterator[Finding]:
    joined = step.words.replace("\\\n", " ")
    if SWALLOWED.search(step.run):
        yield _finding(step, "swallowed", "its exit code is thrown away", "take '|| true' or 'set +e' away")
    elif any(PIPE.search(line) for line in step.run.splitlines()) and step.shell != "bash" and "pipefail" not in step.run + step.shell:
        yield _finding(step, "swallowed", "its exit code is lost in a pipe: without 'shell: bash' GitHub's shell has no pipefail", "write 'shell: bash'")
    for pattern, words, fix in NEVER.values():
        if any(re.search(pattern, line) for line in joined.splitlines()):
            yield _finding(step, "never-fails", words, fix)


def _finding(step: Step, rule: str, message: str, fix: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, path=step.path, line=step.line, anchor=f"{step.job} {step.words[:80]}", fix=fix)
