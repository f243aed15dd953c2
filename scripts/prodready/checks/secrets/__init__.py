"""No secret is in the files or in the git history.

gitleaks and detect-secrets (pinned, with their own rules and ours only) read every file under the gate; gitleaks also reads every commit since the
base branch on a pull request, or all commits behind HEAD otherwise, as on a schedule. A secret that was added and removed again is still found: whoever
cloned the repository has it. What two scanners report at one place is one finding, in the words of the more exact one.
With `voices: [gitleaks, detect-secrets, trufflehog]` TruffleHog (`prodready tools install trufflehog`) is a third one, for files and commits. A key
that it could not try, or was not let try (`verify`), counts as if it worked.
The repository cannot switch them off: its .gitleaks.toml, .gitleaksignore, .secrets.baseline, `gitleaks:allow`, `trufflehog:ignore` and `pragma: allowlist
secret` comments, .gitattributes and git configuration are not read. A random secret is planted in each run and each scanner must find it, each file must
be accounted for, and the number of commits must be git's own.
Files whose very name says that they hold secrets (.env, .netrc, id_rsa, *.tfstate, … 80 in all; not .env.example) are findings too (`sensitive-file`), and
so are passwords in plain words in settings and dotfiles (`plain-password`), which scanners for keys pass over.
The secret itself is never shown; the same secret in the files and in the history is one finding. Keys to machines and clouds are critical, other keys
and tokens high. A made-up value that only stands beside a word like "password", or in an address, is low: mostly an example, for a person to look at.
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
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell, Check
from prodready.checks.secrets.added import Added, texts
from prodready.checks.secrets.commits import Commits, listed
from prodready.checks.secrets.identity import Identity
from prodready.checks.secrets.past import scan_past
from prodready.checks.secrets.plain import plain
from prodready.checks.secrets.question import Question
from prodready.checks.secrets.sensitive import sensitive
from prodready.checks.secrets.tree import laid_out
from prodready.checks.secrets.trufflehog import parted
from prodready.checks.secrets.voices import HISTORIANS, VOICES, Voice, hear, places
from prodready.context import Context
from prodready.model import Finding, Found, Severity
from prodready.names import counted
from prodready.tools.scan import Scanned, nothing, numbered
from prodready.tools.together import Together

SHALLOW = "the git history: this is a shallow clone, without most of its commits; set 'fetch-depth: 0' on actions/checkout, or run: git fetch --unshallow"
NO_GIT = "the git history: this folder is not in a git repository; gate a clone of it, or set 'history: none' where there never was one"


class Params(Struct, frozen=True, kw_only=True):
    """What of the past is read."""

    history: Literal["auto", "full", "none"] = "auto"
    """``auto``: the commits since the base branch, or all where no base is known; ``full``: all behind HEAD; ``none``: the files alone."""
    voices: tuple[Voice, ...] = ("gitleaks", "detect-secrets")
    """Which scanners read the files: gitleaks, detect-secrets, trufflehog. detect-secrets reads no history."""
    verify: bool = False
    """Whether TruffleHog tries each key at its issuer. **This sends the secrets out of the house**: ask your security officer first."""
    deadline: float = 300
    """Seconds for the files, and again for the history."""

    def __post_init__(self) -> None:
        if not self.voices:
            raise ValueError(f"voices: name at least one of {', '.join(VOICES)}")
        if not HISTORIANS.intersection(self.voices) and self.history != "none":
            raise ValueError("voices: without gitleaks or trufflehog nobody reads the history; add one, or set 'history: none'")


def observe(ctx: Context, params: Params) -> Found:
    """Scans files and commits. Raises CannotTell."""
    if not ctx.repo.files() and not (ctx.repo.history and ctx.repo.history.head):
        return nothing("files and no commits", ("all files",))
    past = _past(ctx, params)
    verify = params.verify and not ctx.offline
    asked = Question(bench=laid_out(ctx), past=past.texts, identity=Identity(), verify=verify, deadline=params.deadline)
    with ThreadPoolExecutor(1) as pool:
        patches = pool.submit(_patches, ctx, params, past, asked.identity)
        heard = hear(ctx, asked, params.voices)
    return _merged(ctx, heard, patches.result(), past)


class Past(Struct, frozen=True, kw_only=True):
    """The commits to read, and why some or all are not read."""

    commits: Commits | None = None
    texts: Added | None = None
    """What they add, where a voice needs it."""
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _past(ctx: Context, params: Params) -> Past:
    history = ctx.repo.history
    if params.history == "none":
        return Past(notes=("the git history was not read: history is none",))
    if history is None:
        return Past(gaps=(NO_GIT,))
    if not history.head:
        return Past(notes=("the repository has no commits yet",))
    if history.shallow:
        return Past(gaps=(SHALLOW,))
    try:
        found = listed(ctx, history, since=history.base if params.history == "auto" else "", mark=token_hex(8))
        return Past(commits=found, texts=texts(ctx, found) if "trufflehog" in params.voices else None)
    except CannotTell as unable:  # what was found in the files counts all the same
        return Past(gaps=(f"the git history: {unable.reason}; {unable.remedy}",))


def _patches(ctx: Context, params: Params, past: Past, identity: Identity) -> Scanned:
    """What gitleaks finds in them, if it is asked and there are any."""
    if past.commits is None or "gitleaks" not in params.voices:
        return Scanned(tool="", sha256="")
    try:
        return scan_past(ctx, past.commits, identity, mark=token_hex(8), deadline=params.deadline)
    except CannotTell as unable:
        return Scanned(tool="", sha256="", gaps=(f"the git history: {unable.reason}; {unable.remedy}",))


def _merged(ctx: Context, heard: Together, patches: Scanned, past: Past) -> Found:
    texts = past.texts
    parts = [parted(scanned, texts) if texts else (scanned, ()) for scanned in heard.said]
    tree = replace(heard, said=tuple(scanned for scanned, _ in parts))
    behind = [_left_out(ctx, finding) for findings in (patches.findings, *(findings for _, findings in parts)) for finding in findings]
    files = places([*(scanned.findings for scanned in tree.said), plain(ctx.repo)])
    found = _distinct(files, behind, known={finding.anchor for finding in tree.findings})
    named = sensitive(ctx.repo, but={finding.path for finding in found if finding.severity >= Severity.HIGH})
    count = len(past.commits.additions.commits) if past.commits else 0
    words = counted(len(ctx.repo.files()), "file") + (f" and {counted(count, 'commit')} with additions" if past.commits else "")
    return Found(
        examined=len(ctx.repo.files()) + count,
        evidence=tree.evidence(words),
        findings=numbered((*found, *named)),
        gaps=(*tree.gaps, *patches.gaps, *past.gaps),
        notes=(*tree.notes, *past.notes),
    )


def _left_out(ctx: Context, finding: Finding) -> Finding:
    reason = ctx.repo.excluded(finding.path)
    return replace(finding, suppressed=f"excluded: {reason}") if reason else finding


def _distinct(files: Iterable[Finding], commits: Iterable[Finding], *, known: Collection[str]) -> list[Finding]:
    """Every place in the files, and of what is only in the history the first commit. The identity in the anchor goes no further than here."""
    found, seen = list(files), set(known)
    # What counts comes first: a place that the policy leaves out must not stand for one that it does not.
    for finding in sorted(commits, key=lambda finding: bool(finding.suppressed)):
        if finding.anchor not in seen:
            seen.add(finding.anchor)
            found.append(finding)
    return [replace(finding, anchor="") for finding in found]


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="secrets", tools=("gitleaks", "detect-secrets"), deadline=1400)
