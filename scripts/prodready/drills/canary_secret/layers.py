"""Finds a word in bytes, however it is wrapped: every encoding that logs are known to use is taken off, and what comes out is searched again."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from prodready.check import CannotTell

DEPTH = 3
"""How many wrappings are taken off, one after the other."""
BUDGET = 512 * 1024 * 1024
"""Bytes that are searched in all; more is a bomb, and could not be told."""
_ONE = 64 * 1024 * 1024
"""Bytes that one compressed stream may hold."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{4,})*")
_BASE32 = re.compile(rb"[A-Z2-7]{24,}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}[:, ]?){15,}[0-9A-Fa-f]{2}")
_BYTES = re.compile(rb"(?:\d{1,3}, ?){15,}\d{1,3}")
_ESCAPES = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u00([0-9a-fA-F]{2})|/)")
_ENTITY = re.compile(rb"&(?:#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}));?|([A-Za-z]{2,31};))")
_GZIP = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


def search(data: bytes, needles: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The needles that are there, and in what wrapping (empty for none). A needle is there when any of its words is. Raises CannotTell."""
    found: dict[str, str] = {}
    seen, spent = set[int](), 0
    queue: list[tuple[bytes, tuple[str, ...]]] = [(data, ())]
    while queue and len(found) < len(needles):
        view, path = queue.pop(0)
        spent += len(view)
        if spent > BUDGET:
            raise CannotTell(f"more than {BUDGET // 2**20} MiB came out of what was written", "name fewer files, or look for a compression bomb")
        if hash(view) in seen:
            continue
        seen.add(hash(view))
        lower = view.lower()
        for name, words in needles.items():
            if name not in found and any(word.lower().encode() in lower for word in words):
                found[name] = " of ".join(reversed(path))
        if len(path) < DEPTH:
            queue += [(inner, (*path, kind)) for kind, unwrap in LAYERS.items() if (inner := unwrap(view))]
    return found


def _base64(data: bytes) -> bytes:
    return b"\n".join(part for run in _BASE64.finditer(data) for part in _decoded64(re.sub(rb"\s+", b"", run[0])))


def _decoded64(run: bytes) -> Iterator[bytes]:
    """At each of the four places where a group may begin: a word before it may have run into it."""
    plain = run.replace(b"-", b"+").replace(b"_", b"/")
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        yield base64.b64decode(part + b"=" * (-len(part) % 4))


def _base32(data: bytes) -> bytes:
    return b"\n".join(part for run in _BASE32.finditer(data) for part in _decoded32(run[0]))


def _decoded32(run: bytes) -> Iterator[bytes]:
    """At each of the eight places where a group may begin; what is left at the end is cut to a length that base32 has."""
    for start in range(8):
        part = run[start:]
        part = part[: len(part) - (1 if len(part) % 8 in (1, 3, 6) else 0)]
        yield base64.b32decode(part + b"=" * (-len(part) % 8))


def _hex(data: bytes) -> bytes:
    runs = (re.sub(rb"[^0-9A-Fa-f]", b"", run[0]) for run in _HEX.finditer(data))
    return b"\n".join(binascii.unhexlify(part) for run in runs for part in (run[: len(run) // 2 * 2], run[1:][: (len(run) - 1) // 2 * 2]))


def _bytes(data: bytes) -> bytes:
    return b"\n".join(bytes(int(number) % 256 for number in re.split(rb", ?", run[0])) for run in _BYTES.finditer(data))


def _url(data: bytes) -> bytes:
    return unquote_to_bytes(data) if b"%" in data else b""


def _html(data: bytes) -> bytes:
    return _ENTITY.sub(_character, data) if b"&" in data else b""


def _character(found: re.Match[bytes]) -> bytes:
    """By its number, which html.unescape would replace where HTML forbids it, or by its name."""
    if found[3]:
        return html.unescape(found[0].decode()).encode()
    code = int(found[1], 16) if found[1] else int(found[2])
    return bytes([code]) if code < 256 else chr(min(code, 0x10FFFF)).encode("utf-8", "replace")


def _escapes(data: bytes) -> bytes:
    return _ESCAPES.sub(lambda match: bytes([int(code, 16)]) if (code := match[1] or match[2]) else b"/", data) if b"\\" in data else b""


def _quoted_printable(data: bytes) -> bytes:
    return quopri.decodestring(data) if re.search(rb"=(?:[0-9A-F]{2}|\r?\n)", data) else b""


def _utf16(data: bytes) -> bytes:
    return b"\n".join((data[::2], data[1::2], data.replace(b"\0", b""))) if b"\0" in data else b""


def _compressed(data: bytes) -> bytes:
    return b"\n".join(filter(None, (_inflated(data[found.start() :]) for found in _GZIP.finditer(data))))


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj(47)  # 32 + 15: gzip or zlib, by its header
    try:
        return stream.decompress(data, _ONE)
    except zlib.error:
        return b""


LAYERS: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": _base64, "base32": _base32, "hex": _hex, "a list of bytes": _bytes, "URL encoding": _url, "HTML escapes": _html,
    "escapes": _escapes, "quoted-printable": _quoted_printable, "UTF-16": _utf16, "compression": _compressed,
}  # fmt: skip
"""What is taken off, and how: empty where there is nothing of the kind."""
