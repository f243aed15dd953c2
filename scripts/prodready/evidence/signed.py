"""Who signed a record: the file beside it, with the same name and the ending ``.sig``, made by ``prodready drill --sign``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prodready.evidence.files import MOST
from prodready.evidence.record import parse
from prodready.evidence.signature import RECORDS, BadSignature, Trust, verify
from prodready.names import shown

__all__ = ["RECORDS", "checked"]


def checked(path: Path, trust: Trust) -> tuple[bool, str]:
    """Whether the record is whole and signed, and by whom, or why not. Raises CannotTell when ssh-keygen is not there."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST else b""
        made = parse(raw.decode("utf-8"))
        who = verify(raw, path.with_suffix(".sig").read_text("ascii"), trust, now=datetime.now(UTC), namespace=RECORDS)
    except FileNotFoundError as missing:
        return False, f"there is no {shown(Path(str(missing.filename)).name)}"
    except (OSError, ValueError, BadSignature) as bad:
        return False, shown(str(bad))
    return True, f"signed by {shown(who)}: {made.drill} {shown(made.target)} {made.status} on {made.started[:10]}"
