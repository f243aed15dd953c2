"""Whether the covariance that an engine estimates can be one: on ordinary returns, and on returns in which one asset doubles another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from prodready.check import CannotTell
from prodready.model import Finding, Severity
from prodready.quant import covariance
from prodready.quant.moments import UndefinedError
from prodready.risk.protocol import Engine, decimal
from prodready.risk.result import Result

if TYPE_CHECKING:
    from prodready.quant.moments import Array

Estimator = Literal["sample", "ledoit_wolf", "any"]
ROWS, ASSETS = 250, 8


class Case(Struct, frozen=True, kw_only=True):
    """Returns to estimate from."""

    name: str
    returns: Array
    """A row a session, a column an asset."""
    singular: bool
    """Whether the sample covariance of them cannot be inverted."""


def cases(seed: int = 11) -> tuple[Case, ...]:
    """Ordinary returns with a common factor, and the same with the last asset a copy of the first."""
    import numpy as np

    random = np.random.default_rng(seed)
    plain = random.normal(0, 0.01, (ROWS, 1)) + random.normal(0, 0.006, (ROWS, ASSETS)) * np.linspace(0.5, 2.0, ASSETS)
    doubled = plain.copy()
    doubled[:, -1] = 2 * doubled[:, 0]
    return Case(name="ordinary returns", returns=plain, singular=False), Case(name="a doubled asset", returns=doubled, singular=True)


def examined(engine: Engine, *, estimator: Estimator, condition: float) -> Result:
    """Asks for the matrix of each case. Raises CannotTell."""
    engine.fresh()
    matrices = [(case, estimated(engine, case)) for case in cases()]
    wrong = tuple(finding for case, matrix in matrices for finding in judged(case, matrix, estimator=estimator, condition=condition))
    source = f"covariances of {ASSETS} assets from {ROWS} returns: {', '.join(case.name for case, _ in matrices)}"
    return Result(examined=len(matrices), source=source, findings=wrong, facts={"estimator": estimator})


def estimated(engine: Engine, case: Case) -> Array:
    """The engine's matrix. Raises CannotTell for an answer that is none."""
    import numpy as np

    symbols = [f"S{column:02}" for column in range(case.returns.shape[1])]
    answer = engine.ask({"type": "covariance", "symbols": symbols, "returns": [[round(value, 8) for value in row] for row in case.returns.tolist()]})
    rows = answer.get("covariance")
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == len(rows) for row in rows) or len(rows) != len(symbols):
        raise CannotTell(
            f"the engine's covariance of {len(symbols)} assets is no square of numbers", "answer covariance: a list of rows, a period's variance each"
        )
    return np.array([[float(decimal("covariance", value)) for value in row] for row in rows])


def judged(case: Case, matrix: Array, *, estimator: Estimator, condition: float) -> Iterator[Finding]:
    """What is wrong with the matrix."""
    try:
        found = covariance.sanity(matrix)
    except UndefinedError as undefined:
        yield _finding("no-covariance", case, undefined.reason, undefined.remedy)
        return
    if found.asymmetry > 1e-9:
        yield _finding(
            "not-symmetric",
            case,
            f"the matrix and its mirror image differ by {found.asymmetry:.2g} of its largest entry",
            "take the mean of both halves, and see why",
        )
    if not found.positive:
        message = f"its smallest eigenvalue is {found.smallest:.3g} of the largest: some portfolio has a negative variance"
        yield _finding("not-positive", case, message, "estimate all pairs from the same rows, or shrink")
    if found.condition > condition and (not case.singular or estimator != "sample"):
        yield _finding(
            "ill-conditioned",
            case,
            f"its condition number is {found.condition:.3g}, {condition:.3g} is the most",
            "shrink the estimate (Ledoit & Wolf 2004), or drop the doubled asset",
        )
    yield from _reference(case, matrix, estimator)


def _reference(case: Case, matrix: Array, estimator: Estimator) -> Iterator[Finding]:
    import numpy as np

    if estimator == "any":
        return
    rounded = np.round(case.returns, 8)
    expected = covariance.sample(rounded) if estimator == "sample" else covariance.shrunk(rounded)[0]
    away = float(np.max(np.abs(matrix - expected)) / np.max(np.abs(expected)))
    if away > 1e-6:
        yield _finding(
            "differs",
            case,
            f"it differs by {away:.2g} of the largest entry from the {estimator} estimate of the same returns",
            "look at the divisor, the mean and the order of the assets",
        )


def _finding(rule: str, case: Case, message: str, fix: str) -> Finding:
    return Finding(rule=rule, message=f"{case.name}: {message}", severity=Severity.HIGH, fix=fix, anchor=f"{rule} {case.name}")
