r"""A pre-commit hook looks for secrets, and really does: it runs at commit, sees files, is pinned, and a job holds those who skip it.

`.pre-commit-config.yaml` is read as pre-commit reads it. A hook that is named there may still do nothing: at the stage `manual`, with an `exclude` that
matches every file, with `|| true` behind its entry, with a baseline that does not exist or leaves everything out. A hook whose `rev` is a branch runs
whatever is there that day. And since `git commit --no-verify` and a clone without `pre-commit install` pass by all of them, a workflow must run the
same hooks.

    - id: secrets.pre-commit
      title: A pre-commit hook looks for secrets
      check: pre_commit
      params: {hooks: [detect-secrets, gitleaks, trufflehog]}
      expect: no findings >= medium
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from prodready import yamltext
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.patterns import first
from prodready.readers import json_text
from prodready.readers.structured import Unreadable

CONFIG = (".pre-commit-config.yaml", ".pre-commit-config.yml")
WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile")
AT_COMMIT = frozenset(("pre-commit", "commit", "pre-push", "push", "prepare-commit-msg", "commit-msg"))
PINNED = re.compile(r"[0-9a-f]{40}|v?\d+(?:\.\d+)+[\w.+-]*")
SOFT = re.compile(r"\|\|\s*(?:true|:|exit 0)|;\s*(?:true|exit 0)\s*$|\bset \+e\b")


class Params(Struct, frozen=True, kw_only=True):
    """Which hooks count."""

    hooks: tuple[str, ...] = ("detect-secrets", "gitleaks", "trufflehog", "ggshield", "prodready")
    """Programs of which one is enough, as they stand in a hook's id, entry or repository."""
    in_ci: bool = True
    """Whether a workflow must run the hooks or the same program too."""


class Hook(Struct, frozen=True, kw_only=True):
    """One hook of the configuration that runs one of the programs."""

    program: str
    repo: str
    rev: str
    entry: str
    stages: frozenset[str]
    files: tuple[str, ...]
    """Regular expressions that a path must match, all of them."""
    exclude: tuple[str, ...]
    """Regular expressions of which a path must match none."""
    args: tuple[str, ...]
    line: int


def observe(ctx: Context, params: Params) -> Found:
    """Reads the configuration. Raises CannotTell when it cannot be read."""
    paths = [path for path in CONFIG if ctx.repo.files(f"/{path}")]
    if not paths:
        return _found(0, [_missing("there is no .pre-commit-config.yaml", CONFIG[0], 1)])
    hooks = list(_hooks(ctx, paths[0], params))
    if not hooks:
        return _found(0, [_missing(f"no hook runs {few(params.hooks, 5)}", paths[0], 1)])
    doubts = {hook: list(_doubts(ctx, hook, paths[0])) for hook in hooks}
    best = min(doubts.values(), key=lambda findings: [finding.severity >= Severity.MEDIUM for finding in findings].count(True))
    idle = [] if not params.in_ci or _in_ci(ctx, hooks) else [_skipped(paths[0])]
    return _found(len(hooks), [*best, *idle])


def _found(hooks: int, findings: Sequence[Finding]) -> Found:
    return Found(examined=1, evidence=Evidence(source=f"{CONFIG[0]} with {counted(hooks, 'hook')} that looks for secrets"), findings=tuple(findings))


def _hooks(ctx: Context, path: str, params: Params) -> Iterator[Hook]:
    try:
        document = yamltext.read(ctx.repo.text(path), name=path)
    except yamltext.YamlError as error:
        raise CannotTell(str(error), "run 'pre-commit validate-config'") from None
    top = document.data if isinstance(document.data, dict) else {}
    for number, repo in enumerate(_list(top.get("repos"))):
        for place, hook in enumerate(_list(repo.get("hooks"))):
            words = " ".join(str(word) for word in (repo.get("repo"), hook.get("id"), hook.get("entry")))
            program = next((name for name in params.hooks if name in words), None)
            if program:
                yield _hook(program, top, repo, hook, document.line(("repos", number, "hooks", place)))


def _list(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _hook(program: str, top: Mapping[str, Any], repo: Mapping[str, Any], hook: Mapping[str, Any], line: int) -> Hook:
    stages = hook.get("stages") or top.get("default_stages") or ["pre-commit"]
    return Hook(
        program=program,
        repo=str(repo.get("repo", "")),
        rev=str(repo.get("rev", "")),
        entry=str(hook.get("entry", "")),
        stages=frozenset(map(str, stages if isinstance(stages, list) else [stages])),
        files=tuple(str(part["files"]) for part in (top, hook) if part.get("files")),
        exclude=tuple(str(part["exclude"]) for part in (top, hook) if part.get("exclude")),
        args=tuple(map(str, hook.get("args") or ())) if isinstance(hook.get("args") or [], list) else (),
        line=line,
    )


def _doubts(ctx: Context, hook: Hook, path: str) -> Iterator[Finding]:
    """Why the hook may do nothing."""
    if not hook.stages & AT_COMMIT:
        stages = few(sorted(hook.stages))
        yield _finding("never-runs", f"{hook.program} runs at the stage {stages} only, which no commit reaches", path, hook, "take 'stages' away")
    if not _seen(ctx, hook):
        yield _finding("sees-nothing", f"'files' and 'exclude' leave {hook.program} not one file to look at", path, hook, "narrow 'exclude'")
    if SOFT.search(f"{hook.entry} {' '.join(hook.args)}"):
        yield _finding("never-fails", f"whatever {hook.program} finds, its entry ends well", path, hook, "take '|| true' away")
    if hook.repo not in ("local", "meta") and not PINNED.fullmatch(hook.rev):
        yield _finding("unpinned-rev", f"the rev {shown(hook.rev)!r} of {hook.program} is no version", path, hook, "run 'pre-commit autoupdate --freeze'")
    yield from _baseline(ctx, hook, path)


def _seen(ctx: Context, hook: Hook) -> bool:
    return any(all(_hits(one, file) for one in hook.files) and not any(_hits(one, file) for one in hook.exclude) for file in ctx.repo.files())


def _hits(pattern: str, file: str) -> bool:
    try:
        return first(pattern, file, name="a file name") is not None
    except ValueError as error:
        raise CannotTell(str(error), "run 'pre-commit validate-config'") from None


def _baseline(ctx: Context, hook: Hook, path: str) -> Iterator[Finding]:
    """What is wrong with the baseline of detect-secrets."""
    named = [after for before, after in zip(hook.args, hook.args[1:], strict=False) if before == "--baseline"]
    named += [word.partition("=")[2] for word in hook.args if word.startswith("--baseline=")]
    for name in named:
        if not ctx.repo.files(f"/{name}"):
            yield _finding("no-baseline", f"the baseline {shown(name)} is not there, so the hook fails", path, hook, f"detect-secrets scan > {shown(name)}")
            continue
        yield from _hidden(ctx, hook, name)


def _hidden(ctx: Context, hook: Hook, name: str) -> Iterator[Finding]:
    try:
        data = json_text.read(ctx.repo.text(name), name=name).data
        results = data["results"]
        count = sum(len(found) for found in results.values())
        filters = [pattern for one in data.get("filters_used", []) if one["path"].endswith("should_exclude_file") for pattern in one["pattern"]]
    except (Unreadable, KeyError, TypeError, AttributeError):
        yield _finding("no-baseline", f"{shown(name)} is no baseline of detect-secrets", name, hook, f"detect-secrets scan > {shown(name)}")
        return
    if any(all(_hits(pattern, file) for file in ctx.repo.files()) for pattern in filters):
        yield _finding("sees-nothing", f"a filter of {shown(name)} leaves out every file", name, hook, "write the baseline anew, without --exclude-files")
    if count:
        yield Finding(
            rule="known-secrets", message=f"{shown(name)} accepts {counted(count, 'secret')}", severity=Severity.NOTE, path=name, anchor="results",
            fix="run 'detect-secrets audit' over them, and revoke the real ones",
        )  # fmt: skip


def _in_ci(ctx: Context, hooks: Sequence[Hook]) -> bool:
    words = re.compile(rf"pre-commit(?:/action|\.ci)?\b(?=@|\s+run)|\b(?:{'|'.join(sorted({re.escape(hook.program) for hook in hooks}))}|prodready)\b")
    lines = (line for path in ctx.repo.files(*WORKFLOWS) for line in ctx.repo.text(path).splitlines())
    return any(words.search(line) and not line.lstrip().startswith("#") and not SOFT.search(line) for line in lines)


def _finding(rule: str, message: str, path: str, hook: Hook, fix: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.MEDIUM, path=path, line=hook.line if path in CONFIG else None, anchor=hook.program, fix=fix)


def _missing(message: str, path: str, line: int) -> Finding:
    return Finding(
        rule="no-hook", message=f"{message}: a secret is first seen when it has been pushed", severity=Severity.MEDIUM, path=path, anchor="hook",
        fix="add Yelp/detect-secrets at a released rev with the hook detect-secrets, then run 'pre-commit install'",
    )  # fmt: skip


def _skipped(path: str) -> Finding:
    return Finding(
        rule="only-local", message="no workflow runs the hook, and 'git commit --no-verify' passes by it", severity=Severity.MEDIUM, path=path, anchor="ci",
        fix="run 'pre-commit run --all-files' in a job of the pull request",
    )  # fmt: skip


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="secrets")
