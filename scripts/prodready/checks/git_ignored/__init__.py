"""Files with secrets are ignored by git, in every folder where one may appear, and none is tracked.

git itself is asked, in a repository of ours that holds the tracked .gitignore files and nothing else: a rule in `.git/info/exclude` or in somebody's
own settings ignores nothing for the others, and `.env` alone leaves `.env.production` open. Each name is tried at the root and wherever a template
(`.env.example`), a compose file or a package manifest says that a service starts. A file of such a name that is tracked all the same is a finding of its
own: ignoring it now does not take it out.

    - id: secrets.env-ignored
      title: .env files are ignored and untracked
      check: git_ignored
      params: {names: [.env, .env.local, .env.production]}
      expect: no findings
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context, Ended
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown

STARTS = (".env.*", "*compose*.yml", "*compose*.yaml", "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "manage.py")
"""Files beside which a service reads its .env (gitignore patterns)."""
MOST_FOLDERS = 200
TEMPLATES = frozenset(("example", "sample", "template", "tmpl", "dist", "default", "defaults", "schema", "test", "ci", "vault", "enc", "encrypted", "sops"))
"""Parts of a name that say: no values in here, or encrypted ones."""
CLEAN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}


class Params(Struct, frozen=True, kw_only=True):
    """Which names."""

    names: tuple[str, ...] = (".env", ".env.local", ".env.production", ".env.staging")
    """Names that git must ignore wherever they appear."""
    tracked: tuple[str, ...] = (".env", ".env.*", "*.env")
    """gitignore patterns of files that must not be tracked; those whose name says example, sample, template and the like may be."""

    def __post_init__(self) -> None:
        if not self.names or any("/" in name or name.startswith("-") for name in self.names):
            raise ValueError("names: write plain file names, for example [.env, .env.local]")


def observe(ctx: Context, params: Params) -> Found:
    """Asks git about each name in each folder. Raises CannotTell."""
    if ctx.repo.history is None:
        raise CannotTell("this folder is not in a git repository, so nothing in it is ignored or tracked", "gate a git checkout")
    folders = _folders(ctx)
    ignored = _ignored(ctx, [f"{folder}{name}" for folder in folders for name in params.names])
    return Found(
        examined=len(folders) * len(params.names),
        evidence=Evidence(source=f"{counted(len(params.names), 'name')} in {counted(len(folders), 'folder')}", tool="git"),
        findings=(*_open(params.names, folders, ignored), *map(_known, _tracked(ctx, params.tracked))),
    )


def _folders(ctx: Context) -> Sequence[str]:
    """Where a service may start, as prefixes of paths; the root is one."""
    below = {str(PurePosixPath(path).parent) for path in ctx.repo.files(*STARTS)} - {"."}
    if len(below) > MOST_FOLDERS:
        raise CannotTell(f"{len(below)} folders look like services, at most {MOST_FOLDERS} are tried", "gate each service by itself, or exclude what is none")
    return ("", *(f"{folder}/" for folder in sorted(below)))


def _ignored(ctx: Context, probes: Sequence[str]) -> frozenset[str]:
    """The probes that the tracked .gitignore files ignore. Raises CannotTell."""
    scratch = ctx.scratch()
    ctx.repo.stage(scratch, ctx.repo.files("**/.gitignore"))
    _git(ctx, scratch, "init", "--quiet", "--template=")
    # --verbose --non-matching: a line for every probe, so that one git did not answer for is no pass.
    lines = _git(ctx, scratch, "-c", "core.quotePath=false", "check-ignore", "--no-index", "--verbose", "--non-matching", "--", *probes).splitlines()
    if len(lines) != len(probes):
        raise CannotTell(f"git answered for {len(lines)} of {len(probes)} names", "run it again; look at the names of the folders")
    rules = [line.partition("\t")[0].split(":", 2) for line in lines]
    return frozenset(probe for probe, rule in zip(probes, rules, strict=True) if len(rule) == 3 and rule[2] and not rule[2].startswith("!"))


def _git(ctx: Context, folder: Path, *args: str) -> str:
    ended = ctx.run.command(("git", *args), cwd=folder, env=CLEAN, deadline=60.0)
    if ended.ended is not Ended.EXITED or ended.code not in (0, 1):  # 1: none of them is ignored
        raise CannotTell(f"git could not tell what is ignored ({ended.ended.value}, code {ended.code})", "look with 'git check-ignore --no-index -v .env'")
    return os.fsdecode(ended.stdout)


def _tracked(ctx: Context, patterns: Sequence[str]) -> Sequence[str]:
    """Paths that git keeps although their name says secrets."""
    prefix = ctx.repo.history.prefix if ctx.repo.history else ""
    listed = ctx.repo.git("ls-files", "-z", "--cached", "--", prefix or ".").split("\0")
    kept = {path.removeprefix(prefix) for path in listed if path}
    return [path for path in ctx.repo.files(*patterns) if path in kept and not _template(path)]


def _template(path: str) -> bool:
    return bool(TEMPLATES & set(PurePosixPath(path).name.lower().replace("-", ".").replace("_", ".").split(".")))


def _open(names: Sequence[str], folders: Sequence[str], ignored: Collection[str]) -> Iterator[Finding]:
    for name in names:
        where = [folder for folder in folders if f"{folder}{name}" not in ignored]
        if where:
            places = few([shown(folder) or "the root" for folder in where])
            yield Finding(
                rule="not-ignored",
                message=f"no tracked .gitignore ignores {name} in {places}: one careless 'git add .' publishes it",
                severity=Severity.MEDIUM,
                path=".gitignore",
                anchor=name,
                fix="write the lines '.env*' and '!.env.example' into the .gitignore of the root, without a leading slash",
            )


def _known(path: str) -> Finding:
    return Finding(
        rule="tracked",
        message=f"{PurePosixPath(path).name} is under version control, and ignoring it does not take it out",
        severity=Severity.HIGH,
        path=path,
        anchor="file name",
        fix=f"revoke what it holds, run 'git rm --cached {shlex.quote(shown(path))}', and keep an .env.example without values",
    )


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="secrets")
