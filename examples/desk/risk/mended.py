"""The engine without its planted fault: what an order leaves is sent again, until the broker holds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk.sentinel import Sentinel


class Mended(Sentinel):
    """Sells until nothing is left."""

    def fills(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What became of the orders that were sent; in a crash that is seldom all of it."""
        self._book(message["fills"])
        return self._answer(self._closing() if self.stopped else [])
