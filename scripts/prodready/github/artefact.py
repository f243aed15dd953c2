"""The report that an untrusted run left behind: an archive which a stranger may have written, read as data and bounded in every direction."""

from __future__ import annotations

import io
import stat
import zipfile

from msgspec import Struct

from prodready.errors import ProdreadyError
from prodready.github.client import GitHubError, GitHubPort
from prodready.model import Report
from prodready.names import shown

MEMBER = "report.json"
ARCHIVE_LIMIT = 64 * 1024 * 1024
"""Bytes of the archive as it is sent."""
MEMBER_LIMIT = 32 * 1024 * 1024
"""Bytes of the report when unpacked."""
MOST_MEMBERS = 1000
RATIO = 200
"""How many times smaller than its content a member may be; JSON of ours packs about twenty to one."""


class Hostile(ValueError):
    """The archive is not what our action writes. The message says how, in one line."""


class Claim(Struct, frozen=True, kw_only=True):
    """What the other run says."""

    report: Report | None = None
    absent: str = ""
    """Why there is none: nothing to hold against anybody."""
    hostile: str = ""
    """Why what is there is no report of ours."""


def claimed(port: GitHubPort, run: int, name: str) -> Claim:
    """The claim of a run, whatever became of its archive; never raises for its sake."""
    try:
        found = port.artefacts(run, name)
        if len(found) != 1:
            return Claim(absent=f"the run left {len(found) or 'no'} artefact{'s' if len(found) > 1 else ''} named {shown(name)}")
        if found[0].bytes > ARCHIVE_LIMIT:
            return Claim(hostile=f"its artefact has {found[0].bytes:,} bytes, more than {ARCHIVE_LIMIT:,}")
        packed = port.download(found[0].path, limit=ARCHIVE_LIMIT)
    except GitHubError as error:
        return Claim(absent=str(error))
    try:
        return Claim(report=_report(packed))
    except Hostile as hostile:
        return Claim(hostile=str(hostile))


def _report(packed: bytes) -> Report:
    from prodready.report import json_v1_read

    try:
        return json_v1_read.read(unpacked(packed).decode("utf-8"))
    except UnicodeDecodeError:
        raise Hostile(f"{MEMBER} in it is not UTF-8") from None
    except ProdreadyError as error:
        raise Hostile(shown(error.message)) from None


def unpacked(packed: bytes) -> bytes:
    """The one member that is read, in memory; nothing is ever written to disk. Raises Hostile."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return _member(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Hostile):
            raise
        raise Hostile(f"it is no readable zip archive ({type(error).__name__})") from None


def _member(archive: zipfile.ZipFile) -> bytes:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise Hostile(f"it has {len(members):,} members, more than {MOST_MEMBERS:,}")
    names = [member.filename for member in members]
    for member in members:
        if wrong := _wrong(member, names):
            raise Hostile(f"its member {shown(member.filename[:100])} {wrong}")
    if MEMBER not in names:
        raise Hostile(f"it holds no {MEMBER}")
    with archive.open(MEMBER) as handle:
        content = handle.read(MEMBER_LIMIT + 1)
    if len(content) > MEMBER_LIMIT:  # the size in the directory is the sender's word
        raise Hostile(f"its member {MEMBER} is larger than it says")
    return content


def _wrong(member: zipfile.ZipInfo, names: list[str]) -> str:
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
        return "points out of the archive"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if names.count(name) > 1:
        return "is there twice"
    if member.file_size > MEMBER_LIMIT or member.file_size > RATIO * max(member.compress_size, 1024):
        return f"would unpack to {member.file_size:,} bytes"
    return ""
