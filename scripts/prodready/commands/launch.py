"""Launch: T-0, T+5min, T+15min … T+24h, each step taken in its time, with a record; no-go and rollback when one does not hold.

FILE is the timeline (docs/launch.md). Nothing is begun without --start; without it what is due is taken, and the state is read from the records in
--evidence, so that a scheduled job can go on where another one began. --wait stays for the steps that come soon. A step that does not hold stops the
launch: roll back and --abort, mend it and --repeat, or --go-on, each with a reason that is kept. Reviews fall due a day, a week and a month later.

Exit 0 all that was due holds, 1 it does not, 2 usage, 3 could not be told, 4 (--status) a review is awaited.

Examples:
  prodready launch launch.yml --start --wait '35 min'
  prodready launch launch.yml --status
  prodready launch launch.yml --abort 'orders are refused'

"""

from __future__ import annotations

import argparse
import getpass
import math
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodready import drilling, launching
from prodready.columns import table
from prodready.commands.drill import CODES, options
from prodready.engine.duration import seconds
from prodready.errors import Exit, ProdreadyError
from prodready.evidence.files import read_all
from prodready.evidence.record import Record
from prodready.launching import Launch, Moment, Row, State
from prodready.names import shown
from prodready.report.plain import told
from prodready.settings import Settings

GOOD_FOR = "90 d"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``launch``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the timeline, as YAML")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--start", action="store_true", help="go: take T-0 now")
    what.add_argument("--status", action="store_true", help="tell where it stands, and do nothing")
    what.add_argument("--repeat", action="store_true", help="take the step that stopped it once more")
    what.add_argument("--go-on", metavar="REASON", default="", help="go on although a step does not hold; the reason is kept")
    what.add_argument("--abort", metavar="REASON", default="", help="end it; the reason is kept")
    parser.add_argument("--wait", metavar="TIME", default="0", help="stay for the steps that are due within this time")
    parser.add_argument("--evidence", type=Path, default=Path("evidence"), metavar="DIR", help="where records are (default: evidence)")
    parser.add_argument("--incidents", type=Path, metavar="FILE", help="where incidents are noted (default: logs/incidents.log beside --evidence)")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign the records with this SSH key")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, and do nothing")
    parser.add_argument("--production", default="", metavar="NAME", help="names the target of a production launch a second time, which it needs")
    parser.add_argument("--slack", action="store_true", help="post each step to the webhook in SLACK_WEBHOOK_URL; not delivered is a failure")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Takes what is due; the exit code is the worst of what was taken."""
    launch, digest = launching.read(args.file)
    args.incidents = args.incidents or args.evidence.parent / "logs" / "incidents.log"
    desk = _Desk(args, settings, launch, digest)
    if args.status:
        return desk.status()
    if args.start:
        return desk.start()
    if args.go_on or args.abort:
        return desk.decide("abort" if args.abort else "go-on", args.abort or args.go_on)
    return desk.repeat() if args.repeat else desk.go_on()


class _Desk:
    """Where a launch is led from."""

    def __init__(self, args: argparse.Namespace, settings: Settings, launch: Launch, digest: str) -> None:
        self.args, self.settings, self.launch, self.digest = args, settings, launch, digest
        self.until = time.monotonic() + seconds(float(args.wait) if args.wait.isdecimal() else args.wait, "--wait")

    @property
    def state(self) -> State:
        """By the records. Raises ProdreadyError for a record that was changed: it might be the one that counts."""
        records, wrong = read_all(self.args.evidence)
        if wrong:
            raise ProdreadyError(f"the state of the launch is not known: {wrong[0]}", "restore the record, or take it away")
        return launching.state(self.launch, records, datetime.now(UTC))

    def start(self) -> int:
        state = self.state
        if state.open and not (state.stopped and state.stopped.moment == self.launch.steps[0]):
            raise ProdreadyError(f"{state.id} is still under way", "let it go on, or end it: --abort REASON")
        now = datetime.now(UTC)
        ended = self.take(self.launch.steps[0], launching.name(self.launch, now), began="")
        return ended if ended is not Exit.READY or self.args.dry_run else self.go_on()

    def go_on(self) -> int:
        """Takes what is due, and what becomes due while it may wait."""
        worst = Exit.READY
        while True:
            state = self.state
            if state.began is None:
                print(f"no launch of {shown(self.launch.target)} has begun: --start begins one")
                return worst
            for row in state.due:
                worst = max(worst, self.take(row.moment, state.id, began=launching.utc(state.began), review=row.review), key=_bad)
            state = self.state
            if state.stopped or state.aborted:
                return max(worst, self.stop(state), key=_bad)
            if not self.waited(state):
                print("\n".join(_told(self.state)))
                return worst

    def waited(self, state: State) -> bool:
        """Waits for the next step; False when there is none that comes soon enough."""
        coming = [row for row in state.rows if row.verdict == "waiting" and row.due]
        if not coming or coming[0].due is None:
            return any(row.verdict == "due" for row in state.rows)
        left = (coming[0].due - datetime.now(UTC)).total_seconds()
        if time.monotonic() + left > self.until:
            return any(row.verdict == "due" for row in state.rows)
        print(f"waiting for {coming[0].moment.at} at {launching.utc(coming[0].due)}", flush=True)
        time.sleep(max(0.0, left) + 0.01)
        return True

    def repeat(self) -> int:
        state = self.state
        if state.stopped is None or state.began is None:
            raise ProdreadyError("nothing has stopped", "--status tells where it stands")
        began = "" if launching.offset(state.stopped.moment.at) == 0 else launching.utc(state.began)
        ended = self.take(state.stopped.moment, state.id, began=began, again=True)
        return ended if ended is not Exit.READY else self.go_on()

    def decide(self, decision: str, reason: str) -> int:
        state = self.state
        at = state.stopped or (state.next if decision == "abort" else None)
        if at is None or not state.id:
            raise ProdreadyError("there is nothing to decide: no step has stopped", "--status tells where it stands")
        self.record(at.moment, {"launch": state.id, "at": at.moment.at, "decision": decision, "reason": reason})
        return self.go_on() if decision == "go-on" else Exit.NOT_READY

    def take(self, moment: Moment, launch: str, *, began: str, review: bool = False, again: bool = False) -> Exit:
        """Takes a step, ``again`` however late it is. A review that does not hold yet leaves no record until its time is up."""
        plain = launching.written(moment)
        given = {key: value for key, value in plain.items() if key not in ("title", "documents")} if isinstance(plain, dict) else {}
        first = {"began": began} if began else {"go": launching.written(self.launch.go)}
        checks = [*given.pop("checks", ()), *_documents(moment, began)]
        keep = not review or _overdue(moment, began)
        params = {**given, **first, "launch": launch, "checks": checks, "rollback": self.launch.rollback, "review": review or again, "file": self.digest}
        made = self.record(moment, params, keep=keep)
        return CODES[made.status] if made and keep else Exit.READY

    def record(self, moment: Moment, params: dict[str, object], *, keep: bool = True) -> Record | None:
        """Runs the drill ``launch`` for a step; with ``keep`` false only a pass is kept."""
        wish = drilling.wish(launching.DRILL, {**params, "by": _who()}, title=moment.title, good_for=GOOD_FOR)
        made = drilling.run(wish, options(self.args, keep=lambda made: keep or made.status == "passed"), self.settings)
        if made is not None:
            print(f"{moment.at:<8} {made.status:<8} {told(moment.title)}: {told(made.summary)}", flush=True)
        return made

    def stop(self, state: State) -> Exit:
        """Says that it stopped, and what people can do."""
        if state.aborted:
            print(f"{state.id} was ended: {told(state.aborted)}")
            return Exit.READY
        row = state.stopped
        if row is None or row.record is None:
            return Exit.READY
        print(f"NO-GO at {row.moment.at}: {told(row.record.summary)}")
        print(f"  roll back:  {told(self.launch.rollback)}\n  then:       prodready launch {self.args.file} --abort REASON")
        print(f"  or mend it: prodready launch {self.args.file} --repeat\n  or accept:  prodready launch {self.args.file} --go-on REASON")
        return CODES[row.record.status]

    def status(self) -> int:
        state = self.state
        print("\n".join(_told(state)))
        if state.stopped or state.aborted:
            return self.stop(state)
        return Exit.PENDING if any(row.verdict == "awaited" for row in state.rows) else Exit.READY


def _told(state: State) -> list[str]:
    """The timeline as a table."""
    head = ("AT", "DUE", "STATE", "WHAT")
    rows = [(row.moment.at, launching.utc(row.due) if row.due else "", _word(row), shown(row.moment.title)) for row in state.rows]
    return [f"{shown(state.id) or 'not begun'}{' (ended)' if state.aborted else ''}", *table([head, *rows])]


def _word(row: Row) -> str:
    if row.verdict != "awaited" or row.due is None:
        return row.verdict
    end = row.due + timedelta(seconds=launching.late(row.moment.at, row.moment.late))
    return f"awaited until {launching.utc(end)}"


def _documents(moment: Moment, began: str) -> list[dict[str, object]]:
    """A document counts when it was written or reviewed since T-0."""
    if not moment.documents or not began:
        return []
    since = math.ceil((datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds())
    return [{"check": "document", "params": {"paths": list(moment.documents), "max_age": f"{since} s"}}]


def _overdue(moment: Moment, began: str) -> bool:
    late = launching.offset(moment.at) + launching.late(moment.at, moment.late)
    return bool(began) and (datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds() > late


def _who() -> str:
    return os.environ.get("GITHUB_ACTOR") or getpass.getuser()


def _bad(code: Exit) -> int:
    return (Exit.READY, Exit.UNKNOWN, Exit.NOT_READY).index(code)
