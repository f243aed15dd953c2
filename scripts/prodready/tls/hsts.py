"""The ``Strict-Transport-Security`` header field, as RFC 6797 section 6.1 writes it and section 8.1 reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodready.tls.facts import Hsts

ENOUGH = 15_552_000
"""Seconds (180 days) that SSL Labs wants for an A+."""
_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*"'
_DIRECTIVE = re.compile(rf"[ \t]*(?:(?P<name>{_WORD})[ \t]*(?:=[ \t]*(?P<value>{_WORD}|{_QUOTED}))?)?[ \t]*(?P<end>;|\Z)")


def read(fields: Sequence[str]) -> Hsts:
    """The policy in the header fields of one answer: only the first field counts (8.1), and one that breaks the grammar is no policy."""
    if not fields:
        return Hsts(status="absent", words="the answer has no Strict-Transport-Security header")
    try:
        found = _directives(fields[0].strip(" \t"))
    except ValueError as error:
        return Hsts(status="invalid", words=f"browsers ignore the Strict-Transport-Security header: {error}")
    age = int(found["max-age"] or 0)
    words = "max-age=0 tells browsers to forget the host" if age == 0 else ""
    return Hsts(status="present" if age else "disabled", max_age=age, include_subdomains="includesubdomains" in found, words=words)


def _directives(field: str) -> dict[str, str | None]:
    """Directives by lower-case name. Raises ValueError."""
    found: dict[str, str | None] = {}
    place = 0
    while place <= len(field):
        match = _DIRECTIVE.match(field, place)
        if not match:
            raise ValueError("it breaks the grammar of RFC 6797")
        place = match.end() + (match["end"] == "")
        if match["name"]:
            name = match["name"].lower()
            if name in found:
                raise ValueError(f"the directive {name} stands twice")
            found[name] = _unquoted(match["value"])
    if not re.fullmatch(r"[0-9]{1,18}", found.get("max-age") or ""):
        raise ValueError("max-age is missing or no number of seconds")
    if found.get("includesubdomains") is not None:
        raise ValueError("includeSubDomains takes no value")
    return found


def _unquoted(value: str | None) -> str | None:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value and value.startswith('"') else value
