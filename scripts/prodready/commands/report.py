"""Render a saved report.json in another format, to standard output.

Example:
  prodready report prodready-out/report.json --format markdown

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready.errors import Exit, ProdreadyError
from prodready.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``report``."""
    from prodready import report

    parser.add_argument("file", type=Path, help="a report.json")
    parser.add_argument("--format", choices=sorted(report.RENDERERS), default="terminal", help="default: terminal")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the report. Raises ProdreadyError when the file is no report."""
    from prodready import report
    from prodready.report import json_v1_read

    saved = json_v1_read.read(read_bounded(args.file))
    if args.format == "terminal":
        from prodready import delivery

        delivery.show(saved, settings)
    else:
        print(report.RENDERERS[args.format](saved), end="")
    return Exit.READY


def read_bounded(path: Path, limit: int = 64 * 1024 * 1024) -> str:
    """A report file's text. Raises ProdreadyError when it cannot be read or is over ``limit`` bytes."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise ProdreadyError(f"{path}: larger than {limit:,} bytes, no report is", "give the report.json of a run")
        return content.decode("utf-8")
    except OSError as error:
        raise ProdreadyError(f"{path}: cannot be read: {error.strerror}", "give the report.json of a run") from None
    except UnicodeDecodeError:
        raise ProdreadyError(f"{path}: not UTF-8 text", "give the report.json of a run") from None
