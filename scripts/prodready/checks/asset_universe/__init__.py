"""The file of tradable assets is complete, without doubles, and keeps the stated lot and tick sizes.

Numbers are compared as decimals: 0.1 is exactly a tenth. A cell that a spreadsheet would run as a formula is found too.

An item that uses it:

    - id: config.asset-universe
      title: The asset universe is valid
      check: asset_universe
      params: {file: config/assets.csv, venues: [XNYS, XLON], rules: {XNYS: {tick: "0.01", lot: "1"}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from msgspec import Struct, field

from prodready.check import Check
from prodready.checks.asset_universe import rows
from prodready.context import Context
from prodready.model import Evidence, Found


class Rule(Struct, frozen=True, kw_only=True):
    """What a venue, or one symbol, demands; a decimal number in quotes each."""

    tick: str = ""
    """The price step."""
    lot: str = ""
    """The quantity step: an asset's lot is a multiple of it."""

    def __post_init__(self) -> None:
        for text in filter(None, (self.tick, self.lot)):
            try:
                good = Decimal(text) > 0
            except InvalidOperation:
                good = False
            if not good:
                raise ValueError(f'{text!r} is no step: write a decimal number above 0 in quotes, "0.01"')


class Params(Struct, frozen=True, kw_only=True):
    """Where the assets are, and what must hold of them."""

    file: str = "assets.csv"
    """CSV file with a header and a row an asset."""
    symbol: str = "symbol"
    """Column of the symbol; with the venue it is unique."""
    venue: str = "venue"
    """Column of the venue."""
    currency: str = "currency"
    """Column of the currency."""
    tick: str = "tick_size"
    """Column of the price step; empty when there is none."""
    lot: str = "lot_size"
    """Column of the quantity step; empty when there is none."""
    enabled: str = "enabled"
    """Column of true or false; empty when all are enabled."""
    venues: tuple[str, ...] = ()
    """Venues that may occur; empty allows the exchanges whose calendars are known."""
    currencies: tuple[str, ...] = ()
    """Codes that may occur beside ISO 4217, such as USDT."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Venue or symbol -> tick and lot that its exchange states; the symbol's goes first."""
    least: int = 1
    """Fewest assets that are enabled."""


def observe(ctx: Context, params: Params) -> Found:
    """Everything that is wrong with the assets. Raises CannotTell."""
    read = rows.load(ctx, params)
    return Found(
        examined=len(read.rows),
        findings=tuple(rows.findings(read, params)),
        evidence=Evidence(source=f"{len(read.rows)} assets in {params.file}", sha256=read.sha256),
    )


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="data")
