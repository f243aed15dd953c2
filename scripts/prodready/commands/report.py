"""Render a saved report.json in another format: to standard output, or to a file; pdf, tls and soc2 are printed to a file.

Examples:
  prodready report prodready-out/report.json --format markdown
  prodready report prodready-out/report.json --format html --before base/report.json --out report.html
  prodready report prodready-out/report.json --format soc2 --company soc2.yml --out soc2.pdf

"""

from __future__ import annotations

import argparse
from pathlib import Path

from prodready.context import Run
from prodready.errors import Exit, ProdreadyError
from prodready.model import Report
from prodready.settings import Settings

PRINTED = ("pdf", "tls", "soc2")


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``report``."""
    from prodready import report

    parser.add_argument("file", type=Path, help="a report.json")
    parser.add_argument("--format", choices=sorted((*report.RENDERERS, *PRINTED)), default="terminal", help="default: terminal")
    parser.add_argument("--out", type=Path, help="write to this file instead of standard output")
    parser.add_argument("--before", type=Path, help="the report.json to compare with, for html")
    parser.add_argument("--company", type=Path, default=Path("soc2.yml"), help="people, risks, policies and controls, for soc2 (default: soc2.yml)")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the report. Raises ProdreadyError when the file is no report."""
    from prodready import report
    from prodready.report import json_v1_read
    from prodready.report.past import Past

    saved = json_v1_read.read(read_bounded(args.file))
    if args.format in PRINTED:
        return _print(saved, args, settings)
    if args.format == "terminal" and not args.out:
        from prodready import delivery

        delivery.show(saved, settings)
        return Exit.READY
    past = Past(before=json_v1_read.read(read_bounded(args.before)) if args.before else None)
    text = report.RENDERERS[args.format](saved, past)
    if args.out:
        _write(args.out, text)
    else:
        print(text, end="")
    return Exit.READY


def _print(saved: Report, args: argparse.Namespace, settings: Settings) -> int:
    from prodready.check import CannotTell
    from prodready.report import pdf
    from prodready.world.process import Processes, interruptible

    target = args.out or Path(f"report.{'' if args.format == 'pdf' else args.format + '.'}pdf")
    processes = Processes(cache=settings.cache)
    try:
        with interruptible(processes):
            if args.format == "soc2":
                pages = _soc2(saved, args.company, processes, target)
            else:
                pages = pdf.printed(pdf.tls(saved) if args.format == "tls" else pdf.release(saved), processes, target)
    except CannotTell as unable:
        raise ProdreadyError(unable.reason, unable.remedy) from None
    print(f"wrote {target}: {pages} page{'' if pages == 1 else 's'}")
    return Exit.READY


def _soc2(saved: Report, company: Path, run: Run, target: Path) -> int:
    """The bundle with fewer than 25 pages: tables are cut, and say so, until it fits."""
    from prodready.report import pdf
    from prodready.report.pdf import company as companies
    from prodready.report.pdf import soc2

    known = companies.read(company)
    kept = companies.pictures(known, company.parent)
    pages = 0
    for most in (120, 60, 30, 15):
        pages = pdf.printed(soc2.bundle(saved, known, most=most, kept=kept), run, target, kept)
        if pages <= soc2.PAGES:
            return pages
    raise ProdreadyError(f"the bundle has {pages} pages, more than {soc2.PAGES}", f"shorten change_management, people and pages in {company}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ProdreadyError(f"--out {path}: cannot be written: {error.strerror}", "name a file in a folder that can be written") from None
    print(f"wrote {path}")


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
