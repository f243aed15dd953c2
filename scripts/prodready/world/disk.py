"""Files below one folder, opened so that no link and no special file can lead anywhere else."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from prodready.check import CannotTell
from prodready.names import shown

RAW_LIMIT = 64 * 1024 * 1024
TEXT_LIMIT = 4 * 1024 * 1024
BLOCK = 1024 * 1024
STAGE_LIMIT = 4 * 1024**3
"""Bytes of all files that one check may copy."""

_LFS = b"version https://git-lfs.github.com/spec/"
LFS_SIZE = 1024


@contextmanager
def opened(root: Path, path: str) -> Iterator[int]:
    """A descriptor of a regular file below ``root``; no component of the path is a link. Raises CannotTell."""
    descriptor, _ = _opened(root, path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(root: Path, path: str) -> tuple[int, int]:
    """The descriptor, for the caller to close, and the file's size in bytes."""
    try:
        descriptor = _open(root, _parts(path))
    except OSError as error:
        raise CannotTell(f"{shown(path)} cannot be read: {_reason(error)}", "commit it as a plain file that everyone may read") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise CannotTell(f"{shown(path)} is no regular file", "commit it as a plain file")
    return descriptor, about.st_size


def read(root: Path, path: str, limit: int) -> bytes:
    """The bytes of one file. Raises CannotTell when it is missing, unreadable, too large, special, a Git LFS pointer or reached over a link."""
    descriptor, size = _opened(root, path)
    try:
        if size > limit:
            raise CannotTell(f"{shown(path)} is {size:,} bytes, more than the {limit:,} that are read", "make it smaller, or exclude it with a reason")
        content = os.read(descriptor, size + 1)  # a byte more than there is: where no more comes, that was the end
        if len(content) != size:
            content += b"".join(_blocks(descriptor, limit + 1 - len(content)))
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise CannotTell(f"{shown(path)} grew beyond {limit:,} bytes while it was read")
    if is_lfs_pointer(content):
        raise _pointer(path)
    return content


def sha256(root: Path, path: str) -> str:
    """The digest of one file of any size. Raises CannotTell as ``read`` does, but for the size."""
    with opened(root, path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as stream:
        if is_lfs_pointer(stream.peek(LFS_SIZE)):
            raise _pointer(path)
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pointer(path: str) -> CannotTell:
    return CannotTell(f"{shown(path)} is a Git LFS pointer, its content is not here", "run 'git lfs pull', or set 'lfs: true' on actions/checkout")


def _blocks(descriptor: int, left: int) -> Iterator[bytes]:
    """What is left of the file, at most a block beyond ``left`` bytes."""
    while left > 0 and (block := os.read(descriptor, BLOCK)):
        yield block
        left -= len(block)


def is_lfs_pointer(content: bytes) -> bool:
    """Whether the bytes stand for a file that Git LFS keeps elsewhere."""
    return len(content) < LFS_SIZE and content.startswith(_LFS)


def decode(content: bytes, path: str) -> str:
    """The text of UTF-8 bytes, or of UTF-16 with a byte order mark. Raises CannotTell naming the line that does not decode."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CannotTell(f"{shown(path)}:{line} is not {encoding.upper()} text", "save it as UTF-8, or exclude it with a reason") from None


def size(root: Path, paths: Sequence[str]) -> int:
    """Bytes of all the files, as their folders tell; what cannot be told counts nothing."""
    total = 0
    for path in paths:
        with suppress(OSError):
            total += os.lstat(f"{root}/{path}").st_size
    return total


def copy(root: Path, paths: Sequence[str], into: Path) -> None:
    """Copies files below another folder, keeping their relative paths and executable bits. Raises CannotTell at the first that cannot be read."""
    left, made = STAGE_LIMIT, set[Path]()
    for path in paths:
        with opened(root, path) as descriptor:
            seen = os.fstat(descriptor)
            left -= seen.st_size
            if left < 0:
                raise CannotTell(f"the files to scan are larger than {STAGE_LIMIT // 1024**3} GiB together", "exclude large data with a reason")
            target = into / path
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            _copy_one(descriptor, seen, target)


def _copy_one(descriptor: int, seen: os.stat_result, target: Path) -> None:
    mode = 0o700 if seen.st_mode & 0o111 else 0o600
    room = min(seen.st_size + 1, BLOCK)  # a whole block would be cleared for each file
    copied = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        while block := os.read(descriptor, room):
            while block := block[os.write(copied, block) :]:
                pass
    finally:
        os.close(copied)


def _parts(path: str) -> tuple[str, ...]:
    parts = tuple(path.split("/"))
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise CannotTell(f"{shown(path) or 'an empty path'} does not name a file below the gated folder", "write the path relative to it, without '..'")
    return parts


_PLAIN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""O_NONBLOCK: opening a named pipe must not wait for its writer."""


def _open(root: Path, parts: tuple[str, ...]) -> int:
    if len(parts) == 1:
        return os.open(f"{root}/{parts[0]}", _PLAIN_FILE)  # the root itself is trusted, and nothing else is on the way
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(parts[-1], _PLAIN_FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    if isinstance(error, NotADirectoryError | IsADirectoryError):
        return "a folder and a file change places on the way, or a link does"
    return "it is a symbolic link" if error.strerror and "symbolic links" in error.strerror else (error.strerror or "unknown reason").lower()
