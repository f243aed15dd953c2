"""Log in to TWS or Gateway as a client does, and see who is there: a paper account, of a version that is new enough, that tells what it is worth.

Reads only and places no order. The handshake tells the version of the protocol; the product has none there, so ``>= 10.19`` is the protocol version 176,
which API 10.19 and newer speak at least. Every account of the session must be one on paper (it begins with D), because drills on a live account
are trades. The account must tell NetLiquidation, BuyingPower and TotalCashValue, its clock must agree with ours, its positions must arrive, and each
contract that is named must get a live price; outside of its session hours a contract has none, so name one that trades now.

A file that uses it:

    drill: ibkr_session
    title: A paper account is logged in, and gets live prices
    params: {target: "ibkr://127.0.0.1:4002", contracts: [{symbol: EUR, kind: CASH, exchange: IDEALPRO, currency: USD}]}
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.ibkr.address import gateway, masked
from prodready.ibkr.session import VALUES, Session, opened
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown


class Contract(Struct, frozen=True, kw_only=True):
    """What a price is asked of."""

    symbol: str
    """Its symbol: ``SPY``, ``EUR``."""
    kind: str = "STK"
    """STK, CASH, FUT, IND, …"""
    exchange: str = "SMART"
    """Where it trades."""
    currency: str = "USD"
    """What it trades in."""


class Params(Struct, frozen=True, kw_only=True):
    """Which session, and what it must be."""

    target: str = "ibkr"
    """A name under ``targets:``, or ``ibkr://host:port?client=777&account=DU…``."""
    least_version: int = 176
    """Lowest version of the protocol; 176 is 10.19."""
    paper: bool = True
    """Whether every account must be one on paper."""
    contracts: tuple[Contract, ...] = ()
    """Contracts that must get a live price."""
    clock: float = 2.0
    """Seconds that the clocks may be apart; theirs is told in whole seconds."""


def perform(ground: Ground, params: Params) -> Drilled:
    """Logs in, asks and leaves. Raises CannotTell."""
    found = gateway(ground.world, params.target)
    ground.read_only(f"log in to {found} and ask what is there")
    with opened(found) as session:
        ground.journal.note("observe", f"{found} speaks version {session.version}, {counted(len(session.accounts), 'account')}")
        facts: dict[str, object] = {"version": session.version, "accounts": [masked(account) for account in session.accounts]}
        findings = [*_who(session, params), *_clock(ground, session, params), *_values(session)]
        facts["positions"] = len(session.positions())
        findings += [wrong for contract in params.contracts for wrong in _price(session, contract)]
    source = f"version {session.version}, accounts {few([masked(account) for account in session.accounts])}, {facts['positions']} positions"
    evidence = Evidence(source=source, collected=ground.journal.begun)
    return Drilled(seen=Found(examined=4 + len(params.contracts), findings=tuple(findings), evidence=evidence), facts=facts)


def _who(session: Session, params: Params) -> Iterator[Finding]:
    if session.version < params.least_version:
        message = f"it speaks version {session.version} of the protocol, {params.least_version} is 10.19"
        yield _finding("old-gateway", message, "install TWS or Gateway 10.19 or newer")
    live = [account for account in session.accounts if not account.startswith("D")]
    if params.paper and live:
        message = f"the account {masked(live[0])} is live"
        yield _finding("live-account", message, "log in to the paper account (DU…)", Severity.CRITICAL)
    wanted = session.gateway.account
    if wanted and wanted not in session.accounts:
        yield _finding("other-account", f"the account {masked(wanted)} is not logged in", "log in to the account that the target names", Severity.CRITICAL)


def _clock(ground: Ground, session: Session, params: Params) -> Iterator[Finding]:
    apart = session.now() - ground.world.now.timestamp() - ground.journal.elapsed
    if abs(apart) > params.clock + 1:  # whole seconds are told
        yield _finding("clock-apart", f"its clock and ours are {abs(apart):.0f} s apart", "set both by NTP")


def _values(session: Session) -> Iterator[Finding]:
    told = session.values()
    for account in session.accounts:
        if missing := [tag for tag in VALUES if (account, tag) not in told]:
            yield _finding("missing-values", f"the account {masked(account)} does not tell {', '.join(missing)}", "see that it is funded and permitted")


def _price(session: Session, contract: Contract) -> Iterator[Finding]:
    if why := session.market(contract.symbol, contract.kind, contract.exchange, contract.currency):
        yield _finding("no-live-price", f"no live price of {shown(contract.symbol)}: {why}", "subscribe to its market data, and ask in its session hours")


def _finding(rule: str, message: str, fix: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule=rule, message=message, severity=severity, fix=fix, anchor=rule)


DRILL = Drill(params=Params, perform=perform, expect="no findings")
