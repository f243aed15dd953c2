"""What a person signs with an SSH key, until a day: one role for one commit under one policy; or, as an attestation, one role for named files.

The text is canonical, so it can be made again and compared.
"""

from __future__ import annotations

import json
from datetime import datetime

from msgspec import Struct, to_builtins

from prodready.decode import DecodeError, decode

SCHEMA = "prodready/signoff/v1"
LIMIT = 64 * 1024
"""Bytes of one statement."""


class Statement(Struct, frozen=True, kw_only=True):
    """A signed statement. Empty fields do not bind."""

    schema: str
    role: str
    repository: str
    """``owner/name``."""
    commit: str
    signed: str
    """When, ISO 8601 with a zone."""
    expires: str
    """Until when it holds, ISO 8601 with a zone."""
    about: str = ""
    """The name of what is attested; empty for the commit as a whole."""
    pr: int | None = None
    policy: str = ""
    """sha256 of the policy that held when it was signed."""
    evidence: dict[str, str]
    """Path -> sha256 of files the signer has read."""
    says: str = ""

    def text(self) -> str:
        """The bytes that are signed: sorted keys, one line each, a line end at the end."""
        return json.dumps(to_builtins(self), sort_keys=True, indent=1, ensure_ascii=True) + "\n"

    @property
    def until(self) -> datetime:
        """The moment it ends."""
        return datetime.fromisoformat(self.expires)


def parse(raw: bytes) -> Statement:
    """The statement in a file. Raises ValueError when it is none, or not in its canonical form."""
    if len(raw) > LIMIT:
        raise ValueError(f"it is larger than {LIMIT // 1024} KiB")
    try:
        found = decode(json.loads(raw), Statement)
        zoned = all(datetime.fromisoformat(moment).tzinfo for moment in (found.signed, found.expires))
    except DecodeError as error:
        raise ValueError(str(error)) from None
    except (RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON ({type(error).__name__})") from None
    if found.schema != SCHEMA or not zoned or found.text().encode() != raw:
        raise ValueError(f"it is no statement of {SCHEMA} as 'prodready sign' writes it")
    return found
