"""Runs a drill as ``prodready drill FILE --json`` does, but in this process: quick, and the record comes as data."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from prodready import drilling
from prodready.commands.drill import CODES
from prodready.errors import Exit, ProdreadyError
from prodready.evidence.record import text
from prodready.settings import Settings
from programs import Ended


def drilled(name: str, folder: Path, *, env: Mapping[str, str] | None = None, **params: object) -> tuple[Ended, dict[str, Any]]:
    """How the drill ended, and its record; empty when it was not run."""
    path = folder / f"{name}.yml"
    path.write_text(json.dumps({"drill": name, "params": params}, default=str), "utf-8")
    log: list[str] = []
    with contextlib.chdir(folder), mock.patch.dict(os.environ, env or {}):
        options = drilling.Options(evidence=folder / "evidence", tell=lambda event: log.append(f"{event.phase} {event.what}\n"))
        try:
            made = drilling.run(drilling.wish(str(path), {}), options, Settings.from_environ(os.environ))
        except ProdreadyError as error:
            return Ended(code=Exit.USAGE, out="", err=f"{error}\n{error.remedy}"), {}
    assert made is not None
    out = text(made)
    return Ended(code=CODES[made.status], out=out, err="".join(log)), json.loads(out)
