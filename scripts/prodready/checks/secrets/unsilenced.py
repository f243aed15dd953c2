"""TruffleHog passes over a line whose comment tells it to, and no option of it says otherwise: so the copies that it reads are without these comments."""

from __future__ import annotations

_SILENT, _PLAIN = b"trufflehog:ignore", b"trufflehog|ignore"
"""Of one length, so that every secret stays at its place."""


def unsilenced(text: bytes) -> bytes:
    """The text, in which no comment speaks to TruffleHog."""
    return text.replace(_SILENT, _PLAIN)
