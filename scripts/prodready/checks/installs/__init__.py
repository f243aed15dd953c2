"""What is installed is what was locked: no install that takes whatever is newest, no lock without hashes, no second index that anybody can publish on.

A lock file helps only where the install obeys it. Read are Dockerfiles, workflows, scripts and Makefiles for the commands that install, requirement files for
hashes, and the settings of pip, uv and npm for indexes. Found are:

- unpinned-install (medium): `pip install NAME`, `uvx NAME`, `npm install NAME`, or `npm install` where `npm ci` is meant, `yarn install` without
  `--immutable`, `go install …@latest`, `cargo install` without `--locked`: another build gets other code.
- unhashed-lock (medium): a requirements file that pins versions and no hashes: the index decides what the version is.
- index-confusion (high): a second index beside the first (`--extra-index-url`, `unsafe-best-match`): who publishes your private name on the public one wins.
- insecure-index (high): an index over http, or a host whose certificate is not checked.
- piped-into-a-shell (high): what a server sends today is run without anybody having seen it.

It cannot see: commands that are put together at run time, and installs inside of base images.

    - id: dependencies.installs
      title: Installs take what was locked
      check: installs
      expect: no findings >= medium
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct

from prodready.check import Check
from prodready.checks.installs.named import unpinned
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.readers.resolved import requirements
from prodready.tools.scan import nothing

FILES = (
    *("Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile", ".github/workflows/*.yml", ".github/workflows/*.yaml", ".github/actions/**/*.yml"),
    *(".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "*.sh", "Makefile", "*.mk", "justfile"),
    *("*requirements*.txt", "requirements/*.txt", "pip.conf", "pip.ini", "uv.toml", "pyproject.toml", ".npmrc", ".yarnrc", ".yarnrc.yml"),
)


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read."""

    files: tuple[str, ...] = FILES
    """Patterns of files in which packages are installed or indexes are set (gitignore syntax)."""


class Rule(Struct, frozen=True, kw_only=True):
    """One way to install what nobody locked."""

    id: str
    severity: Severity
    pattern: re.Pattern[str]
    """In one command, lines that end in a backslash joined."""
    message: str
    fix: str


def _rule(name: str, severity: Severity, pattern: str, message: str, fix: str) -> Rule:
    return Rule(id=name, severity=severity, pattern=re.compile(pattern), message=message, fix=fix)


LONGEST = 4000
"""Characters of a command that are looked at."""
_END = r"(?=\s*(?:$|[;&|)\"']))"
RULES = (
    _rule(
        "piped-into-a-shell", Severity.HIGH,
        r"\b(?:curl|wget)\b[^;&]{0,500}?\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:(?:ba|z|da)?sh|(?:python3?|node|perl|ruby)(?!\s+-[A-Za-z]*[cemn]))\b"
        r"|(?:(?:ba|z|da)?sh|source|eval|\.)\s+(?:-\w+\s+)*[\"']?(?:<|\$)\(\s*(?:curl|wget)\b",
        "what the server sends is run, whatever it is", "download a named version, compare its sha256, then run it",
    ),
    _rule(
        "index-confusion", Severity.HIGH, r"extra[-_]index[-_]url|unsafe-(?:best|any|first)-match",
        "two indexes are asked for one name: whoever publishes your private name on the public one is installed",
        "name one index that serves both, or bind the private names to theirs (uv: explicit = true; npm: @scope:registry)",
    ),
    _rule(
        "insecure-index", Severity.HIGH, r"--trusted-host|^\s*trusted-host\s*=|strict-ssl\s*=\s*false|(?:index-url|registry)[=:\s]+[\"']?http://(?!localhost|127\.)",
        "packages come over a connection that anybody on the way can change", "use https, and give the index a certificate that is checked",
    ),
    _rule(
        "unpinned-install", Severity.MEDIUM, r"\bnpm\s+(?:install|i)(?:\s+--?(?!package-lock-only)\S+)*" + _END,
        "`npm install` may change the lock file and take other versions", "use `npm ci`",
    ),
    _rule(
        "unpinned-install", Severity.MEDIUM, r"\byarn\s+install(?!.*(?:--immutable|--frozen-lockfile))|\bpnpm\s+install\b.*--no-frozen-lockfile",
        "the lock file may be changed and other versions taken", "use `yarn install --immutable`, `pnpm install --frozen-lockfile`",
    ),
    _rule(
        "unpinned-install", Severity.MEDIUM, r"\bgo\s+(?:install|get|run)\s+\S+@latest\b", "whatever is newest is built",
        "name a version: `go install MODULE@v1.2.3`",
    ),
    _rule(
        "unpinned-install", Severity.MEDIUM, r"\bcargo\s+install\s(?!.*--locked)(?!.*--path)", "the crate's own lock file is not obeyed",
        "use `cargo install --locked --version X.Y.Z NAME`",
    ),
)  # fmt: skip


def observe(ctx: Context, params: Params) -> Found:
    """What would install something else tomorrow. Raises CannotTell when a file cannot be read."""
    texts = {path: ctx.repo.text(path) for path in ctx.repo.files(*params.files)}
    if not texts:
        return nothing("file in which something is installed", params.files[:6])
    findings = [finding for path, text in texts.items() for finding in (*_commands(path, text), *_unhashed(path, text))]
    return Found(examined=len(texts), evidence=Evidence(source=counted(len(texts), "file")), findings=tuple(findings))


def _commands(path: str, text: str) -> Iterator[Finding]:
    settings = PurePosixPath(path).suffix in (".toml", ".txt") or PurePosixPath(path).name.startswith((".npmrc", ".yarnrc", "pip."))
    for number, line in requirements.logical(text):
        for rule in RULES:
            if (rule.id in ("index-confusion", "insecure-index") or not settings) and (match := rule.pattern.search(line[:LONGEST])):
                yield _finding(rule.id, rule.severity, match[0], rule.message, path, number, rule.fix)
                break
        else:
            for words, fix in unpinned(line[:LONGEST]) if not settings else ():
                yield _finding("unpinned-install", Severity.MEDIUM, words, "whatever is newest is installed", path, number, fix)
                break


def _finding(rule: str, severity: Severity, said: str, message: str, path: str, line: int, fix: str) -> Finding:
    words = shown(re.sub(r"//[^/@\s]*@", "//…@", said.strip()))[:80]
    return Finding(rule=rule, message=f"`{words}`: {message}", severity=severity, path=path, line=line, fix=fix, anchor=words)


def _unhashed(path: str, text: str) -> Iterator[Finding]:
    """A requirements file with pins of which one has no hash."""
    if not path.endswith(".txt"):
        return
    bare = [(number, line) for number, line in requirements.logical(text) if re.match(r"[A-Za-z0-9]", line) and "==" in line and "--hash=" not in line]
    if bare:
        yield Finding(
            rule="unhashed-lock", message=f"{counted(len(bare), 'pinned package')} without a hash: the index decides what that version is",
            severity=Severity.MEDIUM, path=path, line=bare[0][0], fix="lock with hashes: `uv pip compile --generate-hashes`, `pip-compile --generate-hashes`",
            anchor="unhashed",
        )  # fmt: skip


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="dependencies")
