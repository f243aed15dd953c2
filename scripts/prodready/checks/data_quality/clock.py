"""How far the machine's clock is from the time that the world keeps, by chrony."""

from __future__ import annotations

from datetime import UTC, datetime

from prodready.check import CannotTell
from prodready.context import Context, Ended
from prodready.model import Evidence, Measured

FIELDS = 14
"""Cells of ``chronyc -c tracking``; the fifth is the clock's offset in seconds, the last the leap status."""


def offset(ctx: Context, file: str) -> Measured:
    """The offset, without its sign. Raises CannotTell when chrony is not there or not synchronised."""
    text = ctx.repo.text(file) if file else _asked(ctx)
    cells = text.strip().split(",")
    try:
        seconds = abs(float(cells[4]))
    except (IndexError, ValueError):
        raise CannotTell("this is not what 'chronyc -c tracking' prints", "save its whole output, one line of 14 cells") from None
    if len(cells) != FIELDS or not seconds < float("inf"):
        raise CannotTell(f"'chronyc -c tracking' prints {FIELDS} cells, here are {len(cells)}", "save its whole output, unchanged")
    if cells[13].strip() == "Not synchronised" or cells[0] in ("00000000", "7F7F0101"):
        raise CannotTell(
            "chrony is not synchronised to any source, so its offset says nothing", "give it a time server, and wait until 'chronyc waitsync' returns"
        )
    source = f"chrony, source {cells[1]}, stratum {cells[2]}"
    return Measured(value=seconds, unit="s", evidence=Evidence(source=source, collected=_compared(cells[3])), notes=(f"root dispersion {cells[11]} s",))


def _compared(cell: str) -> datetime:
    """When the clock was last held against its source, in seconds since 1970: a saved output grows old."""
    try:
        return datetime.fromtimestamp(float(cell), UTC)
    except (ValueError, OverflowError, OSError):
        raise CannotTell("the fourth cell of 'chronyc -c tracking' is no time", "save its whole output, unchanged") from None


def _asked(ctx: Context) -> str:
    ended = ctx.run.command(["chronyc", "-c", "tracking"], cwd=ctx.scratch(), deadline=10)
    if ended.ended is not Ended.EXITED or ended.code:
        why = ended.stderr.decode("utf-8", "replace").strip()[:120] or ended.stdout.decode("utf-8", "replace").strip()[:120] or ended.ended.value
        raise CannotTell(f"chronyc could not be asked: {why}", "run the gate where chrony runs, or save 'chronyc -c tracking' to a file")
    return ended.stdout.decode("utf-8", "replace")
