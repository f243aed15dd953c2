"""Frozen values of which some fields are printed nowhere: what holds a secret, or is long."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True, kw_only=True):
    """A struct whose ``repr`` leaves out the fields named in ``unprinted``."""

    unprinted: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.unprinted)
        return f"{type(self).__name__}({told})"
