"""A drill was done, not too long ago, and it passed; or its time to recover keeps a bound over the last few times.

Reads the records that ``prodready drill`` left. Each must be whole: one that was changed, cut or does not parse leaves the item unknown, since it
might be the latest. With ``measure: status`` the last ``last`` drills must all have passed by their own bounds; with ``measure: seconds`` the 95th
percentile of their times is measured (the longest, for fewer than twenty), and a service that never came back took for ever. A drill that could
not tell is not a pass. How old the last one may be, the record says itself, and the item's ``max_age``. With ``signed`` each must carry the signature
of somebody who may (``prodready drill --sign``): one that is missing, forged or over another text leaves the item unknown.

An item that uses it:

    - id: chaos.redis
      title: Redis comes back by itself within 30 s, and did so the last three times
      check: drill_record
      params: {drill: chaos, target: "redis://*", last: 3, measure: seconds}
      expect: <= 30 s
      max_age: 30 d
"""

from __future__ import annotations

import fnmatch
import json
from datetime import datetime
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.evidence.files import MOST, percentile
from prodready.evidence.record import SCHEMA, Record, parse
from prodready.evidence.signature import LIMIT, RECORDS, BadSignature
from prodready.model import Evidence, Measured
from prodready.names import few, shown


class Params(Struct, frozen=True, kw_only=True):
    """Which drill, and what of it counts."""

    drill: str
    """The id of the drill."""
    target: str = "*"
    """Which targets count; ``*`` stands for any characters."""
    title: str = "*"
    """Which titles count: tells the drills of a team that share an id apart."""
    environment: str = "*"
    """Which environments (``PRODREADY_ENV``) count."""
    files: tuple[str, ...] = ("evidence/**/*.json",)
    """Where records are (gitignore patterns)."""
    last: int = 1
    """How many of the latest drills count."""
    measure: Literal["status", "seconds"] = "status"
    """Whether each passed by its own bound, or how long they took."""
    notified: str = ""
    """A channel, such as ``slack``, on which people must have been told."""
    signed: tuple[str, ...] = ()
    """Who may have signed: principals of ``.prodready/allowed_signers``, ``*`` for any characters; each drill that counts must carry such a signature."""

    def __post_init__(self) -> None:
        if self.last < 1:
            raise ValueError("last is at least 1")


def observe(ctx: Context, params: Params) -> Measured:
    """Reads the records, and measures the latest. Raises CannotTell."""
    found = sorted((one for one in _records(ctx, params) if _wanted(one.record, params)), key=lambda one: one.record.began)[-params.last :]
    latest = [one.record for one in found]
    if len(latest) < params.last:
        raise CannotTell(
            f"{len(latest)} of {params.last} drills {params.drill} on {params.target} are on record in {', '.join(params.files)}",
            f"run 'prodready drill {params.drill} …' and keep its records there",
        )
    if unclear := next((one for one in reversed(latest) if one.status == "unknown"), None):
        raise CannotTell(f"the drill of {unclear.started} could not tell: {unclear.reason}", unclear.remedy or "repeat it")
    signers = {_signer(ctx, one, params) for one in found} if params.signed else set[str]()
    last = latest[-1]
    several = f"{params.drill} on {last.target}, {len(latest)} drills, the last on {last.started[:10]}"
    evidence = Evidence(
        source=(several if params.last > 1 else f"{last.started[:10]}: {last.summary}") + (f", signed by {few(sorted(signers))}" if signers else ""),
        tool=f"prodready {last.tool.version}", sha256=last.sha256, collected=last.began, expires=datetime.fromisoformat(last.expires),
    )  # fmt: skip
    value: float | str = _seconds(latest) if params.measure == "seconds" else _status(latest)
    if params.notified and not any(one.delivered for one in last.notifications if one.channel == params.notified):
        raise CannotTell(f"nobody was told on {params.notified} of the drill of {last.started}", f"repeat it with --{params.notified}")
    return Measured(value=value, unit="s" if params.measure == "seconds" else "", examined=len(latest), evidence=evidence)


class _Filed(Struct, frozen=True, kw_only=True):
    """A record, and the file it is in."""

    record: Record
    path: str
    text: str


def _records(ctx: Context, params: Params) -> list[_Filed]:
    found = []
    for path in ctx.repo.outputs(*params.files):
        text = ctx.repo.text(path, limit=MOST)
        try:
            if json.loads(text).get("schema") == SCHEMA:
                found.append(_Filed(record=parse(text), path=path, text=text))
        except (ValueError, AttributeError, RecursionError) as error:
            raise CannotTell(f"{shown(path)} cannot be read as a record, and may be the latest: {error}", "restore it, or take it away") from None
    return found


def _signer(ctx: Context, one: _Filed, params: Params) -> str:
    """Who signed the record. Raises CannotTell when nobody did who may: whoever can write a file could have written it."""
    remedy = "repeat the drill with --sign KEY, and keep the .sig beside the record"
    if ctx.people is None:
        raise CannotTell("the signature of a record cannot be checked: this run knows no policy", "run the gate of the whole repository")
    try:
        signed = ctx.repo.text(f"{one.path.removesuffix('.json')}.sig", limit=LIMIT)
    except CannotTell as missing:
        raise CannotTell(f"the signature of {shown(one.path)} cannot be checked: {missing.reason}", remedy) from None
    try:
        who = ctx.people.signer(one.text.encode(), signed, namespace=RECORDS)
    except CannotTell as missing:
        raise CannotTell(f"the signature of {shown(one.path)} cannot be checked: {missing.reason}", missing.remedy or remedy) from None
    except BadSignature as bad:
        raise CannotTell(f"{shown(one.path)} is not validly signed: {bad}", remedy) from None
    if not any(fnmatch.fnmatchcase(who, pattern) for pattern in params.signed):
        raise CannotTell(f"{shown(one.path)} is signed by {shown(who)}, who is not among {few(list(params.signed))}", remedy)
    return shown(who)


def _wanted(one: Record, params: Params) -> bool:
    pairs = ((one.target, params.target), (one.title, params.title), (one.environment, params.environment))
    return one.drill == params.drill and all(fnmatch.fnmatchcase(text, pattern) for text, pattern in pairs)


def _status(latest: list[Record]) -> str:
    return "failed" if any(one.status == "failed" for one in latest) else "passed"


def _seconds(latest: list[Record]) -> float:
    for one in latest:
        if one.unit != "s" or not isinstance(one.value, int | float):
            raise CannotTell(f"the drill {one.drill} of {one.started} measures no time", "write 'measure: status'")
    return percentile((float(one.value) for one in latest if isinstance(one.value, int | float)), 0.95)


def _bound(params: Params) -> str:
    return "<= 5 min" if params.measure == "seconds" else "is passed"


CHECK = Check(params=Params, observe=observe, expect="is passed", domain="drills", bound=_bound, people=True)
