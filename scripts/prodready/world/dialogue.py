"""A program that is asked line by line. A line that does not come in time, or does not end, is CannotTell."""

from __future__ import annotations

import os
import selectors
import time

from prodready.check import CannotTell
from prodready.names import shown
from prodready.world.child import Child

LIMIT = 16 * 1024 * 1024
"""Bytes of one answer."""
_TICK = 0.2
KEPT = 4096
"""Bytes of its complaints that are kept, the last ones."""


class Dialogue:
    """One conversation with one program."""

    def __init__(self, child: Child, name: str) -> None:
        self._child, self._name = child, name
        self._heard = bytearray()
        self._complaints = bytearray()
        self._streams = {name: getattr(child.process, name) for name in ("stdin", "stdout", "stderr")}
        for stream in self._streams.values():
            os.set_blocking(stream.fileno(), False)

    def ask(self, line: bytes, *, deadline: float) -> bytes:
        """The line that comes back. Raises CannotTell."""
        end = time.monotonic() + deadline
        rest = memoryview(line + b"\n")
        with selectors.DefaultSelector() as streams:
            for name, stream in self._streams.items():
                streams.register(stream, selectors.EVENT_WRITE if name == "stdin" else selectors.EVENT_READ, name)
            while b"\n" not in self._heard:
                if time.monotonic() > end:
                    raise self._lost(f"did not answer within {deadline:g} s")
                for key, _ in streams.select(_TICK):
                    rest = self._served(streams, key, rest)
        answer, _, later = bytes(self._heard).partition(b"\n")
        self._heard[:] = later
        return answer

    def _served(self, streams: selectors.BaseSelector, key: selectors.SelectorKey, rest: memoryview) -> memoryview:
        """Writes or reads once; what is left to write."""
        if key.data == "stdin":
            rest = self._said(key.fd, rest)
        elif not self._listen(key.fd, key.data):
            streams.unregister(key.fileobj)
            if key.data == "stdout":
                raise self._lost("ended before it answered")
        if key.data == "stdin" and not rest:
            streams.unregister(key.fileobj)
        return rest

    def _said(self, stream: int, rest: memoryview) -> memoryview:
        try:
            return rest[os.write(stream, rest) :]
        except BrokenPipeError:
            return memoryview(b"")  # it reads no more; what it says last is still heard

    def _listen(self, stream: int, name: str) -> bool:
        """Takes what is there; False at the end of the stream."""
        part = os.read(stream, 64 * 1024)
        if name == "stderr":
            self._complaints += part
            del self._complaints[:-KEPT]
        else:
            self._heard += part
            if len(self._heard) > LIMIT:
                raise self._lost(f"answered with more than {LIMIT:,} bytes")
        return bool(part)

    def _lost(self, what: str) -> CannotTell:
        last = self._complaints.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        return CannotTell(f"{shown(self._name)} {what}{f': {shown(last)}' if last else ''}", "run it by hand, give it the same lines, and see why")
