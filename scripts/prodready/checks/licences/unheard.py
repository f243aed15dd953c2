"""Why an index told nothing about a package that it may well have: it did not answer, or its client is not here.

The words are ours, since a client's own may hold the credentials of an address.
"""

from __future__ import annotations

import re

from prodready.context import Completed, Ended

_WHY = (
    (r"401\b|403\b|[Uu]nauthorized|Forbidden", "refused to answer us: its credentials are missing or wrong"),
    (r"dns error|no such host|Unknown host|[Nn]ame or service not known|Could(?:n't| not) resolve", "could not be found: its name does not resolve"),
    (r"[Cc]ertificate|x509|tls:|TLS", "was not believed: its certificate is not one that this machine trusts"),
    (r"[Cc]onnection refused|Could(?:n't| not) connect|[Cc]onnection reset|unreachable|dial tcp", "did not answer: there was no connection"),
    (r"timed? ?out|[Tt]imeout|deadline exceeded", "did not answer in time"),
    (r"\b50\d\b|server error", "answered with an error of its own"),
    (r"Failed to fetch|error sending request|failed to (?:download|fetch)|spurious network error", "did not answer"),
)
_SILENT = re.compile(
    r"Failed to fetch|error sending request|could not be queried|returned a 40[13]|failed to (?:download|fetch)\b|network error|dial tcp|x509|i/o timeout"
    r"|Could(?:n't| not) (?:connect|resolve)|\b50\d (?:Internal|Bad|Service|Gateway)|HTTP status server error|Could not transfer artifact"
)
"""In what a client prints: it was not the package that was missing."""
_HOST = re.compile(r"https?://(?:[^/@\s\"'`]*@)?([A-Za-z0-9.-]+(?::\d+)?)")


class UnheardError(Exception):
    """The index told nothing; the message is a clause that says which and why."""


def heard(ended: Completed, client: str, more: str = "") -> None:
    """Raises UnheardError when the client was not able to ask; ``more`` is what it says of it beside its error stream."""
    if ended.ended is Ended.NOT_STARTED:
        raise UnheardError(f"{client}, which would fetch them, is not on this machine")
    if ended.ended is not Ended.EXITED:
        raise UnheardError(f"{client}, which fetches them, was stopped after {ended.seconds:.0f} s: the package index did not answer in time")
    words = f"{ended.stderr.decode('utf-8', 'replace')}\n{more}"
    if ended.code and _SILENT.search(words):
        host = _HOST.search(words)
        why = next((ours for pattern, ours in _WHY if re.search(pattern, words)), "did not answer")
        raise UnheardError(f"the package index {f'{host[1]} ' if host else ''}{why}")
