"""Names and values that speak of a secret, and how a rule of this check is written down."""

from __future__ import annotations

import re

from msgspec import Struct

from prodready.model import Finding, Severity

_SECRET = re.compile(r"(?:^|_)(?:secret|token|passw(?:or)?d|passphrase|pwd|api_?key|private_?key|access_?key|credentials?)(?:$|_)", re.IGNORECASE)
_NO_SECRET = re.compile(r"_(?:file|path|dir|url|uri|name|id|ttl|length|expir\w*|algorithm|policy|header|enabled|type)$", re.IGNORECASE)


class Rule(Struct, frozen=True, kw_only=True):
    """What can be wrong with the structure of a file, and what to write instead."""

    id: str
    severity: Severity
    message: str
    fix: str

    def at(self, path: str, line: int | None, what: str = "") -> Finding:
        """The finding; ``what`` takes the place of ``{}`` in its message, and tells two in one file apart."""
        return Finding(rule=self.id, message=self.message.format(what), severity=self.severity, path=path, line=line, fix=self.fix, anchor=what)


def names_secret(name: str) -> bool:
    """Whether a variable of that name holds a secret: ``DB_PASSWORD`` does, ``DB_PASSWORD_FILE`` tells where one is."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return bool(_SECRET.search(plain)) and not _NO_SECRET.search(plain)


def pinning(image: str) -> str:
    """How an image is named: ``digest``, ``version``, ``latest``, or ``variable`` for one that only the build knows."""
    if "@sha256:" in image:
        return "digest"
    if "$" in image:
        return "variable"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "version" if tag and tag != "latest" else "latest"
