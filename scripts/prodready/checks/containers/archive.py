"""Images as archives, as ``docker save``, ``podman save`` and OCI builders write them: read layer by layer, never unpacked as a whole, never run."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from prodready.check import CannotTell

JSON_LIMIT = 8 * 1024 * 1024
"""Bytes of a manifest or configuration."""
UNPACKED_LIMIT = 32 * 1024**3
"""Bytes of all files in all layers."""
MOST_MEMBERS = 2_000_000
_REMEDY = "write it anew ('docker image save -o image.tar NAME'), as the last step of the build"


class Member(Struct, frozen=True, kw_only=True):
    """A file in a layer."""

    layer: int
    """From 1, the lowest first."""
    name: str
    size: int
    stream: IO[bytes] | None
    """Its content while it is the current one; None for what holds none."""


class Archive:
    """An image in a file. Raises CannotTell wherever it is not whole."""

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._file = path.open("rb")
        try:
            self._tar = tarfile.open(fileobj=self._file)  # noqa: SIM115 - closed with the object, in ``close``
            self._members = {member.name.removeprefix("./"): member for member in self._tar}
            if not self._ends():
                raise self._broken("it was cut off")
            self.layers, self.config = self._described()
        except (tarfile.TarError, OSError, EOFError) as error:
            self._file.close()
            raise self._broken(type(error).__name__) from None
        except CannotTell:
            self._file.close()
            raise

    def close(self) -> None:
        """Lets go of the file."""
        self._tar.close()
        self._file.close()

    def members(self) -> Iterator[Member]:
        """Every file of every layer; what a later layer deletes is still there for whoever pulls."""
        left, count = UNPACKED_LIMIT, 0
        for number, layer in enumerate(self.layers, start=1):
            try:
                with tarfile.open(fileobj=self._open(layer), mode="r|*") as tar:
                    for member in tar:
                        left, count = left - member.size, count + 1
                        if left < 0 or count > MOST_MEMBERS:
                            raise CannotTell(f"{self._name} unpacks to more than is read", "leave out what does not belong into an image")
                        if member.isfile():
                            yield Member(layer=number, name=member.name.removeprefix("./"), size=member.size, stream=tar.extractfile(member))
            except (tarfile.TarError, OSError, EOFError) as error:
                raise self._broken(f"layer {number}: {type(error).__name__}; layers in zstd are not read") from None

    def layer(self, name: str) -> tuple[IO[bytes], int]:
        """A layer as it lies in the archive, and its size in bytes."""
        return self._open(name), self._members[name].size

    @property
    def packed(self) -> bool:
        """Whether its layers are packed with gzip."""
        return bool(self.layers) and self._open(self.layers[0]).read(2) == b"\x1f\x8b"

    def _ends(self) -> bool:
        """Whether two empty blocks follow the last member, as the format asks."""
        end = max((one.offset_data + -(-one.size // 512) * 512 for one in self._members.values()), default=0)
        stream: Any = self._tar.fileobj
        stream.seek(end)
        return bool(stream.read(1024) == bytes(1024))

    def _described(self) -> tuple[list[str], Mapping[str, Any]]:
        try:
            if "manifest.json" in self._members:
                told = self._json("manifest.json")[0]
                return list(told["Layers"]), self._json(told["Config"])
            manifest = self._json(_blob(self._json("index.json")["manifests"][0]))
            while "manifests" in manifest:  # an index of platforms: the first one stands for all
                manifest = self._json(_blob(manifest["manifests"][0]))
            return [_blob(layer) for layer in manifest["layers"]], self._json(_blob(manifest["config"]))
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            raise self._broken("it holds no manifest.json and no index.json with an image") from None

    def _json(self, name: str) -> Any:
        return json.loads(self._open(name).read(JSON_LIMIT))

    def _open(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(self._members[name]) if name in self._members else None
        if stream is None:
            raise self._broken(f"{name[:80]} is missing")
        return stream

    def _broken(self, why: str) -> CannotTell:
        return CannotTell(f"{self._name} is no whole image archive: {why}", _REMEDY)


def _blob(descriptor: Mapping[str, str]) -> str:
    kind, _, digest = descriptor["digest"].partition(":")
    return f"blobs/{kind}/{digest}"
