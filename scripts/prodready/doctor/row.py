"""One line of the doctor: what was looked at, how it is, and what to do."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Row(Struct, frozen=True, kw_only=True):
    """How one thing is."""

    state: Literal["good", "mind", "bad", "unknown"]
    about: str
    words: str
    fix: str = ""


def good(about: str, words: str) -> Row:
    """All is well."""
    return Row(state="good", about=about, words=words)


def mind(about: str, words: str, fix: str) -> Row:
    """It works, and is weaker than it could be."""
    return Row(state="mind", about=about, words=words, fix=fix)


def bad(about: str, words: str, fix: str) -> Row:
    """The gate does not do what it should."""
    return Row(state="bad", about=about, words=words, fix=fix)


def unknown(about: str, words: str, fix: str) -> Row:
    """It could not be told, and that is not well."""
    return Row(state="unknown", about=about, words=words, fix=fix)
