"""What is wrong with a built image: its size, its user, its health check, and the secrets that its layers and its history keep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.containers.archive import Archive, Member
from prodready.checks.containers.structure import HEALTH, ROOT, SECRET
from prodready.checks.containers.words import Rule, names_secret
from prodready.checks.secrets.question import Question
from prodready.checks.secrets.sensitive import holds
from prodready.checks.secrets.tree import scan_bench
from prodready.context import Context, Ended
from prodready.model import Finding, Severity
from prodready.names import shown
from prodready.tools.scan import TREE, Bench

SIZE = Rule(
    id="image-size",
    severity=Severity.MEDIUM,
    message="{}: every start on a new machine waits for it",
    fix="start from a slim image, build in a stage of its own, and clean up in the RUN that made the files",
)
HELD = Rule(
    id="secret-in-layer",
    severity=Severity.HIGH,
    message="{}, in the image for everyone who can pull it",
    fix="revoke it, leave it out of the build (.dockerignore, `RUN --mount=type=secret`); deleting it in a later layer does not help",
)
SYSTEM = ("usr/lib/", "usr/share/", "usr/include/", "usr/local/lib/", "lib/", "lib64/", "opt/java/", "usr/bin/", "usr/sbin/", "bin/", "sbin/")
"""Folders of the base image, whose test data and documents look like secrets and are public."""
TEXT_LIMIT = 1024 * 1024
"""Bytes of a file that is looked into: secrets lie in small ones."""
ALL_TEXT_LIMIT = 1024**3
MB = 1_000_000
_PAIR = re.compile(r"(?:^|[\s|])(?P<name>[A-Za-z_]\w*)=(?P<value>\S+)")


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was found in one image."""

    findings: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def saved(ctx: Context, image: str) -> Path:
    """The archive of an image that the machine's Docker holds. Raises CannotTell."""
    target = ctx.scratch() / "image.tar"
    ended = ctx.run.command(("docker", "image", "save", "--output", str(target), "--", image), cwd=target.parent, deadline=300)
    if ended.ended is not Ended.EXITED or ended.code or not target.is_file():
        why = f"Docker gave no image {shown(image)} ({ended.ended.value}, code {ended.code})"
        raise CannotTell(why, "build it before the gate, or save it and name the file in 'images'")
    return target


def look(ctx: Context, path: Path, name: str, *, max_mb: float) -> Seen:
    """Reads the archive. Raises CannotTell when it is not whole, or when the scanner for secrets cannot tell."""
    archive = Archive(path, shown(name))
    try:
        made, places, size = _taken(ctx, archive)
        seen = Seen(findings=list(_configured(archive.config, name)))
        words = f"{shown(name)}: {size / MB:.0f} MB unpacked in {len(archive.layers)} layers"
        seen.notes.append(f"{words}; folders of the base system were not searched for secrets")
        if size > max_mb * MB:
            seen.findings.append(SIZE.at(name, None, f"{size / MB:.0f} MB unpacked, more than {max_mb:.0f} MB"))
    finally:
        archive.close()
    _secrets(ctx, made, places, name, seen)
    return seen


def _taken(ctx: Context, archive: Archive) -> tuple[Bench, Mapping[str, Member], int]:
    """Small files of the layers under plain names, where they are, and the size of all."""
    folder, places, size, left = ctx.scratch(), dict[str, Member](), 0, ALL_TEXT_LIMIT
    (folder / TREE).mkdir()
    for member in archive.members():
        size += member.size
        if member.stream is None or not 0 < member.size <= min(TEXT_LIMIT, left) or member.name.startswith(SYSTEM):
            continue
        left -= member.size
        plain = f"{len(places):06}{_ending(member.name)}"
        (folder / TREE / plain).write_bytes(member.stream.read(TEXT_LIMIT))
        places[plain] = replace(member, stream=None)
    return Bench(folder=folder, paths=tuple(places), mark=token_hex(8)), places, size


def _ending(name: str) -> str:
    ending = PurePosixPath(name).suffix
    return ending if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", ending) else ""


def _secrets(ctx: Context, made: Bench, places: Mapping[str, Member], name: str, seen: Seen) -> None:
    if not places:
        seen.gaps.append(f"{shown(name)}: its layers hold no file that can be searched for secrets")
        return
    scanned = scan_bench(ctx, Question(bench=made))
    seen.gaps += scanned.gaps
    leaks = {(found.path, found.rule): found for found in scanned.findings}
    seen.findings += [replace(_held(places[path], name, f"what looks like {rule}"), severity=found.severity) for (path, rule), found in leaks.items()]
    named = [(member, what) for path, member in places.items() if (what := holds(member.name)) and path not in {found.path for found in scanned.findings}]
    seen.findings += [_held(member, name, f"a file that holds {what}") for member, what in named]


def _held(member: Member, name: str, what: str) -> Finding:
    return HELD.at(name, None, f"/{shown(member.name)} (layer {member.layer}): {what}".replace("{", "(").replace("}", ")"))


def _configured(config: Mapping[str, Any], name: str) -> Iterator[Finding]:
    told = config.get("config") if isinstance(config.get("config"), Mapping) else None
    inside: Mapping[str, Any] = told or {}
    if str(inside.get("User") or "root").partition(":")[0] in ("root", "0"):
        yield ROOT.at(name, None)
    check = inside.get("Healthcheck")
    if not isinstance(check, Mapping) or list(check.get("Test") or ["NONE"])[:1] == ["NONE"]:
        yield HEALTH.at(name, None)
    for variable in dict.fromkeys((*_set(map(str, inside.get("Env") or ())), *_set(_history(config)))):
        yield SECRET.at(name, None, variable)


def _history(config: Mapping[str, Any]) -> Iterator[str]:
    for entry in config.get("history") or ():
        yield str(entry.get("created_by", "")) if isinstance(entry, Mapping) else ""


def _set(lines: Iterator[str]) -> Iterator[str]:
    """Names of variables with a value whose name speaks of a secret."""
    for line in lines:
        yield from (match["name"] for match in _PAIR.finditer(line) if names_secret(match["name"]))
