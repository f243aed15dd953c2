"""The API of a Gateway, as far as a session that reads goes: handshake, accounts, values, positions, profit, prices, and each way in which it can fail."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

from prodready.ibkr.wire import framed, message

UNSET = "1.7976931348623157E308"


class Gateway:
    """What it is, in attributes; ``odd`` is a way in which it fails."""

    def __init__(self):
        self.version, self.accounts, self.odd = 176, ["DU1234567"], ""
        self.values = {"NetLiquidation": "100000.50", "BuyingPower": "400000", "TotalCashValue": "50000.25"}
        self.cash = {"USD": "50000.25", "EUR": "-10.5"}
        self.positions = [(265598, "AAPL", "100"), (756733, "SPY", "-5")]
        self.profit = ("12.5", "-3.25", "0")
        self.price, self.kind, self.error = "101.25", "1", None
        self.apart, self.asked = 0, []
        self.fault, self.pieces, self.open = "", [1.0], {}

    def answers(self, row):
        """The messages that answer one."""
        kind, own = row[0], row[2] if len(row) > 2 else ""
        match kind:
            case "71":
                return [("15", 1, ",".join(self.accounts)), ("9", 1, 1), ("4", 2, -1, 2104, "Market data farm connection is OK", "")]
            case "49":
                return [("49", 1, int(time.time()) + self.apart)]
            case "62":
                rows = {(tag, "USD"): amount for tag, amount in self.values.items() if tag in row[4]}
                rows |= {("CashBalance", currency): amount for currency, amount in self.cash.items() if "$LEDGER" in row[4]}
                return [("63", 1, own, account, tag, amount, unit) for account in self.accounts for (tag, unit), amount in rows.items()] + [("64", 1, own)]
            case "61":
                held = [
                    ("61", 3, self.accounts[0], conid, symbol, "STK", "", "0", "", "", "SMART", "USD", symbol, symbol, quantity, "99.5")
                    for conid, symbol, quantity in self.positions
                ]
                return [*held, ("62", 1)]
            case "92":
                return [("94", row[1], *self.profit)]
            case "1":
                if self.error:
                    return [("4", 2, own, *self.error, "")]
                return [("58", 1, own, self.kind), ("1", 6, own, 4, self.price, "1", 0)]
            case "3":
                return list(self.ordered(row))
            case "4":
                known = self.open.pop(row[2], None)
                return [status(row[2], "Cancelled", *known)] if known and self.fault != "no cancel" else []
        return CLIENT.get(kind, lambda row, gateway: [])(row, self)

    def ordered(self, row):
        """What becomes of an order: it stands, is refused, or is filled in pieces."""
        number, action, quantity, kind, price, account = row[1], row[16], float(row[17]), row[18], float(row[19] or 0), row[23]
        assert account == self.accounts[0]
        if self.fault == "read only":
            yield ("4", 2, number, 321, "The API interface is currently in Read-Only mode.", "")
            return
        if kind == "LMT" and abs(round(price, 2) - price) > 1e-9 and self.fault != "takes any price":
            yield ("4", 2, number, 110, "The price does not conform to the minimum price variation for this contract.", "")
            return
        permanent = 1000 + int(number)
        if kind == "LMT":
            self.open[number] = (0, quantity, 0, permanent)
            yield status(number, "Submitted", *self.open[number])
            return
        done = 0.0
        for index, part in enumerate(self.pieces):
            done += part * quantity
            told = (f"E{number}.{index}", "20261125 12:00:00 UTC", account, "SMART", "BOT" if action == "BUY" else "SLD", part * quantity, "101.25")
            contract = ("0", "SPY", "STK", "", "0", "", "", "SMART", "USD", "SPY", "SPY")
            yield ("11", -1, number, *contract, *told, permanent, 777, 0, done, "101.25", row[27], "", "", "", 1)
            if self.fault != "no commission":
                yield ("59", 1, told[0], "1.05", "USD", UNSET, UNSET, "")
        yield status(number, "Filled" if self.fault != "never filled" else "Submitted", done, quantity - done, "101.25", permanent)

    def serve(self, sock):
        """One client, from the greeting on."""
        with sock, suppress(OSError, EOFError, struct.error):
            self.greet(sock)
            while True:
                (size,) = struct.unpack("!I", exactly(sock, 4))
                row = exactly(sock, size).decode().split("\0")[:-1]
                self.asked.append(row)
                if self.odd == "silent after login" and row[0] != "71":
                    time.sleep(60)
                for said in self.answers(row):
                    raw = message(*said)
                    if self.odd == "half" and said[0] in ("62", "64", "94"):
                        sock.sendall(raw[:5])
                        return
                    sock.sendall(raw)

    def greet(self, sock):
        assert exactly(sock, 4) == b"API\0"
        (size,) = struct.unpack("!I", exactly(sock, 4))
        exactly(sock, size)
        odd = {
            "a page": b"HTTP/1.1 400 Bad Request\r\n\r\n", "half a greeting": framed(b"176\0")[:3], "no version": framed(b"hello\0there\0"),
            "endless": struct.pack("!I", 2**31),
        }  # fmt: skip
        if self.odd == "silent":
            time.sleep(60)
        if self.odd == "drip":
            for byte in framed(b"176\0" + b"20261125 12:00:00 UTC\0"):
                sock.sendall(bytes([byte]))
                time.sleep(0.5)
        if self.odd in odd:
            sock.sendall(odd[self.odd])
            raise EOFError
        sock.sendall(framed(f"{self.version}\0".encode() + b"20261125 12:00:00 UTC\0"))


def status(number, word, filled, remaining, average, permanent):
    """The status of an order."""
    return ("3", number, word, filled, remaining, average, permanent, 0, average, 777, "", 0)


CLIENT = {
    "5": lambda row, gateway: [("53", 1)], "16": lambda row, gateway: [("53", 1)], "99": lambda row, gateway: [("102",)],
    "7": lambda row, gateway: [("55", 1, row[2])], "15": lambda row, gateway: [], "76": lambda row, gateway: [("74", 1, row[2])],
    "6": lambda row, gateway: [("6", 2, tag, value, "USD", gateway.accounts[0]) for tag, value in gateway.values.items()] + [("54", 1, gateway.accounts[0])],
}  # fmt: skip
"""What a whole client asks besides when it connects."""


def exactly(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


@contextmanager
def serving():
    """The Gateway and its port, until the end of the block."""
    gateway = Gateway()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            with suppress(OSError):
                while True:
                    threading.Thread(target=gateway.serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield gateway, server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
