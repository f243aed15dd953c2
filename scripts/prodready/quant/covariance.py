"""Whether a covariance matrix can be one, and whether it can be inverted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodready.quant.moments import UndefinedError

if TYPE_CHECKING:
    from prodready.quant.moments import Array


class Sanity(Struct, frozen=True, kw_only=True):
    """What the eigenvalues say. Relative figures do not change when all returns are scaled."""

    assets: int
    asymmetry: float
    """Largest difference between the two halves, over the largest entry."""
    smallest: float
    """Smallest eigenvalue over the largest: below about -1e-12 the matrix is no covariance."""
    condition: float
    """Largest eigenvalue over the smallest; infinite when singular."""

    @property
    def positive(self) -> bool:
        """Whether no portfolio has a negative variance (to rounding)."""
        return self.smallest >= -1e-12


def sanity(matrix: Array) -> Sanity:
    """Symmetry, definiteness and conditioning. Raises UndefinedError for what is no square matrix of numbers."""
    import numpy as np

    square = np.asarray(matrix, dtype=np.float64)
    if square.ndim != 2 or square.shape[0] != square.shape[1] or not square.size:
        raise UndefinedError(f"{' × '.join(map(str, square.shape))} numbers are no covariance matrix", "give as many rows as columns")
    if not np.isfinite(square).all():
        row, column = np.argwhere(~np.isfinite(square))[0]
        raise UndefinedError(f"row {row + 1}, column {column + 1} is not a finite number", "mend the estimate")
    largest = float(np.abs(square).max())
    if not largest:
        raise UndefinedError("the matrix is all zeros: nothing moves in it", "look at what it was estimated from")
    scaled = square / largest
    values = np.linalg.eigvalsh((scaled + scaled.T) / 2)
    top, low = float(values[-1]), float(values[0])
    if top <= 0:
        raise UndefinedError("no eigenvalue is above 0: the matrix is no covariance", "look at its signs")
    return Sanity(
        assets=len(square),
        asymmetry=float(np.abs(scaled - scaled.T).max()),
        smallest=low / top,
        condition=top / low if low > np.finfo(np.float64).eps * len(square) * top else float("inf"),
    )


def sample(returns: Array) -> Array:
    """Sample covariance (n - 1) of a matrix with a row a period and a column an asset. Raises UndefinedError for too few rows."""
    import numpy as np

    if returns.ndim != 2 or returns.shape[0] < 2:
        raise UndefinedError(f"{returns.shape[0]} rows give no covariance", "give at least twice as many rows as assets")
    return np.atleast_2d(np.cov(returns, rowvar=False))


def shrunk(returns: Array) -> tuple[Array, float]:
    """Ledoit-Wolf (2004) estimate, shrunk towards a multiple of the identity, and the shrinkage; divided by n as in the paper."""
    import numpy as np

    rows, assets = returns.shape
    away = returns - returns.mean(axis=0)
    plain = away.T @ away / rows
    level = float(np.trace(plain)) / assets
    distance = float(np.sum((plain - level * np.eye(assets)) ** 2)) / assets
    squares = away**2
    error = float(np.sum(squares.T @ squares / rows - plain**2)) / (assets * rows)
    weight = min(error, distance) / distance if distance else 0.0
    return weight * level * np.eye(assets) + (1 - weight) * plain, weight
