"""Run one check by its id and judge it. Exit 0 passed, 1 failed, 2 usage, 3 unknown.

Examples:
  prodready check secrets .
  prodready check document . -p 'paths=[README.md]' -p 'headings=[Install]'
  prodready check test_report . -p files=coverage.xml -p measure=coverage --expect '>= 85 %' --json
  prodready check iam_wildcards . --explain
  prodready check tls_grade . -p target=trade.example.com:443 --keep compliance/ssl

"""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodready import check as checks
from prodready import expectation, yamltext
from prodready.decode import nearest
from prodready.errors import Exit, ProdreadyError
from prodready.expectation import Expectation, ExpectationError
from prodready.model import OWN, Item, Outcome, Status
from prodready.request import Request, parse_time
from prodready.settings import Settings

if TYPE_CHECKING:
    from prodready.check import Check
    from prodready.context import Repo
    from prodready.world import World

_CODES = {Status.PASSED: Exit.READY, Status.WAIVED: Exit.READY, Status.FAILED: Exit.NOT_READY, Status.PENDING: Exit.PENDING}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument("id", help="which check: 'prodready list checks'")
    parser.add_argument("path", nargs="?", default=".", help="folder to look at (default: the current one)")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter; the value is YAML")
    parser.add_argument("--expect", default="", help="the bound to hold, instead of the check's own")
    parser.add_argument("--base", default="", help="branch that the change goes into")
    parser.add_argument("--offline", action="store_true", help="use no network")
    parser.add_argument("--now", metavar="TIME", help="judge ages as of this time (ISO 8601)")
    parser.add_argument("--explain", action="store_true", help="show how each thing was judged, where the check can say it: -p explain=true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="put what was seen on file there, as JSON and PDF under the day's date")
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON object")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the check; the exit code is the outcome's."""
    outcome = judged(args, settings)
    if args.keep:
        print(f"kept {', '.join(map(str, kept(outcome, args.keep, settings)))}", file=sys.stderr)
    if args.json:
        from prodready.report.json_v1 import item_json

        print(item_json(outcome))
    else:
        from prodready.report import plain

        print(f"{outcome.item.id} {outcome.status}: {plain.told(outcome.summary)}")
        print("".join(f"  {line}\n" for line in (*plain.details(outcome), *plain.ways(outcome), *plain.asides(outcome))), end="")
    return _CODES.get(outcome.status, Exit.UNKNOWN)


def kept(outcome: Outcome, folder: Path, settings: Settings) -> tuple[Path, Path]:
    """Writes the outcome as ``DAY-check-target.json`` and ``.pdf`` below the folder. Raises ProdreadyError when one of them cannot be written."""
    from prodready import version
    from prodready.report import json_v1, pdf
    from prodready.world.process import Processes, interruptible

    now = datetime.now(UTC)
    about = next((value for value in outcome.item.params.values() if isinstance(value, str)), "")
    stem = re.sub(r"[^\w.-]+", "-", f"{now:%Y-%m-%d}-{outcome.item.check}-{about}")[:120].strip("-.")
    data, page = (folder / f"{stem}.{kind}" for kind in ("json", "pdf"))
    processes = Processes(cache=settings.cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.write_text(json_v1.item_json(outcome, looked=f"{now:%Y-%m-%dT%H:%M:%SZ}", prodready=version(), params=dict(outcome.item.params)), "utf-8")
        with interruptible(processes):
            pdf.printed(pdf.kept(outcome, at=f"{now:%Y-%m-%d %H:%M} UTC", by=version()), processes, page)
    except OSError as error:
        raise ProdreadyError(f"--keep {folder}: cannot be written: {error.strerror}", "name a folder that can be written") from None
    except checks.CannotTell as unable:
        raise ProdreadyError(unable.reason, unable.remedy) from None
    return data, page


def judged(args: argparse.Namespace, settings: Settings) -> Outcome:
    """The outcome of the check as one item; targets are those of .prodready.yml. Raises ProdreadyError for unknown ids, parameters and bounds."""
    if args.id not in checks.known():
        raise ProdreadyError(f"there is no check {args.id!r}; {nearest(args.id, checks.known())}", "'prodready list checks' lists them")
    from prodready.judge import judge
    from prodready.plan import Job, bind
    from prodready.run import run
    from prodready.world.repo import open_repo

    found = checks.load(args.id)
    item = Item(id=args.id, title=checks.doc(args.id).partition("\n")[0], check=args.id, params=_params(args), expect=_expect(args.expect))
    job = Job(check_id=args.id, check=found, params=bind(args.id, item.params, where=args.id), items=(item,))
    wish = Request(path=Path(args.path), base=args.base, offline=args.offline, now=parse_time(args.now) if args.now else None)
    repo = open_repo(wish.path, base=wish.base)
    with _world(found, repo, wish, settings) as world:
        world.prepare(found.tools)
        (ran,) = run([job], world.observe, workers=1, deadline=wish.deadline)
        return judge(item, ran.observation, usual=expectation.parse(found.usual(job.params)), now=world.now, seconds=ran.seconds)


def _params(args: argparse.Namespace) -> dict[str, Any]:
    return {**pairs(args.param), **({"explain": True} if args.explain else {})}


def _world(found: Check[Any], repo: Repo, wish: Request, settings: Settings) -> AbstractContextManager[World]:
    """The world of one check: GitHub, people and the policy only where it asks for them, for each takes time to get hold of."""
    from prodready import assembly

    if not (found.people or found.github or (repo.root / OWN).exists()):
        return assembly.world(repo, None, wish, settings)
    from prodready import people, policy

    forge = people.forge_of(repo, wish, settings)
    held = policy.choose(repo, base=wish.base) if found.people or (repo.root / OWN).exists() else None
    asked = people.signatures(repo, held, forge, wish, settings) if held and found.people else None
    return assembly.world(repo, held.checklist if held else None, wish, settings, forge=forge, asked=asked)


def _expect(text: str) -> Expectation | None:
    try:
        return expectation.parse(text) if text else None
    except ExpectationError as error:
        raise ProdreadyError(f"--expect: {error}") from None


def pairs(given: list[str]) -> dict[str, object]:
    """The parameters of a command line. Raises ProdreadyError for one without a value, or that is no YAML."""
    return dict(_pair(pair) for pair in given)


def _pair(pair: str) -> tuple[str, object]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise ProdreadyError(f"-p {pair!r} has no value", "write it as -p key=value; lists as -p 'key=[a, b]'")
    try:
        return key, yamltext.read(value, name=f"-p {key}").data
    except yamltext.YamlError as error:
        raise ProdreadyError(str(error), "values are YAML: quote what is special to it, such as '*' or ': '") from None
