"""Send orders around each exposure limit of each regime: those inside must pass, those beyond be refused.

For every regime an account is made in which one figure is a thousandth of equity below or above its limit after the order, and the others leave room:
BOX is one symbol, GROSS all positions without their sign, NET with it, each as a multiple of equity. The engine decides by its own configuration; so an
engine with the limits of another regime, or one that looks at the account before the order, is found.

A file that uses it:

    drill: exposure_limits
    params:
      engine: desk.risk:engine
      regimes: {calm: {box: 0.25, gross: 2.5, net: 1.0}, normal: {box: 0.25, gross: 2.0, net: 0.8}, storm: {box: 0.25, gross: 1.0, net: 0.4}}
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.risk.adapters import Address
from prodready.risk.drilled import allowed, drilled, engine
from prodready.risk.exposure import KINDS, Limits, held_to


class Multiples(Struct, frozen=True, kw_only=True):
    """The limits of one regime, as multiples of equity."""

    box: float
    """One symbol."""
    gross: float
    """All positions without their sign."""
    net: float
    """All positions with their sign."""

    def __post_init__(self) -> None:
        if not 0.01 <= self.box <= self.gross or not 0.01 <= self.net <= self.gross <= 20:
            raise ValueError("box and net are at least 0.01 and at most gross, gross at most 20")


class Params(Address, frozen=True, kw_only=True):
    """Which limits of which engine."""

    regimes: Mapping[str, Multiples]
    """The engine's word for a regime -> its limits, from the calmest on: they must become tighter."""

    def __post_init__(self) -> None:
        Address.__post_init__(self)
        steps = list(self.regimes.values())
        if not steps or any(later.gross > before.gross or later.net > before.net for before, later in pairwise(steps)):
            raise ValueError("name at least one regime, from the calmest on: gross and net must not grow")

    @property
    def limits(self) -> dict[str, Limits]:
        """The same, exact."""
        return {name: Limits(**{kind: Decimal(str(getattr(of, kind))) for kind in KINDS}) for name, of in self.regimes.items()}


def perform(ground: Ground, params: Params) -> Drilled:
    """Sends every order. Raises CannotTell, ProdreadyError."""
    allowed(ground, params, f"send orders around the limits of {', '.join(params.regimes)}")
    with engine(ground, params) as asked:
        result = held_to(asked, params.limits)
    return drilled(ground, result)


DRILL = Drill(params=Params, perform=perform, expect="no findings")
