"""PostgreSQL: a row is inserted and read back; the identity is the postmaster's start time. Protocol 3 on a raw socket, so that nothing retries.

The rows go to the table ``prodready_drill``, which the first probe makes and ``tidy`` drops. ``?sslmode=require`` asks for TLS.
"""

from __future__ import annotations

import struct

from prodready.engine.sockets import Wire, connected
from prodready.engine.watch import Down, Probe
from prodready.probes import Address, token
from prodready.probes.scram import Scram, md5

_TABLE = "prodready_drill"
_MAKE = f"CREATE TABLE IF NOT EXISTS {_TABLE} (token text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
_TLS = 80877103
_VERSION = 196608


def probe(address: Address) -> Probe:
    """Insert, commit, select, and the start time, on one connection."""
    made = False

    def once(timeout: float) -> str:
        nonlocal made
        value = token()
        with connected(address.host, address.port, timeout) as wire:
            session = Session(wire, address)
            if not made:
                session.query(_MAKE)
            made = False  # whoever answers next may be another one, restored without the table
            session.query(f"INSERT INTO {_TABLE} (token) VALUES ('{value}')")  # noqa: S608 # nosec B608 - our own table, our own value
            rows = session.query(f"SELECT token, pg_postmaster_start_time() FROM {_TABLE} WHERE token = '{value}'")  # noqa: S608 # nosec B608 - likewise
            session.close()
        made = True
        if len(rows) != 1 or rows[0][0] != value:
            raise Down("it did not give back what was just written")
        return f"started {rows[0][1]}"

    return once


def tidy(address: Address) -> None:
    """Drops the table. Raises OSError, Down."""
    with connected(address.host, address.port, 10.0) as wire:
        Session(wire, address).query(f"DROP TABLE IF EXISTS {_TABLE}")


class Session:
    """A connection that is logged in."""

    def __init__(self, wire: Wire, address: Address) -> None:
        self.wire = wire
        if address.query.get("sslmode") in ("require", "verify-ca", "verify-full"):
            wire.send(struct.pack("!II", 8, _TLS))
            if wire.exactly(1) != b"S":
                raise Down("it offers no TLS, and sslmode asks for it")
            wire.secure(address.host)
        user = address.user or "postgres"
        words = {"user": user, "database": address.path.strip("/") or user, "application_name": "prodready"}
        body = b"".join(f"{name}\0{word}\0".encode() for name, word in words.items()) + b"\0"
        wire.send(struct.pack("!II", len(body) + 8, _VERSION) + body)
        self._log_in(user, address.password)

    def query(self, sql: str) -> list[list[str]]:
        """Rows of a simple query. Raises Down with the server's words."""
        self._send(b"Q", sql.encode() + b"\0")
        rows: list[list[str]] = []
        while (message := self._receive())[0] != b"Z":
            if message[0] == b"D":
                rows.append(_row(message[1]))
        return rows

    def close(self) -> None:
        """Says good-bye, so that the server's log stays clean."""
        self._send(b"X", b"")

    def _log_in(self, user: str, password: str) -> None:
        scram: Scram | None = None
        while (message := self._receive())[0] != b"Z":
            if message[0] != b"R":
                continue
            kind, data = struct.unpack("!I", message[1][:4])[0], message[1][4:]
            if kind == 3:
                self._send(b"p", password.encode() + b"\0")
            elif kind == 5:
                self._send(b"p", md5(user, password, data) + b"\0")
            elif kind == 10:
                scram = Scram(password)
                self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(scram.first)) + scram.first)
            elif kind == 11 and scram:
                self._send(b"p", scram.final(data))
            elif kind == 12 and scram:
                scram.verify(data)
            elif kind:
                raise Down(f"it wants a kind of log-in that this probe does not speak ({kind})")

    def _send(self, kind: bytes, body: bytes) -> None:
        self.wire.send(kind + struct.pack("!I", len(body) + 4) + body)

    def _receive(self) -> tuple[bytes, bytes]:
        kind, size = struct.unpack("!cI", self.wire.exactly(5))
        if size < 4:
            raise Down("it does not speak the protocol of PostgreSQL")
        body = self.wire.exactly(size - 4)
        if kind == b"E":
            raise Down(_words(body))
        return kind, body


def _row(body: bytes) -> list[str]:
    cells, at = [], 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        size = struct.unpack("!i", body[at : at + 4])[0]
        cells.append(body[at + 4 : at + 4 + max(0, size)].decode())
        at += 4 + max(0, size)
    return cells


def _words(body: bytes) -> str:
    """The message of an error, without the rest."""
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return fields.get(b"M", "it refused without words")[:150]
