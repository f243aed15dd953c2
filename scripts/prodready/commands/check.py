"""Run one check by its id and judge it. Exit 0 passed, 1 failed, 2 usage, 3 unknown.

Examples:
  prodready check secrets .
  prodready check document . -p 'paths=[README.md]' -p 'headings=[Install]'
  prodready check test_report . -p files=coverage.xml -p measure=coverage --expect '>= 85 %' --json

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready import check as checks
from prodready import expectation, yamltext
from prodready.decode import nearest
from prodready.errors import Exit, ProdreadyError
from prodready.expectation import Expectation, ExpectationError
from prodready.model import Item, Outcome, Status
from prodready.request import Request, parse_time
from prodready.settings import Settings

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
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON object")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Runs the check; the exit code is the outcome's."""
    outcome = judged(args, settings)
    if args.json:
        from prodready.report.json_v1 import item_json

        print(item_json(outcome))
    else:
        from prodready.report import plain

        print(f"{outcome.item.id} {outcome.status}: {plain.told(outcome.summary)}")
        print("".join(f"  {line}\n" for line in (*plain.details(outcome), *plain.asides(outcome))), end="")
    return _CODES.get(outcome.status, Exit.UNKNOWN)


def judged(args: argparse.Namespace, settings: Settings) -> Outcome:
    """The outcome of the check as one item. Raises ProdreadyError for unknown ids, parameters and bounds."""
    if args.id not in checks.known():
        raise ProdreadyError(f"there is no check {args.id!r}; {nearest(args.id, checks.known())}", "'prodready list checks' lists them")
    from prodready import assembly, people, policy
    from prodready.judge import judge
    from prodready.plan import Job, bind
    from prodready.run import run
    from prodready.world.repo import open_repo

    found = checks.load(args.id)
    item = Item(id=args.id, title=checks.doc(args.id).partition("\n")[0], check=args.id, params=pairs(args.param), expect=_expect(args.expect))
    job = Job(check_id=args.id, check=found, params=bind(args.id, item.params, where=args.id), items=(item,))
    wish = Request(path=Path(args.path), base=args.base, offline=args.offline, now=parse_time(args.now) if args.now else None)
    repo = open_repo(wish.path, base=wish.base)
    forge = people.forge_of(repo, wish, settings)
    asked = people.signatures(repo, policy.choose(repo, base=wish.base), forge, wish, settings) if found.people else None
    with assembly.world(repo, None, wish, settings, forge=forge, asked=asked) as world:
        world.prepare(found.tools)
        (ran,) = run([job], world.observe, workers=1, deadline=wish.deadline)
        return judge(item, ran.observation, usual=expectation.parse(found.usual(job.params)), now=world.now, seconds=ran.seconds)


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
