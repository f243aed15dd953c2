"""Let the risk engine estimate the covariance of known returns, and see whether it can be one.

The engine is given 250 returns of eight assets with a common factor, and the same with one asset that doubles another. Its matrix may have no negative
eigenvalue (to 1e-12 of the largest), its condition number is bounded, and with ``estimator`` it must equal the sample covariance or the shrunk one of
Ledoit and Wolf to a millionth. A sample covariance of doubled assets cannot be inverted: an engine that uses it must say so by ``estimator: sample``.

A file that uses it:

    drill: covariance
    params: {engine: "desk.risk:engine", estimator: ledoit_wolf}
"""

from __future__ import annotations

from prodready.drill import Drill, Drilled
from prodready.engine.ground import Ground
from prodready.risk.adapters import Address
from prodready.risk.drilled import allowed, drilled, engine
from prodready.risk.estimates import Estimator, examined


class Params(Address, frozen=True, kw_only=True):
    """Which engine, and what its estimate is said to be."""

    estimator: Estimator = "any"
    """sample (n - 1), ledoit_wolf (2004, towards a multiple of the identity), or any, which only has to be usable."""
    condition: float = 1e6
    """The highest condition number."""

    def __post_init__(self) -> None:
        Address.__post_init__(self)
        if self.condition < 1:
            raise ValueError("a condition number is at least 1")


def perform(ground: Ground, params: Params) -> Drilled:
    """Asks for both matrices. Raises CannotTell, ProdreadyError."""
    allowed(ground, params, "ask for covariances")
    with engine(ground, params) as asked:
        result = examined(asked, estimator=params.estimator, condition=params.condition)
    return drilled(ground, result)


DRILL = Drill(params=Params, perform=perform, expect="no findings")
