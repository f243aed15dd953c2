"""Make merges wait for the gate: writes the branch rule through GitHub's API, shows what changes, and reads it back.

It needs a token of yours with 'Administration: write' in PRODREADY_TOKEN or GH_TOKEN; the token of a workflow run may not do this.

Examples:
  prodready protect --repository acme/desk --dry-run
  prodready protect --repository acme/desk --app 123456 --reviewers 42
  prodready protect --org acme --workflow acme/policy:.github/workflows/gate.yml@<40-digit commit>

"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodready.errors import Exit, ProdreadyError
from prodready.github import ruleset
from prodready.github.client import GitHubError, GitHubPort
from prodready.github.verdict import CONTEXT
from prodready.names import shown
from prodready.settings import Settings

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_WORKFLOW = re.compile(rf"(?P<repository>{_REPOSITORY.pattern}):(?P<path>\.github/workflows/[\w.-]+\.ya?ml)@(?P<sha>[0-9a-f]{{40}})")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``protect``."""
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="default: what the remote origin says")
    parser.add_argument("--context", default=CONTEXT, help=f"the commit status to require (default: {CONTEXT})")
    parser.add_argument("--app", type=int, metavar="ID", help="the GitHub App whose status alone counts")
    parser.add_argument("--reviewers", type=int, metavar="TEAM-ID", help="a team that must approve changes of workflows and policy")
    parser.add_argument("--org", default="", help="write a rule for all repositories of this organisation instead; needs --workflow")
    parser.add_argument("--workflow", default="", metavar="OWNER/NAME:PATH@COMMIT", help="the workflow that every change must pass")
    parser.add_argument("--dry-run", action="store_true", help="show what would change and write nothing")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the rule; exit 1 when GitHub kept something else than was written. Raises ProdreadyError."""
    repository = args.repository or settings.github.repository or _origin()
    if not _REPOSITORY.fullmatch(repository):
        raise ProdreadyError(f"{shown(repository) or 'nothing'} is no repository", "write --repository OWNER/NAME")
    port = port_for(repository, settings)
    if port is None:
        raise ProdreadyError("there is no token", "export PRODREADY_TOKEN with a token of yours that has 'Administration: write'")
    try:
        return _protect(args, port)
    except GitHubError as error:
        raise ProdreadyError(str(error), "use a token of an administrator of the repository or organisation") from None


def port_for(repository: str, settings: Settings) -> GitHubPort | None:
    """GitHub with the token of a person; None without a token or a repository."""
    token, named = settings.github.token or os.environ.get("GH_TOKEN", ""), repository or settings.github.repository or _origin()
    return GitHubPort(api_url=settings.github.api_url, repository=named, token=token) if token and _REPOSITORY.fullmatch(named) else None


def _protect(args: argparse.Namespace, port: GitHubPort) -> int:
    place = f"/orgs/{args.org}" if args.org else f"/repos/{port.repository}"
    wanted = _wanted(args, port)
    old = ruleset.found(port, place)
    changes = ruleset.differences(wanted, old)
    if not changes:
        print(f"no change: the ruleset {ruleset.NAME} of {place[1:]} is as it should be")
        return _warned(old or {})
    print(f"the ruleset {ruleset.NAME} of {place[1:]} {'changes' if old else 'is new'}:")
    print("\n".join(shown_lines(changes)))
    if args.dry_run:
        print("dry run: nothing was written")
        return Exit.READY
    now = ruleset.write(port, place, wanted, old)
    if left := ruleset.differences(wanted, now):
        print("GitHub kept something else than was written:")
        print("\n".join(shown_lines(left)))
        return Exit.NOT_READY
    print("written, and read back as written")
    return _warned(now)


def shown_lines(changes: tuple[str, ...]) -> list[str]:
    """The changes as lines, whatever is in them."""
    return [f"  {shown(line)}" for change in changes for line in change.split("\n")]


def _wanted(args: argparse.Namespace, port: GitHubPort) -> dict[str, Any]:
    if not args.org:
        return ruleset.of_repository(context=args.context, app=args.app, reviewers=args.reviewers)
    named = _WORKFLOW.fullmatch(args.workflow)
    if named is None:
        raise ProdreadyError("--org needs --workflow OWNER/NAME:.github/workflows/FILE.yml@COMMIT, with all 40 digits", "a tag can be moved; a commit cannot")
    repository_id = int(port.read(f"/repos/{named['repository']}")["id"])
    return ruleset.of_organisation(ruleset.Workflow(repository_id=repository_id, path=named["path"], sha=named["sha"]))


def _warned(now: Mapping[str, Any]) -> int:
    for warning in ruleset.warnings(now):
        print(f"mind: {shown(warning)}")
    return Exit.READY


def _origin() -> str:
    from prodready.world.origin import repository_name

    return repository_name(Path.cwd())
