"""What is not known before a deployment, as values that stand in the place of others."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Unknown(Struct, frozen=True):
    """A value that is not known before a deployment, named by where it would come from."""

    name: str


class Either(Struct, frozen=True):
    """One of several values; which one is not known."""

    options: tuple[Any, ...]
