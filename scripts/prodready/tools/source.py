"""Brings a program from one of its sources into a folder: release archive, wheel, or Python packages in an environment of their own."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from prodready.context import Ended
from prodready.tools.lock import Archive, GoModule, OnPath, Packages, Pin, Source, Wheel
from prodready.world.child import Children

DEADLINE = 300.0
"""Seconds one installation may take."""
LIMIT = 512 * 1024 * 1024
"""Bytes a download or a program may have."""

_FINDING = threading.Lock()
"""Held while uv is looked for: it asks sysconfig, whose first answers differ between threads."""


class NotHadError(Exception):
    """A source did not give the program; the message says why."""


class Workshop(Struct, frozen=True, kw_only=True):
    """What an installation needs of the world."""

    children: Children
    environ: Mapping[str, str]
    """The installer's environment: it reaches the package index."""


def argv(source: Source, folder: Path) -> tuple[str, ...]:
    """How a program from this source is started."""
    match source:
        case Archive() | Wheel() | GoModule():
            return (str(program(source, folder)),)
        case Packages(module=module):  # -I: nothing of the folder it runs in; -B: what was verified stays as it is
            return (str(folder / "bin" / "python"), "-I", "-B", *(() if module.endswith(".py") else ("-m",)), module)
        case OnPath(program=name):
            return (name,)


def program(source: Source, folder: Path) -> Path:
    """What is verified: the program's file, or the folder of an environment."""
    match source:
        case Archive(member=member):
            return folder / Path(member).name
        case Wheel(member=member):
            return folder / member
        case GoModule(package=package):
            return folder / (Path(package).name or "program")  # the module itself is the program
        case Packages() | OnPath():
            return folder


def bring(pin: Pin, source: Source, into: Path, shop: Workshop) -> None:
    """Fills the folder. Raises NotHadError."""
    match source:
        case Archive():
            _archive(source, into)
        case Wheel():
            _wheel(source, into, shop)
        case Packages():
            _packages(pin.folder, source, into, shop)
        case GoModule():
            _built(source, into, shop)
        case OnPath():
            raise NotHadError("a program on PATH is used where it is")


def _wheel(source: Wheel, into: Path, shop: Workshop) -> None:
    into.mkdir()
    wanted = into / "requirement.txt"
    wanted.write_text(" ".join((source.requirement, *(f"--hash=sha256:{file.sha256}" for file in source.files))), "utf-8")
    _uv(shop, into, "pip", "install", "--target", str(into), "--python", sys.executable, *_STRICT, "-r", str(wanted))
    found = into / source.member
    if not found.is_file():
        raise NotHadError(f"{source.requirement} holds no {source.member}")
    found.chmod(0o755)


def _packages(pinned: Path, source: Packages, into: Path, shop: Workshop) -> None:
    _uv(shop, into.parent, "venv", "--relocatable", "--no-project", "--python", sys.executable, str(into))
    install = ("pip", "install", "--python", str(into / "bin" / "python"), "--compile-bytecode")
    _uv(shop, into, *install, *_STRICT, "-r", str(pinned / source.requirements))
    if source.source:
        _uv(shop, into, *install, *_HASHED, "--no-build-isolation", "-r", str(pinned / source.source))


BUILDING = 1800.0
"""Seconds a build from source may take."""


_SEALED = {"CGO_ENABLED": "0", "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -modcacherw", "GOWORK": "off"}


def _built(source: GoModule, into: Path, shop: Workshop) -> None:
    """The module, when it has the pinned hash, built with what its own go.sum names and nothing else."""
    into.mkdir()
    environ = {**shop.environ, **source.environ, **_SEALED}
    told = _go(shop, into, environ, "mod", "download", "-json", f"{source.module}@{source.version}")
    try:
        found = json.loads(told)
        folder, got = str(found["Dir"]), str(found["Sum"])
    except (ValueError, KeyError, TypeError):
        raise NotHadError(f"go did not say where it put {source.module}") from None
    if got != source.sum:
        raise NotHadError(f"{source.module} {source.version} has the hash {got}, pinned is {source.sum}: not built")
    flags = ("-trimpath", "-buildvcs=false", "-ldflags", source.ldflags, "-o", str(program(source, into)))
    _go(shop, Path(folder), environ, "build", *flags, f"./{source.package}")


def _go(shop: Workshop, folder: Path, environ: Mapping[str, str], *args: str) -> bytes:
    found = shutil.which("go", path=environ.get("PATH"))
    if not found:
        raise NotHadError("it is built from source, and Go is not here (https://go.dev/dl)")
    ended = shop.children.run((found, *args), cwd=folder, env=environ, deadline=BUILDING)
    if ended.ended is not Ended.EXITED or ended.code:
        raise NotHadError(f"go {args[0]}: {_gist(ended.stderr.decode('utf-8', 'replace')) or ended.ended.value}")
    return ended.stdout


_HASHED = ("--require-hashes", "--no-deps", "--strict", "--link-mode", "copy")
_STRICT = (*_HASHED, "--only-binary", ":all:")


def _uv(shop: Workshop, folder: Path, *args: str) -> None:
    """Runs the installer, without a cache of its own: what it kept unpacked would not be checked again."""
    ended = shop.children.run((_uv_program(), *args, "--no-cache", "--quiet"), cwd=folder, env=shop.environ, deadline=DEADLINE)
    if ended.ended is Ended.TIMED_OUT:
        raise NotHadError(f"the installer was stopped after {DEADLINE:.0f} s")
    if ended.ended is not Ended.EXITED or ended.code:
        raise NotHadError(_gist(ended.stderr.decode("utf-8", "replace")) or f"the installer {ended.ended.value} with code {ended.code}")


def _uv_program() -> str:
    from uv import find_uv_bin

    try:
        with _FINDING:
            return find_uv_bin()
    except FileNotFoundError:
        found = shutil.which("uv")
        if not found:
            raise NotHadError("the installer uv is not here; install prodready again") from None
        return found


def _gist(words: str) -> str:
    """What the installer complained of, on one line."""
    lines = [line.strip(" ×╰─▶├│·") for line in words.splitlines()]
    return " ".join(line.removeprefix("error: ") for line in lines if line)[:600]


def _archive(source: Archive, into: Path) -> None:
    data = _download(source.url)
    got = hashlib.sha256(data).hexdigest()
    if got != source.sha256:
        raise NotHadError(f"{source.url} has the sha256 {got}, pinned is {source.sha256}: not used")
    inside = _from_zip(data, source.member) if source.url.endswith(".zip") else _from_tar(data, source.member)
    into.mkdir()
    target = program(source, into)
    target.write_bytes(inside)
    target.chmod(0o755)


def _download(url: str) -> bytes:
    import http.client
    import urllib.request

    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise NotHadError(f"{url} is not https")
    try:
        with urllib.request.build_opener().open(url, timeout=20) as answer:  # https, as just checked; loopback is for tests
            data: bytes = answer.read(LIMIT + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotHadError(f"{url} did not answer: {getattr(error, 'reason', None) or error}") from None
    if len(data) > LIMIT:
        raise NotHadError(f"{url} is larger than {LIMIT} bytes")
    return data


def _from_tar(data: bytes, member: str) -> bytes:
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            handle = archive.extractfile(member)
            return _bounded(handle.read(LIMIT + 1) if handle else b"", member)
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise NotHadError(f"{member} cannot be taken out of the archive: {error}") from None


def _from_zip(data: bytes, member: str) -> bytes:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(member) as handle:
            return _bounded(handle.read(LIMIT + 1), member)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
        raise NotHadError(f"{member} cannot be taken out of the archive: {error}") from None


def _bounded(data: bytes, member: str) -> bytes:
    if not data or len(data) > LIMIT:
        raise NotHadError(f"{member} is no program: {len(data)} bytes")
    return data
