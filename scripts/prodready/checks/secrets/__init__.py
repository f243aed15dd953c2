"""No secret is in the files or in the git history.

gitleaks and detect-secrets (pinned, with their own rules and ours only) read every file under the gate; gitleaks also reads every commit since the
base branch on a pull request, or all commits behind HEAD otherwise, as on a schedule. A secret that was added and removed again is still found: whoever
cloned the repository has it. What two scanners report at one place is one finding, in the words of the more exact one.
With `voices: [gitleaks, detect-secrets, trufflehog]` TruffleHog (`prodready tools install trufflehog`) is a third one. A key that it could not try, or was not
let try (`verify`), counts as if it worked.
The repository cannot switch them off: its .gitleaks.toml, .gitleaksignore, .secrets.baseline, `gitleaks:allow` and `pragma: allowlist secret` comments,
.gitattributes and git configuration are not read. A random secret is planted in each run and each scanner must find it, each file must be accounted for,
and the number of commits must be git's own.
Files whose very name says that they hold secrets (.env, .netrc, id_rsa, *.tfstate, … 80 in all; not .env.example) are findings too (`sensitive-file`), and
so are passwords in plain words in settings and dotfiles (`plain-password`), which scanners for keys pass over.
The secret itself is never shown; the same secret in the files and in the history is one finding. Keys to machines and clouds are critical, other keys
and tokens high. A value that only stands beside a word like "password", or in an address, is low: mostly an example, shown for a person to look at.
What earlier commits hold in files that the policy excludes is listed as suppressed.

It cannot see: passwords without a known shape in code, archives and images, secrets that only the conflict resolution of a merge brought in and a later commit
took out again, and other branches. A shallow clone has no history to read: set `fetch-depth: 0` on actions/checkout.

    - id: secrets.none
      title: No secret in the files or the history
      check: secrets
      params: {history: auto}
      expect: no findings >= medium
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Literal

from prodready.check import CannotTell, Check
from prodready.checks.secrets.identity import Identity
from prodready.checks.secrets.past import Past, scan_past
from prodready.checks.secrets.plain import plain
from prodready.checks.secrets.sensitive import sensitive
from prodready.checks.secrets.tree import laid_out
from prodready.checks.secrets.voices import VOICES, Voice, hear, places
from prodready.context import Context
from prodready.model import Finding, Found, Severity
from prodready.names import counted
from prodready.tools.scan import nothing, numbered
from prodready.tools.together import Together

SHALLOW = "the git history: this is a shallow clone, without most of its commits; set 'fetch-depth: 0' on actions/checkout, or run: git fetch --unshallow"
NO_GIT = "the git history: this folder is not in a git repository; gate a clone of it, or set 'history: none' where there never was one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What of the past is read."""

    history: Literal["auto", "full", "none"] = "auto"
    """``auto``: the commits since the base branch, or all where no base is known; ``full``: all behind HEAD; ``none``: the files alone."""
    voices: tuple[Voice, ...] = ("gitleaks", "detect-secrets")
    """Which scanners read the files: gitleaks, detect-secrets, trufflehog. gitleaks alone reads the history."""
    verify: bool = False
    """Whether TruffleHog tries each key at its issuer. **This sends the secrets out of the house**: ask your security officer first."""
    deadline: float = 300
    """Seconds for the files, and again for the history."""

    def __post_init__(self) -> None:
        if not self.voices:
            raise ValueError(f"voices: name at least one of {', '.join(VOICES)}")
        if "gitleaks" not in self.voices and self.history != "none":
            raise ValueError("voices: without gitleaks nobody reads the history; add it, or set 'history: none'")


def observe(ctx: Context, params: Params) -> Found:
    """Scans files and commits. Raises CannotTell."""
    if not ctx.repo.files() and not (ctx.repo.history and ctx.repo.history.head):
        return nothing("files and no commits", ("all files",))
    identity = Identity()
    tree = hear(ctx, laid_out(ctx), params.voices, identity, verify=params.verify and not ctx.offline, deadline=params.deadline)
    past = _past(ctx, params, identity)
    return _merged(ctx, tree, past if isinstance(past, Past) else None, past if isinstance(past, Missing) else Missing())


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why no commit was read."""

    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _past(ctx: Context, params: Params, identity: Identity) -> Past | Missing:
    history = ctx.repo.history
    if params.history == "none":
        return Missing(notes=("the git history was not read: history is none",))
    if history is None:
        return Missing(gaps=(NO_GIT,))
    if not history.head:
        return Missing(notes=("the repository has no commits yet",))
    if history.shallow:
        return Missing(gaps=(SHALLOW,))
    since = history.base if params.history == "auto" else ""
    try:
        return scan_past(ctx, history, identity, since=since, mark=token_hex(8), deadline=params.deadline)
    except CannotTell as unable:  # what was found in the files counts all the same
        return Missing(gaps=(f"the git history: {unable.reason}; {unable.remedy}",))


def _merged(ctx: Context, tree: Together, past: Past | None, missing: Missing) -> Found:
    commits = past.commits if past else 0
    files = places([*(scanned.findings for scanned in tree.said), plain(ctx.repo)])
    found = _distinct(files, past.scanned.findings if past else (), known={finding.anchor for finding in tree.findings})
    named = sensitive(ctx.repo, but={finding.path for finding in found if finding.severity >= Severity.HIGH})
    words = counted(len(ctx.repo.files()), "file") + (f" and {counted(commits, 'commit')} with additions" if past else "")
    return Found(
        examined=len(ctx.repo.files()) + commits,
        evidence=tree.evidence(words),
        findings=numbered((*found, *named)),
        gaps=(*tree.gaps, *(past.scanned.gaps if past else ()), *missing.gaps),
        notes=(*tree.notes, *missing.notes),
    )


def _distinct(files: Iterable[Finding], commits: Iterable[Finding], *, known: Collection[str]) -> list[Finding]:
    """Every place in the files, and of what is only in the history the first commit. The identity in the anchor goes no further than here."""
    found, seen = list(files), set(known)
    # What counts comes first: a place that the policy leaves out must not stand for one that it does not.
    for finding in sorted(commits, key=lambda finding: bool(finding.suppressed)):
        if finding.anchor not in seen:
            seen.add(finding.anchor)
            found.append(finding)
    return [replace(finding, anchor="") for finding in found]


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="secrets", tools=("gitleaks", "detect-secrets"), deadline=900)
