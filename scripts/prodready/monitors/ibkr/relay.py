"""Stands between a trading client and TWS or Gateway, hands everything on as it is, and counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from prodready.ibkr import wire
from prodready.monitors.ibkr.traffic import Traffic, told

MOST_SYMBOLS = 1000
"""Requests of one session whose contract is remembered."""


@dataclass(slots=True)
class Relay:
    """Takes clients and leads each to the gateway."""

    host: str
    port: int
    """Where the gateway is."""
    traffic: Traffic
    tell: Callable[[str], None]

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until either side ends."""
        try:
            upstream, downstream = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), 10)
        except (OSError, TimeoutError) as error:
            self.tell(f"the gateway at {self.host}:{self.port} does not answer: {error or 'no answer in 10 s'}")
            writer.close()
            return
        session = _Session(traffic=self.traffic)
        ways = [asyncio.ensure_future(session.out(reader, downstream)), asyncio.ensure_future(session.back(upstream, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, downstream):
            end.close()
        self.traffic.sessions -= session.logged_in
        for ended in await asyncio.gather(*ways, return_exceptions=True):
            if isinstance(ended, ValueError):
                self.tell(f"a session was ended: {ended}")


@dataclass(slots=True)
class _Session:
    """What is known of one session."""

    traffic: Traffic
    version: int = 0
    logged_in: bool = False
    contracts: dict[str, str] = field(default_factory=dict)
    """Request -> symbol."""

    async def out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the client to the gateway."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            greeting = await reader.readexactly(4)
            if greeting != b"API\0":
                raise ValueError("a client does not speak the API of TWS")
            writer.write(greeting)
            await _frame(reader, writer)  # the versions it offers, which is no request
            while True:
                row = told(await _frame(reader, writer), self.version)
                self.traffic.sent()
                if row[:1] == ["1"] and len(row) > 4 and len(self.contracts) < MOST_SYMBOLS:
                    self.contracts[row[2]] = row[4]

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """From the gateway to the client."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            version, *_ = wire.fields(await _frame(reader, writer))
            self.version = int(version) if version.isdecimal() else 0
            while True:
                row = told(await _frame(reader, writer), self.version)
                self.traffic.came(row, self.contracts)
                if not self.logged_in:
                    self.logged_in = True
                    self.traffic.sessions += 1


async def _frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """One message, handed on at once. Raises ValueError for what is none."""
    head = await reader.readexactly(4)
    body = await reader.readexactly(wire.length(head))
    writer.write(head + body)
    await writer.drain()
    return body


async def relayed(relay: Relay, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Takes clients until it is cancelled. Raises OSError."""
    server = await asyncio.start_server(relay.client, host, port)
    ready(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()
