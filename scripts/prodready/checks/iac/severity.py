"""How bad a finding of the scanner is: it says so only to paying accounts, so the words of its policy decide."""

from __future__ import annotations

import re

from prodready.model import Severity

WORDS = (
    (Severity.CRITICAL, r"full administrative|administrative privileges|\"\*-\*\"|hard.?coded|exposed? secrets?"),
    (
        Severity.HIGH,
        (r"public|0\.0\.0\.0|::/0|anonymous|privileged|escalation|wildcard|root|secret|password|credential|host (?:network|pid|ipc|process)|docker\.sock"
        r"|full iam|any principal|\*|cluster.?admin|exfiltration|without constraint|unrestricted|internet|allows? all|0\.0\.0\.0:0|rbac|data.?exposure"),
    ),
    (
        Severity.LOW,
        (r"logging|log |logs |retention|versioning|replication|customer.?manage[dr]|\bcmk\b|\btag|description|lifecycle|backup|multi.?az|monitoring"
        r"|notification|geo.?redundan|deletion protection|point.in.time|attached to|auto.?minor|copy tags|liveness|readiness|digest|namespace|seccomp"
        r"|\buid\b|cpu|x.?ray|trac(?:e|ing)"),
    ),
)
"""Severity -> words of a policy's name, the first that occur decide; all else is medium."""
_COMPILED = tuple((severity, re.compile(words, re.IGNORECASE)) for severity, words in WORDS)


def severity(policy: str) -> Severity:
    """Of a policy by its name: ``Ensure no security groups allow ingress from 0.0.0.0:0 to port 22`` is high."""
    return next((severity for severity, words in _COMPILED if words.search(policy)), Severity.MEDIUM)
