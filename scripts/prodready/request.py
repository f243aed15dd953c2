"""What a run is asked to do: the command line and the action's inputs, together; the command line wins."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from prodready.decode import nearest
from prodready.errors import ProdreadyError
from prodready.model import Stage
from prodready.names import shown
from prodready.report import EXTENSIONS, USUAL
from prodready.settings import Settings

STAGES = tuple(stage.value for stage in Stage)
STRICTNESS = ("gate", "failed", "unknown")


class Request(Struct, frozen=True, kw_only=True):
    """A run, as asked for."""

    path: Path
    profile: str = ""
    stage: Stage = Stage.PR
    base: str = ""
    only: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    evidence: Path | None = None
    """A folder with records and signed statements from elsewhere."""
    sign: Path | None = None
    """The key that signs the report, so that a gate elsewhere believes it."""
    out: Path = Path("prodready-out")
    formats: tuple[str, ...] = USUAL
    jobs: int = 4
    deadline: float = 1800.0
    offline: bool = False
    observe: bool = False
    fail_on: str = "gate"
    """``gate``: as the profile decides; ``failed``: any failed item blocks; ``unknown``: any untold one blocks too."""
    now: datetime | None = None
    no_cache: bool = False

    @classmethod
    def of(cls, args: argparse.Namespace, settings: Settings) -> Request:
        """Raises ProdreadyError for words that name nothing."""
        inputs = settings.inputs
        return cls(
            path=Path(args.path or inputs.get("path") or "."),
            profile=args.profile or inputs.get("profile") or "",
            stage=Stage(_one_of("stage", args.stage or inputs.get("stage") or "pr", STAGES)),
            base=args.base or "",
            only=_words(args.only),
            domains=_words(args.domain),
            evidence=Path(args.evidence) if args.evidence else None,
            sign=Path(args.sign).expanduser() if args.sign else None,
            out=Path(args.out or inputs.get("out") or "prodready-out"),
            formats=_formats(args.format, inputs),
            jobs=args.jobs,
            deadline=args.deadline,
            offline=args.offline,
            observe=args.observe or _yes(inputs, "observe"),
            fail_on=_one_of("fail-on", args.fail_on or inputs.get("fail-on") or "gate", STRICTNESS),
            now=parse_time(args.now) if args.now else None,
            no_cache=args.no_cache,
        )


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of every command that runs checks; in Actions the inputs of the same names are their defaults."""
    parser.add_argument("--profile", help="name of a shipped profile, or a file (default: what .prodready.yml extends, else starter)")
    parser.add_argument("--stage", choices=STAGES, help="which items to hold (default: pr)")
    parser.add_argument("--base", help="branch that the change goes into: the policy is read at its tip")
    parser.add_argument("--only", default="", metavar="ID,…", help="these items only")
    parser.add_argument("--domain", default="", metavar="D,…", help="items of these domains only: secrets, dependencies, code, ci, …")
    parser.add_argument("--evidence", metavar="DIR", help="folder with records and signed statements from elsewhere")
    parser.add_argument("--sign", metavar="KEY", help="sign report.json with this SSH key: a record for a gate that cannot look itself")
    parser.add_argument("--out", help="folder for the reports (default: prodready-out)")
    parser.add_argument("--format", default=",".join(USUAL), metavar="F,…", help=f"reports to write: {', '.join(EXTENSIONS)} (default: {','.join(USUAL)})")
    parser.add_argument("--jobs", type=_positive, default=max(2, os.cpu_count() or 2), metavar="N", help="checks at a time")
    parser.add_argument("--deadline", type=_positive, default=1800, metavar="SECONDS", help="for the whole run (default: 1800)")
    parser.add_argument("--offline", action="store_true", help="use no network; what needs it is unknown")
    parser.add_argument("--observe", action="store_true", help="print the exit code it would have, and exit 0")
    parser.add_argument("--fail-on", choices=STRICTNESS, help="stricter than the profile: block on any failed item, or any untold one too")
    parser.add_argument("--now", metavar="TIME", help="judge ages as of this time (ISO 8601); the report says so")
    parser.add_argument("--no-cache", action="store_true", help="install every program anew, for this run only")


def inside(root: Path, path: Path) -> Path:
    """The folder to gate below a checkout. Raises ProdreadyError where a change put a link in its place, or the path leads out."""
    place = root
    for part in path.parts:
        place = place / part
        if part == ".." or path.is_absolute() or place.is_symlink():
            raise ProdreadyError(f"the folder to gate, {shown(str(path))}, is a link or leads out of the checkout", "name a real folder of the repository")
    return place


def _formats(chosen: str, inputs: Mapping[str, str]) -> tuple[str, ...]:
    """Those named, and SARIF when the action asks for it."""
    words = (*_words(chosen), *(("sarif",) if inputs.get("sarif") == "file" else ()))
    return tuple(dict.fromkeys(_one_of("format", word, tuple(EXTENSIONS)) for word in words))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _one_of(name: str, word: str, valid: Sequence[str]) -> str:
    if word not in valid:
        raise ProdreadyError(f"{name}: {word!r} is not valid; {nearest(word, valid)}", f"use one of {', '.join(valid)}")
    return word


def _yes(inputs: Mapping[str, str], name: str) -> bool:
    """Inputs of an action are text; a word that is neither is an error, not a no."""
    return _one_of(name, inputs.get(name, "false").lower(), ("true", "false")) == "true"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def parts(text: str) -> int:
    """A number of jobs that GitHub would start for one matrix."""
    number = _positive(text)
    if number > 256:
        raise ValueError(text)
    return number


parts.__name__ = "whole number from 1 to 256"
_positive.__name__ = "whole number above 0"


def parse_time(text: str) -> datetime:
    """An ISO 8601 time; UTC when it names no zone. Raises ProdreadyError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ProdreadyError(f"--now: {text!r} is no time", "write it as 2026-01-31T14:00:00+00:00") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
