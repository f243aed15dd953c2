"""What a repository is offered to begin with: a policy, a workflow, owners, a hook. Nothing that is there is ever changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Repo

_PACKAGED = Path(__file__).parent / "workflows"
WORKFLOWS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "examples" / "workflows"
_TRADING = re.compile(
    r"\b(?:ccxt|pybit|ib_async|ib_insync|ibapi|freqtrade|hummingbot|alpaca-py|backtrader|vectorbt|zipline|nautilus_trader|exchange_calendars)\b"
)
_MANIFESTS = ("pyproject.toml", "requirements*.txt", "requirements*.in", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "Pipfile")
_POLICY = ".prodready.yml"
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


class Proposal(Struct, frozen=True, kw_only=True):
    """One file to begin with."""

    path: str
    text: str
    why: str
    exists: bool = False
    """Whether the file is there already: then the text is shown, to be added by hand."""


def proposals(repo: Repo) -> tuple[Proposal, ...]:
    """Everything that is offered, in the order in which it is needed."""
    return tuple(found for offer in OFFERS for found in offer(repo))


def profile_of(repo: Repo) -> tuple[str, str]:
    """The profile that fits, and why."""
    for name, patterns in (("pre-live", ("PRE_LIVE_CHECKLIST.md", "docs/PRE_LIVE_CHECKLIST.md")), ("release", ("/RELEASE_CHECKLIST.md",))):
        if found := repo.files(*patterns):
            return name, f"{found[0]} is the list that it holds"
    for path in repo.files(*_MANIFESTS):
        if word := _trading(repo, path):
            return "pre-live", f"{path} names {word}, so this trades"
    return "starter", "it fits any repository"


def _trading(repo: Repo, path: str) -> str:
    try:
        found = _TRADING.search(repo.text(path))
    except CannotTell:
        return ""
    return found[0] if found else ""


def _policy(repo: Repo) -> Iterator[Proposal]:
    if repo.files(f"/{_POLICY}"):
        return
    name, why = profile_of(repo)
    lines = [
        "# What this repository holds itself to. 'prodready lint .prodready.yml' checks it, 'prodready explain ITEM' tells how to satisfy an item.",
        f"extends: {name} # {why}",
        *_settings(repo),
    ]
    yield Proposal(path=_POLICY, text="\n".join(lines) + "\n", why=f"the profile {name}: {why}")


def _settings(repo: Repo) -> Iterator[str]:
    """The reports that builds of this repository seem to leave."""
    wanted = {"test_report": ("junit*.xml", "reports/junit*.xml"), "coverage_report": ("coverage.xml", "reports/coverage.xml", "coverage.lcov")}
    found = {name: paths[0] for name, patterns in wanted.items() if (paths := repo.outputs(*patterns))}
    if found:
        yield "settings:"
        yield from (f"  {name}: {path}" for name, path in found.items())


def _workflow(repo: Repo) -> Iterator[Proposal]:
    files = repo.files(".github/workflows/*.yml", ".github/workflows/*.yaml")
    if any("prodready" in _readable(repo, path) for path in files):
        return
    text = (WORKFLOWS / "prodready.yml").read_text("utf-8")
    why = "gates every pull request; then require the commit status prodready/gate in a branch rule"
    yield Proposal(path=".github/workflows/prodready.yml", text=text, why=why)


def _owners(repo: Repo) -> Iterator[Proposal]:
    path = next(iter(repo.files(*_OWNERS)), "")
    lines = ("/.prodready.yml @your-org/owners-of-the-policy", "/.github/ @your-org/owners-of-the-policy")
    missing = [line for line in lines if line.split(maxsplit=1)[0].strip("/") not in _readable(repo, path)]
    if missing:
        why = "a change to the policy or a workflow reaches the people who answer for it; put your team's name in"
        yield Proposal(path=path or _OWNERS[0], text="\n".join(missing) + "\n", why=why, exists=bool(path))


def _hook(repo: Repo) -> Iterator[Proposal]:
    path = next(iter(repo.files("/.pre-commit-config.yaml")), "")
    if "prodready" in _readable(repo, path):
        return
    hooks = "    hooks: [{id: prodready}, {id: prodready-lint}]\n"
    entry = f"  - repo: https://github.com/org/prodready\n    rev: v1 # write the 40-digit commit of a release\n{hooks}"
    why = "secrets and dangerous code are found before the commit"
    yield Proposal(path=path or ".pre-commit-config.yaml", text=entry if path else f"repos:\n{entry}", why=why, exists=bool(path))


def _readable(repo: Repo, path: str) -> str:
    try:
        return repo.text(path) if path else ""
    except CannotTell:
        return ""


OFFERS: tuple[Callable[[Repo], Iterator[Proposal]], ...] = (_policy, _workflow, _owners, _hook)
