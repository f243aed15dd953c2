"""AWS Signature Version 4 of a GET, as the S3 API reference defines it ("Authenticating Requests: Using the Authorization Header")."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from urllib.parse import quote, urlsplit

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Who asks."""

    access: str
    secret: str = field(repr=False)
    session: str = field(default="", repr=False)
    """Token of temporary keys."""


def signed(keys: Keys, base: str, path: str, query: Mapping[str, str], *, region: str, now: datetime) -> tuple[str, dict[str, str]]:
    """The address and the headers that sign it. ``base`` is scheme and host, ``path`` begins with a slash and is not quoted yet; ``now`` is in UTC."""
    place, words = quote(path, safe="/-_.~"), "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    headers = {"host": urlsplit(base).netloc, "x-amz-content-sha256": _EMPTY, "x-amz-date": stamp}
    if keys.session:
        headers["x-amz-security-token"] = keys.session
    names = ";".join(headers)
    canonical = "\n".join(("GET", place, words, *(f"{name}:{value}" for name, value in headers.items()), "", names, _EMPTY))
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = reduce(_mac, scope.split("/"), f"AWS4{keys.secret}".encode())
    signature = _mac(key, text).hex()
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope},SignedHeaders={names},Signature={signature}"
    return f"{base}{place}{f'?{words}' if words else ''}", {name: value for name, value in headers.items() if name != "host"}


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
