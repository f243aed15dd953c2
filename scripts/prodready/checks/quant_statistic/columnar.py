"""Writes a Parquet or Arrow file as CSV: ``columnar.py SOURCE TARGET``. Runs in the environment of ``tool.toml``, not in prodready's."""

from __future__ import annotations

import csv
import io
import sys
from typing import Any


def main(source: str, target: str = "") -> None:
    """Converts the file. A missing value becomes an empty cell, which the reader then names."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    if source == "--version":
        sys.stdout.write(f"pyarrow {pa.__version__}\n")
        return
    table = pyarrow.parquet.read_table(source) if source.lower().endswith((".parquet", ".pq")) else pyarrow.feather.read_table(source)
    written = pa.table([_written(column, pa, alone=table.num_columns == 1) for column in table.columns], names=table.column_names)
    try:  # quotes only where a cell needs them: the reader is much faster without
        _write(written, target, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none"))
    except pa.ArrowInvalid:
        _write(written, target, pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed"))


def _write(table: Any, target: str, options: Any) -> None:
    import pyarrow.csv

    with open(target, "wb") as out:  # noqa: PTH123  pathlib is not needed for this
        head = io.StringIO()
        csv.writer(head, lineterminator="\n").writerow(table.column_names)
        out.write(head.getvalue().encode())
        pyarrow.csv.write_csv(table, out, options)


def _written(column: Any, pa: Any, *, alone: bool) -> Any:
    """Times as ISO 8601 with a T and, where they have a zone, in UTC with a Z."""
    import pyarrow.compute as pc

    kind = column.type
    if alone and column.null_count:  # an empty cell alone on its line would be a blank line
        return pc.fill_null(pc.cast(column, pa.string()), "null")
    if not pa.types.is_timestamp(kind):
        return column
    words = pc.cast(pc.cast(column, pa.timestamp(kind.unit)), pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(words, " ", "T"), "Z" if kind.tz else "", "")


if __name__ == "__main__":
    main(*sys.argv[1:])
