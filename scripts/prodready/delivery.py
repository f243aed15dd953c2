"""Where a report goes: the terminal, the files of ``--out``, and in Actions the pull request."""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec.structs import replace

from prodready import memory
from prodready import report as renderers
from prodready.errors import Exit, ProdreadyError
from prodready.model import Report
from prodready.names import shown
from prodready.progress import Progress
from prodready.report.past import NOTHING, Past
from prodready.request import Request, inside
from prodready.settings import Settings


def progress(settings: Settings) -> Progress:
    """Live on a terminal, one line a check elsewhere."""
    from prodready import progress as lines

    return lines.progress(sys.stderr, live=sys.stderr.isatty() and not settings.ci)


def in_actions(wish: Request, settings: Settings) -> Request:
    """On a pull request the base is the event's, unless the command line names one, and the gated folder is no link that the change put there."""
    if not settings.github.actions:
        return wish
    if not wish.path.is_absolute():
        inside(Path(), wish.path)
    if wish.base:
        return wish
    from prodready.github.event import base_ref

    return replace(wish, base=base_ref(settings) or "")


def deliver(report: Report, wish: Request, settings: Settings) -> int:
    """Writes, shows and publishes the report; gives the exit code, which nothing here can change."""
    past, notes = memory.recall(report, settings)
    written = write(report, wish, settings, past)
    show(report, settings)
    for path in written:
        print(f"wrote {path}")
    whole = not (wish.only or wish.domains)
    for note in (*notes, *(memory.keep(report, past, settings) if whole else ())):
        print(f"prodready: {shown(note)}", file=sys.stderr)
    if settings.github.actions:
        from prodready.github.publish import after_run

        for line in after_run(report, settings, wish.out, partial=bool(wish.only or wish.domains)):
            print(line)
    if wish.observe:
        print(f"--observe: would have ended with {report.decision.exit_code} ({Exit(report.decision.exit_code).meaning})")
        return Exit.READY
    return report.decision.exit_code


def show(report: Report, settings: Settings) -> None:
    """Prints the report: tables and colour on a terminal, plain lines elsewhere."""
    from prodready.report import terminal

    terminal.show(report, sys.stdout, terminal=settings.color and not settings.ci)


def write(report: Report, wish: Request, settings: Settings, past: Past = NOTHING) -> list[Path]:
    """The reports as files. Raises ProdreadyError when the folder cannot be written."""
    try:
        wish.out.mkdir(parents=True, exist_ok=True)
        _keep_out_of_git(wish.out)
        return [*(_write_one(report, name, wish.out, settings, past) for name in wish.formats), *_sign(wish)]
    except OSError as error:
        raise ProdreadyError(f"--out {wish.out}: cannot be written: {error.strerror}", "name a folder that can be written") from None


def _sign(wish: Request) -> list[Path]:
    """The signature over ``report.json``. Raises ProdreadyError when it cannot be made."""
    if wish.sign is None:
        return []
    from prodready.environment.records import NAMESPACE
    from prodready.evidence.signature import sign

    if "json" not in wish.formats:
        raise ProdreadyError("--sign signs report.json, and --format does not name json", "add json to --format")
    path = wish.out / "report.sig"
    path.write_text(sign((wish.out / "report.json").read_bytes(), wish.sign, namespace=NAMESPACE), "ascii")
    return [path]


def _keep_out_of_git(out: Path) -> None:
    """Reports are no part of the service: the next run must not gate them. A folder that git tracks is left as it is."""
    own = out / ".gitignore"
    if not own.exists():
        own.write_text("*\n", "utf-8")


def _write_one(report: Report, name: str, out: Path, settings: Settings, past: Past) -> Path:
    path = out / f"report.{renderers.EXTENSIONS[name]}"
    path.write_text(_text(report, name, settings, past), "utf-8")
    return path


def _text(report: Report, name: str, settings: Settings, past: Past) -> str:
    if name == "sarif":
        from prodready.github.publish import prefix
        from prodready.report import sarif

        return sarif.render(report, prefix=prefix(settings))
    return renderers.RENDERERS[name](report, past)
