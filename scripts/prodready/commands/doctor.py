"""Tell whether the gate of a repository can do its work: workflows, required status, token, teams, programs, clock. Nothing is changed.

Exit 1 when something is bad, 3 when something could not be told, else 0.

Example:
  prodready doctor

"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from prodready import policy, version
from prodready.doctor import github, workflows
from prodready.doctor.row import Row, bad, good, mind, unknown
from prodready.errors import Exit
from prodready.model import Checklist
from prodready.names import few, shown
from prodready.settings import Settings
from prodready.signoffs.nouns import Source

SIGNS = {"good": "✓", "mind": "!", "bad": "✗", "unknown": "?"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``doctor``."""
    parser.add_argument("path", nargs="?", type=Path, default=Path(), help="the checkout (default: the current one)")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="default: what the remote origin says")
    parser.add_argument("--offline", action="store_true", help="do not ask GitHub")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints a line for each thing. Raises ProdreadyError where there is no repository or its policy is not valid."""
    found = list(_rows(args, settings))
    for row in found:
        print(f"{SIGNS[row.state]} {row.about}: {shown(row.words)}")
        if row.fix:
            print(f"    {shown(row.fix)}")
    states = {row.state for row in found}
    print(", ".join(f"{sum(row.state == state for row in found)} {state}" for state in SIGNS))
    return Exit.NOT_READY if "bad" in states else Exit.UNKNOWN if "unknown" in states else Exit.READY


def _rows(args: argparse.Namespace, settings: Settings) -> Iterator[Row]:
    from prodready.world.repo import open_repo

    repo = open_repo(args.path)
    held = policy.in_folder(repo.root, "")
    yield good("version", f"prodready {version()}, Python {platform.python_version()}, {sys.platform}")
    if repo.history is None:
        yield bad("git", "this is no git repository: there is no base to read the policy at", "gate a git checkout")
    elif repo.history.shallow:
        yield bad("git", "this is a shallow clone", "git fetch --unshallow; in Actions 'fetch-depth: 0'")
    yield from workflows.rows(repo, reviews=bool(held.signoffs.pr) and Source.REVIEW in held.signoffs.sources)
    yield from _programs(settings)
    yield from _github(args, settings, held)


def _programs(settings: Settings) -> Iterator[Row]:
    from prodready.tools import listing
    from prodready.world.process import Processes

    found = listing.rows(Processes(cache=settings.cache, offline=True).toolbox)
    damaged = [f"{row.name} ({row.why_not})" for row in found if row.why_not.startswith("damaged")]
    if damaged:
        yield bad("programs", f"not what was pinned: {few(damaged)}", "run 'prodready tools install'")
    missing = [row.name for row in found if not row.here and not row.why_not.startswith("damaged")]
    words = f"{len(found) - len(missing) - len(damaged)} of {len(found)} pinned programs are here and intact"
    yield (
        mind("programs", f"{words}; the others come at their first use: {few(missing)}", "to have them now: prodready tools install")
        if missing
        else good("programs", words)
    )


def _github(args: argparse.Namespace, settings: Settings, held: Checklist) -> Iterator[Row]:
    from prodready.commands.protect import port_for
    from prodready.github.publish import port_of
    from prodready.world.http import RealHttp

    if args.offline:
        yield unknown("GitHub", "it was not asked: --offline", "run without --offline")
        return
    port = port_for(args.repository, settings)
    if port is None:
        yield unknown("GitHub", "it was not asked: there is no token, or no repository is known", "export PRODREADY_TOKEN; name --repository OWNER/NAME")
        return
    yield from github.rows(port, port_of(settings, org=True), RealHttp(), held)
