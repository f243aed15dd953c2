"""A random secret is logged through the service's own logging; whatever comes out is searched for it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Completed, Context, Ended
from prodready.model import Finding, Severity
from prodready.names import shown

SPEAKER = Path(__file__).parent / "speaker.py"
WAYS = {
    "argument": "password=%s as an argument",
    "message": "a token in the message itself",
    "header": "an Authorization header",
    "extra": "a field of extra=",
    "object": "a mapping as the message",
    "exception": "the text of an exception",
    "address": "a password in an address",
}
"""How the speaker logs a secret, each with one of its own."""
DEADLINE = 60.0
LIMIT = 16 * 1024 * 1024


class Probed(Struct, frozen=True, kw_only=True):
    """What came out."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    ways: int = 0


def probe(ctx: Context, entry: str, *, logger: str, path: Sequence[str], python: str) -> Probed:
    """Lets the service log. What it was not able to do is a gap; raises CannotTell when a folder of ``path`` is none of the repository's."""
    if ctx.privileged:
        return Probed(gaps=("the probe of the logs was not made: this process holds secrets, and code of the repository is not run beside them",))
    canaries = {way: f"canary{secrets.token_hex(12)}" for way in WAYS}
    control = f"control{secrets.token_hex(12)}"
    folder = ctx.scratch()
    (folder / "say.json").write_text(json.dumps({"entry": entry, "logger": logger, "secrets": canaries, "control": control}))
    env = {"PYTHONPATH": ":".join(_folders(ctx, path)), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
    ended = ctx.run.command((python, str(SPEAKER)), cwd=folder, env=env, deadline=DEADLINE)
    output = b"\n".join((ended.stdout, ended.stderr, *_written(folder)))
    if ended.ended is not Ended.EXITED or ended.code or control.encode() not in output:
        return Probed(gaps=(f"the probe of the logs proves nothing: {_why(ended, entry)}",))
    leaked = [way for way, secret in canaries.items() if any(form in output for form in _forms(secret))]
    return Probed(findings=tuple(_finding(entry, way) for way in leaked), ways=len(WAYS))


def _folders(ctx: Context, path: Sequence[str]) -> Iterator[str]:
    root = ctx.repo.root.resolve()
    for name in path:
        place = (root / name).resolve()
        if not place.is_relative_to(root) or not place.is_dir():
            raise CannotTell(f"{shown(name)} is no folder below the gated one", "name folders of the repository in 'path'")
        yield str(place)


def _written(folder: Path) -> Iterator[bytes]:
    """What it wrote beside us: log files with a relative name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name != "say.json" and path.stat().st_size <= LIMIT:
            yield path.read_bytes()


def _forms(secret: str) -> Iterator[bytes]:
    """The secret as it may stand in a log: plain, in hex, and in base64 wherever it begins."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        yield coded[(offset * 4 + 2) // 3 + (1 if offset else 0) : len(coded) - 4]


def _why(ended: Completed, entry: str) -> str:
    if ended.ended is not Ended.EXITED:
        return f"{entry} {ended.ended.value} after {ended.seconds:.0f} s"
    last = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    if ended.code:
        return f"{entry} failed ({shown(last[-1])[:160] if last else f'exit code {ended.code}'})"
    return f"after {entry} a line without a secret did not come out at level INFO, on the standard streams or in a file with a relative name"


def _finding(entry: str, way: str) -> Finding:
    return Finding(
        rule=f"leaks-{way}",
        message=f"logging as {entry} sets it up lets through {WAYS[way]}",
        severity=Severity.HIGH,
        anchor=way,
        fix="mask it in a filter on the handlers, which sees the formatted record: a filter on a logger does not see the records of its children",
    )
