"""Which words hold: a change is judged by the policy at the tip of its base branch, never by the one it brings along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready import checklist, compare, gatefiles
from prodready.check import CannotTell
from prodready.context import History, Repo
from prodready.model import OWN, Checklist
from prodready.names import few
from prodready.profile import PolicyText
from prodready.validate import ChecklistError


class Policy(Struct, frozen=True, kw_only=True):
    """The checklist that holds, and what to say about where it came from."""

    checklist: Checklist
    notes: tuple[str, ...] = ()
    tip: str = ""
    """The commit of the base branch it was read at; empty for the working tree."""
    candidate: Checklist | None = None
    """What would hold after the merge; None when nothing changes or there is no base."""
    weaker: tuple[str, ...] = ()
    """How the change weakens its own gate, in words."""
    tampering: tuple[str, ...] = ()
    """What would break the gate after the merge."""


def choose(repo: Repo, *, profile: str = "", base: str = "") -> Policy:
    """The policy of a run: of the working tree, or of the base branch when there is one. Raises ChecklistError."""
    held, own = texts(repo, profile=profile, base=base)
    policy = Policy(checklist=checklist.load(held, own))
    return _beside(repo, replace(policy, tip=_tip(repo, base)), own, profile) if base else policy


def texts(repo: Repo, *, profile: str = "", base: str = "") -> tuple[PolicyText, PolicyText | None]:
    """The profile and the repository's own file, as written. Raises ChecklistError."""
    if not base:
        return _texts(_in_tree(repo.root, OWN), profile, lambda name: checklist.find(name, repo.root))
    if repo.history is None:
        raise ChecklistError(f"{repo.root.name} is not a git repository, so there is no base {base!r}", "gate a git checkout, or leave --base out")
    tip = _tip(repo, base)
    return _texts(_at(repo, repo.history, tip, OWN), profile, lambda name: _find_at(repo, tip, name))


def at_policy(repo: Repo, held: Policy, path: str) -> str:
    """A file that belongs to the policy, below the toplevel, where the policy was read; empty when there is none. Raises ChecklistError."""
    if repo.history is None or not held.tip:
        folder = repo.history.toplevel if repo.history else repo.root
        found = _in_tree(folder, path)
    else:
        found = _at(repo, replace(repo.history, prefix=""), held.tip, path)
    return found.text if found else ""


def in_folder(root: Path, profile: str) -> Checklist:
    """The checklist of a folder as it is on disk, git or not. Raises ChecklistError."""
    return checklist.load(*_texts(_in_tree(root, OWN), profile, lambda name: checklist.find(name, root)))


def _texts(own: PolicyText | None, profile: str, find: Callable[[str], PolicyText]) -> tuple[PolicyText, PolicyText | None]:
    return find(profile or (checklist.read_own(own).extends if own else "starter")), own


def _in_tree(root: Path, name: str) -> PolicyText | None:
    path = root / name
    if path.is_symlink():
        raise ChecklistError(f"{name} is a symbolic link: a policy must be a file of the repository", "replace the link by the file")
    return checklist.read_policy(path, name) if path.exists() else None


def _tip(repo: Repo, base: str) -> str:
    """The base branch as the remote has it, if the remote is known here; local branches lag behind."""
    for ref in (f"refs/remotes/origin/{base}", base):
        try:
            return repo.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
        except CannotTell:
            continue
    raise ChecklistError(f"the base {base!r} is no commit of this repository", f"fetch it first: git fetch origin {base}")


def _at(repo: Repo, history: History, tip: str, name: str) -> PolicyText | None:
    """The file at a commit; None when the commit has none. Only an ordinary file counts."""
    path = history.prefix + name
    try:
        listed = repo.git("ls-tree", "-z", "--full-tree", tip, "--", path)
        if not listed:
            return None
        if not listed.startswith("100"):
            raise ChecklistError(f"{name} at {tip[:12]} is no ordinary file", "replace the link or folder by the file")
        text = repo.git("cat-file", "blob", f"{tip}:{path}")
    except CannotTell as error:
        raise ChecklistError(f"{name} at {tip[:12]} cannot be read: {error.reason}", error.remedy) from None
    return PolicyText(text=text, name=name, source=f"base:{tip}")


def _find_at(repo: Repo, tip: str, name: str) -> PolicyText:
    if name in checklist.builtin() or repo.history is None:
        return checklist.find(name, repo.root)
    found = _at(repo, repo.history, tip, name)
    if found is None:
        raise ChecklistError(f"the profile {name!r} does not exist at the base {tip[:12]}", "merge the profile first, then extend it")
    return found


def _beside(repo: Repo, held: Policy, own: PolicyText | None, profile: str) -> Policy:
    """The policy of the base, with what the change would make of it."""
    try:
        weaker, relevant = gatefiles.weaker(repo, held.tip), gatefiles.relevant(repo)
    except CannotTell as unable:
        raise ChecklistError(f"it cannot be told what this change does to its gate: {unable.reason}", unable.remedy) from None
    notes = (f"this change touches what the gate rests on: {few(relevant, 8)}",) if relevant else ()
    try:
        candidate = in_folder(repo.root, profile)
    except ChecklistError as error:
        broken = f"the policy of this change is not valid: {error.message.splitlines()[0]}"
        return replace(held, notes=notes, weaker=weaker, tampering=(broken,))
    here = _in_tree(repo.root, OWN)
    if (own.text if own else None) == (here.text if here else None) and candidate.sha256 == held.checklist.sha256:
        return replace(held, notes=notes, weaker=weaker)
    edits = f"this change edits {OWN}; the one at the base ({held.tip[:12]}) holds until it is merged"
    return replace(held, notes=(edits, *notes), candidate=candidate, weaker=(*compare.weaker(held.checklist, candidate), *weaker))
