"""The files a gate rests on: workflows, policy, owners, records of drills, and what scanners take for permission to look away."""

from __future__ import annotations

import json
import re

from pathspec import GitIgnoreSpec

from prodready import suppressors
from prodready.check import CannotTell
from prodready.context import Repo
from prodready.evidence.record import SCHEMA
from prodready.names import shown

POLICY = ("/.prodready.yml", "/.prodready/**", "CODEOWNERS", "/.github/workflows/**", "/.github/actions/**")
SIGNED = "!/.prodready/signoffs/**"
"""Statements of people weaken nothing."""
DECIDES = {
    ".prodready/allowed_signers": "whose keys count", ".prodready/revoked_keys": "whose keys count",
    **dict.fromkeys(("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"), "whose approval GitHub asks for"),
}  # fmt: skip
_WORKFLOW = re.compile(r"\.github/(?:workflows|actions)/.+|(?:.+/)?action\.ya?ml")
"""Workflows and what they call: an action of the repository may lie in any folder."""
_GATE = re.compile(r"prodready|statuses:\s*write|checks:\s*write|write-all", re.IGNORECASE)


def relevant(repo: Repo) -> tuple[str, ...]:
    """The changed files that the gate rests on. Raises CannotTell."""
    spec = GitIgnoreSpec.from_lines((*POLICY, *suppressors.ALL, SIGNED))
    return tuple(shown(path) for path in _changed(repo) if spec.match_file(path))


def weaker(repo: Repo, tip: str) -> tuple[str, ...]:
    """Changed workflows that run a gate, or could speak in its name, changed keys and owners, and records of drills: the change could answer for itself."""
    changed = _changed(repo)
    workflows = [path for path in changed if _WORKFLOW.fullmatch(path) and (_GATE.search(_at(repo, tip, path)) or _GATE.search(_at(repo, "HEAD", path)))]
    others = [f"{path} is changed: {DECIDES[path]}" for path in changed if path in DECIDES]
    records = [path for path in changed if path.endswith(".json") and (_is_record(_at(repo, tip, path)) or _is_record(_at(repo, "HEAD", path)))]
    told = [f"the change itself brings, alters or takes away the record of a drill, {shown(path)}" for path in records]
    return (*(f"the workflow {shown(path)} of a gate is changed" for path in workflows), *others, *told)


def _is_record(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False  # nor does a check take it for one
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def _changed(repo: Repo) -> list[str]:
    if repo.history is None or not repo.history.base:
        return []
    return [path for path in repo.git("diff", "--no-renames", "--name-only", "-z", repo.history.base, "--").split("\0") if path]


def _at(repo: Repo, commit: str, path: str) -> str:
    try:
        return repo.git("cat-file", "blob", f"{commit}:{path}")
    except CannotTell:  # not there before, or not there any more
        return ""
