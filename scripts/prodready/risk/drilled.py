"""A replay's result as a drill sees it; what all drills of risk share."""

from __future__ import annotations

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from msgspec.structs import replace

from prodready.drill import Drilled
from prodready.engine.ground import Ground
from prodready.model import Evidence, Found
from prodready.risk.adapters import Address, Program, Service, connected
from prodready.risk.result import Result


def allowed(ground: Ground, address: Address, what: str) -> None:
    """Stands in front of the first message: an engine behind HTTP must be among the hosts that drills may disturb. Raises ProdreadyError, DryRun."""
    host = urlsplit(address.url).hostname or ""
    ground.disturb(f"{what} into {address.shown}", at=host or address.shown, here=not host)


def engine(ground: Ground, address: Address) -> AbstractContextManager[Program | Service]:
    """The engine, ready to be asked; its token is masked in all that the drill leaves. Raises CannotTell."""
    return connected(replace(ground.world, secret=ground.secret), address)


def drilled(ground: Ground, result: Result) -> Drilled:
    """The observation, with what the record keeps."""
    for note in result.notes:
        ground.journal.note("observe", note)
    evidence = Evidence(source=result.source, sha256=result.sha256, collected=ground.journal.begun)
    seen = Found(examined=result.examined, findings=result.findings, gaps=result.gaps, notes=result.notes, evidence=evidence)
    return Drilled(seen=seen, facts=result.facts)
