"""A signed question to Bybit that only reads: what is my key, or which orders are open. It learns the rate limit, and never trades."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from prodready.check import CannotTell
from prodready.context import Http, HttpRequest
from prodready.monitors.bybit.limits import Limit, limit_of
from prodready.names import shown
from prodready.readers import json_text, structured

TESTNET = "https://api-testnet.bybit.com"
ENDPOINTS = {"/v5/user/query-api": {}, "/v5/order/realtime": {"category": "linear", "settleCoin": "USDT"}}
"""What is asked, with its query. Both read; public endpoints tell no limit."""
_WINDOW_MS = 5000
"""Milliseconds that a signature is good for (``recv_window``)."""
_CODES = {
    10002: "the clocks differ: set this machine's by NTP",
    10003: "the key is unknown there: keys of the testnet are made on the testnet",
    10004: "the signature is wrong: see that the secret belongs to the key",
    10005: "the key may not read this: grant it read access, nothing more",
    10006: "the limit is reached: ask less often",
    10010: "the key is bound to other addresses: add that of this machine",
    33004: "the key has ended: make a new one",
}
"""https://bybit-exchange.github.io/docs/v5/error"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Asks Bybit as the owner of a key. The secret signs and is never sent."""

    http: Http
    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    deadline: float = 10.0
    """Seconds that an answer may take."""
    clock: Callable[[], float] = time.time

    def ask(self, endpoint: str) -> tuple[Limit, dict[str, Any]]:
        """The limit that the endpoint tells, and its result. Raises CannotTell, saying which of them was not told and what would help."""
        where = f"Bybit at {urlsplit(self.url).hostname} {endpoint}"
        query = urlencode(ENDPOINTS[endpoint])
        stamp = str(int(self.clock() * 1000))
        signed = hmac.new(self.secret.encode(), f"{stamp}{self.key}{_WINDOW_MS}{query}".encode(), hashlib.sha256).hexdigest()
        headers = {"X-BAPI-API-KEY": self.key, "X-BAPI-TIMESTAMP": stamp, "X-BAPI-RECV-WINDOW": str(_WINDOW_MS), "X-BAPI-SIGN": signed}
        address = f"{self.url.rstrip('/')}{endpoint}{f'?{query}' if query else ''}"
        answer = self.http.send(HttpRequest(url=address, headers=headers, follow=False, deadline=self.deadline, limit=1_000_000))
        if answer.status == 403:
            raise CannotTell(f"{where} refuses this address (HTTP 403)", "too many requests came from it: wait ten minutes; or its country is not served")
        if answer.status != 200:
            raise CannotTell(f"{where} answered HTTP {answer.status}", "see that the address is that of Bybit's API")
        result = _result(answer.body, where)
        limit = limit_of(answer.headers)
        if limit is None:
            raise CannotTell(f"{where} told no rate limit (no X-Bapi-Limit-Status that makes sense)", "ask another private endpoint")
        return limit, result


def _result(body: bytes, where: str) -> dict[str, Any]:
    try:
        data = json_text.loads(body.decode("utf-8"), name=where)
        code, result = int(data["retCode"]), data.get("result")
    except (UnicodeDecodeError, structured.Unreadable, KeyError, TypeError, ValueError, AttributeError):
        raise CannotTell(f"{where} answered with no JSON of its API", "see that nothing stands between, such as a sign-in page") from None
    if code:
        raise CannotTell(f"{where} refuses: {code} {shown(str(data.get('retMsg')))[:120]}", _CODES.get(code, "look the code up in its documentation"))
    return result if isinstance(result, dict) else {}
