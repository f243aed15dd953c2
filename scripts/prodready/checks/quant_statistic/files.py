"""The team's files as columns, found by role."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.check import CannotTell
from prodready.checks.quant_statistic.params import Params
from prodready.context import Context
from prodready.table.columnar import is_columnar, to_csv
from prodready.table.frame import CsvFile, Kind

LIMIT = 2 * 1024**3
"""Bytes of one file that are read."""
USUAL: Mapping[str, tuple[str, ...]] = {
    "time": ("exit_time", "close_time", "closed_at", "time", "date", "datetime", "timestamp", "day", "session", "period", "month"),
    "returns": ("return", "returns", "ret", "net_return", "net_returns", "daily_return", "strategy", "r"),
    "equity": ("equity", "nav", "balance", "account_value", "portfolio_value", "capital", "value"),
    "decision": ("decision_time", "decided_at", "signal_time"),
    "data": ("data_time", "data_as_of", "as_of"),
    "pnl": ("pnl", "profit", "net_pnl", "realized_pnl", "realised_pnl"),
    "fees": ("fees", "fee", "commission", "commissions"),
    "side": ("side", "action", "direction"),
    "quantity": ("quantity", "qty", "size", "amount", "shares"),
    "price": ("price", "fill_price", "avg_price"),
    "reference": ("reference", "reference_price", "arrival_price", "mid", "intended_price"),
    "ordered": ("ordered", "ordered_qty", "order_qty", "submitted", "submitted_qty"),
    "filled": ("filled", "filled_qty", "executed", "executed_qty"),
    "symbol": ("symbol", "ticker", "instrument", "asset"),
    "cost": ("cost", "costs"),
    "metric": ("sharpe", "metric", "score"),
    "chosen": ("chosen", "selected"),
}
"""What each role is usually called."""


def opened(ctx: Context, path: str) -> CsvFile:
    """The file with its header read. Raises CannotTell."""
    if is_columnar(path):
        return CsvFile(to_csv(ctx, path, limit=LIMIT), path)
    return CsvFile(ctx.repo.raw(path, limit=LIMIT), path)


def column(file: CsvFile, params: Params, role: str) -> str:
    """The column that plays a role; empty when none does. Raises CannotTell when the item names one that is not there."""
    if role in params.columns:
        return file.require(params.columns[role])
    return file.named(*USUAL[role])


def needed(file: CsvFile, params: Params, role: str) -> str:
    """The column that plays a role. Raises CannotTell when there is none."""
    if found := column(file, params, role):
        return found
    raise CannotTell(f"{file.path} has no column for {role!r}; it has {', '.join(file.names[:12])}", f"say which it is: columns: {{{role}: NAME}}")


def time_column(file: CsvFile, params: Params) -> str:
    """The column of times: named, or the first whose first cell is one; empty when there is none."""
    if found := column(file, params, "time"):
        return found
    others = {column(file, params, "decision"), column(file, params, "data")}
    return next((name for name in file.names if name not in others and file.looks(name) is Kind.STAMP), "")
