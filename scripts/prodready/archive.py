"""An archive that has one form only: the same files give the same bytes, so that a flipped byte anywhere is seen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MOST_FILES = 64
MOST_BYTES = 256 * 1024 * 1024


class NotCanonicalError(Exception):
    """The bytes are no archive of ours; the message says why."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """Stored, sorted, without times: compression would differ from machine to machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files, when packing them again gives these very bytes. Raises NotCanonicalError."""
    if len(data) > MOST_BYTES:
        raise NotCanonicalError(f"it is larger than {MOST_BYTES:,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            # Stored means that no entry can be larger than the archive it lies in.
            if len(entries) > MOST_FILES or any(entry.compress_type or entry.file_size > len(data) for entry in entries):
                raise NotCanonicalError("it was not packed by prodready")
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError, RuntimeError) as error:
        raise NotCanonicalError(f"it is no archive, or a damaged one: {error}") from None
    if pack(files) != data:
        raise NotCanonicalError("its bytes are not those that prodready packs: something in it was changed")
    return files
