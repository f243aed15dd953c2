"""A client that writes numbered rows without pause and keeps when each was acknowledged: the only one who can say what a restoration has lost."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

from prodready.check import CannotTell
from prodready.engine.sockets import connected
from prodready.engine.watch import Down
from prodready.probes import Address, token
from prodready.probes.postgresql import Session

_TABLE = "prodready_ledger"
_PATIENCE = 5.0
"""Seconds that one write may take."""


class Loss(NamedTuple):
    """What did not come back."""

    acknowledged: int
    lost: int
    seconds: float
    """From the acknowledgement of the last row before the first lost one to that of the last row of all; 0 when nothing is lost."""
    all_lost: bool
    """Nothing came back, so that the loss is at least that long and nobody knows how much longer."""


class Ledger:
    """Writes to PostgreSQL from entering until ``stop``, or until the server is gone."""

    def __init__(self, address: Address, pause: float) -> None:
        self.address, self.pause, self.run = address, pause, token()
        self.acknowledged: list[float] = []
        """Monotonic time of each acknowledgement; row ``n`` is the n-th."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        try:
            _ask(self.address, f"CREATE TABLE IF NOT EXISTS {_TABLE} (run text, number int, PRIMARY KEY (run, number))")
        except (Down, OSError, EOFError) as error:
            raise CannotTell(f"{self.address.shown} takes no table of ours: {error}", "see that it is up, and that these credentials may write") from None
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """No more is written."""
        self._stop.set()
        self._thread.join(timeout=2 * _PATIENCE)

    def rows(self, address: Address) -> set[int]:
        """The numbers that are there. Raises Down, OSError, EOFError."""
        if _ask(address, f"SELECT to_regclass('{_TABLE}')") == [[""]]:
            return set()
        return {int(number) for (number,) in _ask(address, f"SELECT number FROM {_TABLE} WHERE run = '{self.run}'")}  # noqa: S608 # nosec B608 - our own words

    def loss(self, rows: set[int]) -> Loss:
        """What of the acknowledged rows is not among these."""
        times = self.acknowledged
        lost = [number for number in range(1, len(times) + 1) if number not in rows]
        if not lost:
            return Loss(len(times), 0, 0.0, all_lost=False)
        since = times[max(0, lost[0] - 2)]
        return Loss(len(times), len(lost), times[-1] - since, all_lost=len(lost) == len(times))

    def tidy(self, address: Address) -> None:
        """Drops the table. Raises Down, OSError, EOFError."""
        _ask(address, f"DROP TABLE IF EXISTS {_TABLE}")

    def _write(self) -> None:
        """Each row in a transaction of its own, on one connection: when that breaks, whatever was not acknowledged does not count."""
        try:
            with connected(self.address.host, self.address.port, _PATIENCE) as wire:
                session = Session(wire, self.address)
                while not self._stop.wait(self.pause):
                    wire.end = time.monotonic() + _PATIENCE
                    session.query(f"INSERT INTO {_TABLE} VALUES ('{self.run}', {len(self.acknowledged) + 1})")  # noqa: S608 # nosec B608 - our own words
                    self.acknowledged.append(time.monotonic())
        except (Down, OSError, EOFError):
            return


def _ask(address: Address, sql: str) -> list[list[str]]:
    with connected(address.host, address.port, 2 * _PATIENCE) as wire:
        return Session(wire, address).query(sql)
