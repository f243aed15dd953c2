"""The example's engine with one fault each: what a drill of risk has to catch."""

import json
import sys
import time
import uuid
from decimal import Decimal
from pathlib import Path

DESK = Path(__file__).parents[2] / "examples" / "desk"
sys.path.append(str(DESK))

from risk import sentinel  # noqa: E402  after the path to it
from risk.mended import Mended  # noqa: E402
from risk.sentinel import Sentinel  # noqa: E402


class Beside:
    """An engine in this process, asked in JSON as every other."""

    def __init__(self, make, folder):
        self.make, self.folder = make, folder
        self.fresh()

    def fresh(self):
        sentinel.STATE = self.folder / f"{uuid.uuid4()}.txt"
        self.engine = self.make()

    def restart(self):
        self.engine = self.make()
        return True

    def ask(self, message):
        return json.loads(json.dumps(getattr(self.engine, message["type"])(json.loads(json.dumps(message)))))


class Deaf(Mended):
    def _passed(self, var):
        return iter(())


class Late(Mended):
    """Looks at the figure of the session before."""

    before = 0.0

    def _passed(self, var):
        self.before, var = var, self.before
        return super()._passed(var)


class Early(Mended):
    def _passed(self, var):
        return super()._passed(var * 1.4)


class Nervous(Mended):
    def _passed(self, var):
        return super()._passed(var * 2.5)


class Forgetful(Mended):
    def _stop(self, reason):
        self.stopped = reason


class Open(Mended):
    """Stops itself, and lets the strategy go on."""

    def order(self, message):
        return {"accept": True}


class Eager(Mended):
    """Sells what it held when it began, whatever was sold since."""

    def fills(self, message):
        self._book(message["fills"])
        return self._answer(self._closing() if self.stopped and self.number < 2 else [])

    def _closing(self):
        return [{**order, "quantity": str(Decimal(order["quantity"]) * 2)} for order in super()._closing()]


class Regretful(Mended):
    """Buys back on the next day."""

    def mark(self, message):
        answer = super().mark(message)
        if self.stopped and not answer["orders"] and not any(self.positions.values()):
            answer["orders"] = [{"id": "back", "symbol": next(iter(self.marks)), "side": "buy", "quantity": "5"}]
        return answer

    def fills(self, message):
        self._book(message["fills"])
        return self._answer(self._closing() if any(row["id"].startswith("close") for row in message["fills"]) else [])


class Believer(Mended):
    """Books what it ordered."""

    def _book(self, fills):
        super()._book({**fill, "filled": fill["quantity"]} for fill in fills)


class Elsewhere(Mended):
    """Another quantile: its figure is a fifth lower."""

    def _losses(self):
        var, shortfall = super()._losses()
        return var * 0.8, shortfall

    def _passed(self, var):
        return super()._passed(var / 0.8)


class Loose(Mended):
    """Trades again once the figure is below the limit."""

    def mark(self, message):
        answer = super().mark(message)
        if self.stopped and not any(self.positions.values()):
            self.stopped = ""
            return {**answer, "halted": False}
        return answer


class Leaving(Mended):
    """Forgets what it has in the market."""

    def _answer(self, orders=None):
        return {**super()._answer(orders), "open_orders": ["take-profit-1"]}


class Slow(Mended):
    def fills(self, message):
        time.sleep(0.05)
        return super().fills(message)


FAULTS = {
    "residual-position": Sentinel,
    "never-fired": Deaf,
    "fired-late": Late,
    "fired-early": Early,
    "fired-when-calm": Nervous,
    "forgotten-in-restart": Forgetful,
    "re-entry": Open,
    "residual-position ": Eager,
    "traded-on": Regretful,
    "books-differ": Believer,
    "figures-differ": Elsewhere,
    "not-latched": Loose,
    "open-orders": Leaving,
    "slow": Slow,
}
"""Rule -> the engine that breaks it."""
