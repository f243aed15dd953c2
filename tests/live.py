"""Runs one check on a real system, as ``prodready check`` does, but in this process: quick, and typed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

import cases
from prodready.model import Outcome


def seen(check_id: str, folder: Path, *, expect: str = "", laid: dict[str, object] | None = None, **params: object) -> Outcome:
    """How an item of that check ends now. ``laid`` are the files of the repository, ``targets`` and ``environ`` those of the world."""
    targets, environ = params.pop("targets", {}), params.pop("environ", {})
    case = cases.Case(about="live", status="", git=False, files=laid or {}, params=params, expect=expect, targets=targets, environ=environ)  # type: ignore[arg-type]
    case = replace(case, now=datetime.now(UTC).isoformat())
    place = folder / f"{check_id}-{len(list(folder.iterdir())) if folder.is_dir() else 0}"
    place.mkdir(parents=True)
    return cases.outcome(check_id, case, cases.world(case, place, cases.processes(case, place / "programs")))
