"""The infrastructure as code opens no door and leaves nothing unprotected: Terraform, CloudFormation, Kubernetes manifests and ARM templates.

checkov (pinned, in an environment of its own, without a network) reads a copy that holds these files and nothing else: no `.checkov.yaml`, whose rules are
code that runs, no baseline, no module from elsewhere. What a file is, its content tells and not its folder. A faulty resource is planted beside them for each
language in each run, and at the end of each Terraform and Kubernetes file: a file that was not read to its end is a gap, and so is one that does not parse.
A `checkov:skip` comment or annotation is no way out unseen: what it hides is listed as suppressed. `also: [trivy]` has Trivy read the same copy, with the same
planted faults (`prodready tools install trivy` builds it).

Severity: checkov tells none without an account, so `severities.txt` beside this check says it for each of its rules: critical is full rights or a password in
the file; high is what everyone can reach, or more rights than are needed; medium is a protection that is missing; low is what helps to find out, or to come
back. A rule that is not in the table counts as high. Trivy's severities are its own.

It cannot see: what modules from elsewhere declare, values that only a deployment knows, charts and templates before they are rendered (each is a gap),
and permissions as exactly as `iam_wildcards` does.

    - id: infrastructure.scan
      title: No open door in the infrastructure as code
      check: iac
      expect: no findings >= high
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell, Check
from prodready.checks.iac.kinds import HELPERS, KINDS, Kind, copy, kind_of, skips, unrendered
from prodready.checks.iac.severity import severity, strangers
from prodready.context import Context
from prodready.model import Finding, Found
from prodready.names import counted, shown
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, bench, nothing, numbered, scan, together

CODES = {0: Says.NOTHING, 1: Says.SOMETHING}
PATTERNS = ("*.tf", "*.yaml", "*.yml", "*.json", "*.template")


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read."""

    files: tuple[str, ...] = PATTERNS
    """Patterns of the files that may declare infrastructure (gitignore syntax); what they are is told by their content."""
    only: tuple[str, ...] = ()
    """Rules to tell of, such as CKV_AWS_24 or AWS-0107; empty tells of all."""
    none_is_fine: bool = False
    """Whether a repository in which nothing declares infrastructure passes."""
    also: tuple[Literal["trivy"], ...] = ()
    """Scanners to ask as well; one that cannot be heard leaves the item unknown."""


class Declared(Struct, frozen=True, kw_only=True):
    """The files that declare infrastructure."""

    kinds: Mapping[str, Kind]
    texts: Mapping[str, str]
    gaps: tuple[str, ...] = ()

    @property
    def used(self) -> Sequence[Kind]:
        """The languages among them."""
        return [kind for kind in KINDS if kind in self.kinds.values()]


def observe(ctx: Context, params: Params) -> Found:
    """Scans what declares infrastructure. Raises CannotTell."""
    declared = _declared(ctx, params.files)
    if not declared.kinds:
        read = len(ctx.repo.files(*params.files)) if params.none_is_fine else 0
        return replace(nothing("infrastructure as code", params.files), examined=read, gaps=declared.gaps)
    made = bench(ctx, (*declared.kinds, *ctx.repo.files(*(f"*{ending}" for ending in HELPERS))))
    for path, kind in declared.kinds.items():
        (made.folder / TREE / path).write_text(copy(declared.texts[path], kind, made.mark), "utf-8", errors="surrogateescape")
    job = _job(made, declared)
    scanned = together(scan(ctx.run, job), *(_second(ctx, made, declared) for _ in params.also))
    findings = (_marked(finding, declared.texts[finding.path]) for finding in scanned.findings)
    chosen = tuple(finding for finding in findings if not params.only or finding.rule in params.only)
    words = f"{counted(len(declared.kinds), 'file')} of {', '.join(kind.framework for kind in declared.used)}"
    found = replace(scanned, findings=_anchored(chosen)).found(examined=len(declared.kinds), source=words)
    return replace(found, gaps=(*found.gaps, *declared.gaps, *strangers(params.only, trivy="trivy" in params.also)))


def _second(ctx: Context, made: Bench, declared: Declared) -> Scanned:
    """What Trivy says of the same copy; where it cannot be heard, a gap."""
    from prodready.checks.iac import trivy

    try:
        return scan(ctx.run, trivy.config(ctx, made, declared))
    except CannotTell as unable:
        return Scanned(tool="", sha256="", gaps=(f"trivy could not be heard: {unable.reason}",))


def _declared(ctx: Context, patterns: Sequence[str]) -> Declared:
    kinds, texts, gaps = dict[str, Kind](), dict[str, str](), list[str]()
    for path in ctx.repo.files(*patterns):
        try:
            text = ctx.repo.text(path)
        except CannotTell as unable:
            gaps += [f"{shown(path)}: {unable.reason}"] if path.endswith(".tf") else []
            continue
        kind = kind_of(path, text)
        if kind and unrendered(text):
            gaps.append(f"{shown(path)}: it is a template; render it ('helm template') and gate the result, or exclude it with a reason")
        elif kind:
            kinds[path], texts[path] = kind, text
    return Declared(kinds=kinds, texts=texts, gaps=tuple(gaps))


HIDDEN = {"CKV_IGNORE_HIDDEN_DIRECTORIES": "False"}
"""Without it checkov passes over what lies below a folder such as .github."""


def _job(made: Bench, declared: Declared) -> Scan:
    faults = {made.plant(f"{kind.framework}{kind.names[0]}", kind.canary.format(mark=made.mark)): kind.rule for kind in declared.used}
    frameworks = [kind.framework for kind in declared.used]
    args = ("--directory", ".", "--framework", *frameworks, "--skip-download", "--download-external-modules", "false", "--compact", "--output", "json")
    manner = Manner(codes=CODES, parse=_reader(made, declared), inputs=frozenset(declared.kinds), canary=Canary(faults=faults))
    return Scan(tool="checkov", args=args, cwd=made.folder, env=HIDDEN, manner=manner, deadline=540)


def _reader(made: Bench, declared: Declared) -> Callable[[Output], Reading]:
    def read(output: Output) -> Reading:
        found, proven, unread = list[Finding](), set[str](), dict[str, str]()
        for results in map(_results, _reports(output)):
            failed = [(made.where(_place(record)), record) for record in each(results, "failed_checks")]
            proven |= {path for path, record in failed if _proves(path, record, declared, made.mark)}
            proven |= {path for path in _listed(results, made) if path in declared.kinds and not declared.kinds[path].appends}
            found += [_finding(record, path) for path, record in failed if made.mark not in _subject(record) or path not in declared.kinds]
            unread |= {made.where(_relative(str(path), made)): "checkov cannot parse it" for path in want(results, "parsing_errors", list)}
        return Reading(findings=tuple(dict.fromkeys(found)), scanned=proven, unread=unread)

    return read


def _reports(output: Output) -> Iterator[Mapping[str, object]]:
    """One report a language; a single one is not in a list, and one without results is of a run that read nothing."""
    report = json_of(output.report)
    for one in report if isinstance(report, list) else [report]:
        if not isinstance(one, dict) or "check_type" not in one:
            raise Malformed("a report names no language")
        yield one


def _results(report: Mapping[str, object]) -> Mapping[str, object]:
    return want(report, "results", dict)


def _proves(path: str, record: Mapping[str, object], declared: Declared, mark: str) -> bool:
    """Whether it is the canary at the end of a file."""
    return path in declared.kinds and mark in _subject(record) and want(record, "check_id", str) == declared.kinds[path].rule


def _listed(results: Mapping[str, object], made: Bench) -> Iterator[str]:
    for outcome in ("passed_checks", "failed_checks"):
        yield from (made.where(_place(record)) for record in each(results, outcome))


def _place(record: Mapping[str, object]) -> str:
    return want(record, "file_path", str).lstrip("/")


def _relative(path: str, made: Bench) -> str:
    return path.removeprefix(f"{made.folder}/")


def _subject(record: Mapping[str, object]) -> str:
    return want(record, "resource", str)


def _finding(record: Mapping[str, object], path: str) -> Finding:
    rule, policy = want(record, "check_id", str), want(record, "check_name", str)
    lines = want(record, "file_line_range", list)
    if len(lines) != 2 or not all(isinstance(line, int) for line in lines):
        raise Malformed("a finding has no lines")
    subject = _subject(record)
    return Finding(
        rule=rule,
        message=f"{shown(subject)}: {policy}",
        severity=severity(rule),
        path=path,
        line=max(lines[0], 1),
        fix=f"{policy}; or, where it is meant so, waive the item for a limited time and say why",
        anchor=f"{subject} {lines[1]}",
    )


def _marked(finding: Finding, text: str) -> Finding:
    """Suppressed when a comment between its lines would have switched its rule off; the last line waits in the anchor."""
    subject, _, last = finding.anchor.rpartition(" ")
    inside = range((finding.line or 1) - 1, int(last) + 1)
    skipped = any(rule == finding.rule and line in inside for line, rule in skips(text))
    return replace(finding, anchor=subject, suppressed=("checkov:skip" if finding.rule.startswith("CKV") else "trivy:ignore") if skipped else "")


def _anchored(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sorted; two of one rule on one resource, which happens, are numbered."""
    single = {finding.fingerprint: finding for finding in findings}
    if len(single) == len(findings):
        return tuple(sorted(findings, key=lambda one: (one.path, one.line or 0, one.rule)))
    return numbered(findings)


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="iac", deadline=1800)
"""checkov is not named as a program to be had before the run: it is large, and most repositories that are looked at declare nothing."""
