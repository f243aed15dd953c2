"""Parquet and Arrow files as CSV, by pyarrow in an environment of its own."""

from __future__ import annotations

from prodready.check import CannotTell
from prodready.context import Context, Ended
from prodready.names import shown

SUFFIXES = (".parquet", ".pq", ".arrow", ".feather", ".ipc")


def is_columnar(path: str) -> bool:
    """Whether the name is that of a Parquet or Arrow file."""
    return path.lower().endswith(SUFFIXES)


def to_csv(ctx: Context, path: str, *, limit: int) -> bytes:
    """The file's table as CSV. Raises CannotTell."""
    folder = ctx.scratch()
    ctx.repo.stage(folder, [path])
    target = folder / "table.csv"
    ended = ctx.run.tool("pyarrow", str(folder / path), str(target), deadline=100)
    if ended.ended is not Ended.EXITED or ended.code or not target.is_file():
        last = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise CannotTell(f"{shown(path)} cannot be read as Parquet or Arrow: {shown(last) or ended.ended.value}", "write it again, or give it as CSV")
    if target.stat().st_size > limit:
        raise CannotTell(f"{shown(path)} is more than {limit:,} bytes as CSV", "give fewer columns or rows")
    return target.read_bytes()
