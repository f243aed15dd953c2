"""What is not known before a deployment, as values that stand in the place of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known before a deployment, named by where it would come from."""

    name: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values; which one is not known."""

    options: tuple[Any, ...]
