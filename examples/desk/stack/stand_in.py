"""Runs a stand-in of the tests as a service: ``stand_in.py vault|gateway PORT``. Vault holds two secrets; the Gateway is one of Interactive Brokers, on paper."""

import socket
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]


def vault(port: int) -> None:
    """Unsealed, audited, with the keys of two venues."""
    from datetime import UTC, datetime

    from venues.vault import Vault

    store = Vault(port)
    store.devices["file/"] = {"type": "file"}
    for name in ("prod/ibkr", "paper/ibkr"):
        store.secrets["secret", name] = {"1": {"created_time": datetime.now(UTC).isoformat(), "deletion_time": "", "destroyed": False}}
    store.serve_forever()


def gateway(port: int) -> None:
    """Somebody is logged in to an account on paper."""
    from venues.ibkr import Gateway

    own = Gateway()
    with socket.create_server(("127.0.0.1", port), backlog=100) as server:
        while True:
            threading.Thread(target=own.serve, args=(server.accept()[0],), daemon=True).start()


{"vault": vault, "gateway": gateway}[sys.argv[1]](int(sys.argv[2]))
