"""The wildcard language of IAM: ``*`` and ``?`` anywhere. What a pattern matches, covers, and whether it stands for everything."""

from __future__ import annotations

import re
from functools import lru_cache

_WILD = re.compile("[*?]")
_STAR = "\uf001"
"""Stands for text of any length: a star of another pattern, or a value nobody chose. ``?`` does not match it, only ``*`` does."""
_AS_STAR = re.compile(r"[*?]*\*[*?]*|\?{12,}")
"""Wildcards that every name one meets fits: ``??*`` asks for two letters, and twelve ``?`` are any account."""


def is_all(text: str) -> bool:
    """Whether the text stands for every name: ``*``, ``**``, ``?*``."""
    return "*" in text and not text.strip("*?")


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text, in time proportional to their lengths' product at worst."""
    if "?" in pattern:
        return _matches(pattern, text)
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    tail = rest.pop()
    if len(text) < len(head) + len(tail) or not text.startswith(head) or not text.endswith(tail):
        return False
    at, end = len(head), len(text) - len(tail)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def among(pattern: str, lines: str) -> list[str]:
    """The lines that the pattern matches."""
    if pattern.count("*") < 4 and "\n" not in pattern:
        body = "".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
        return re.findall(f"^{body}$", lines, re.MULTILINE)
    return [line for line in lines.split("\n") if matches(pattern, line)]


def _matches(pattern: str, text: str) -> bool:
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark, p = p, t, p + 1
        elif p < len(pattern) and (pattern[p] == text[t] or (pattern[p] == "?" and text[t] != _STAR)):
            p, t = p + 1, t + 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return not pattern[p:].strip("*")


@lru_cache(maxsize=10_000)
def covers(wide: str, narrow: str) -> bool:
    """Whether all that ``narrow`` matches is matched by ``wide`` too. Errs to False."""
    if wide == narrow or (bool(wide) and not wide.strip("*")):
        return True
    if "?" in narrow:
        return False
    return matches(wide, narrow.replace("*", _STAR))


@lru_cache(maxsize=10_000)
def overlaps(one: str, other: str) -> bool:
    """Whether some text may match both. Errs to True."""
    head = min(_literal_head(one), _literal_head(other))
    if one[:head] != other[:head]:
        return False
    tail = min(_literal_head(one[::-1]), _literal_head(other[::-1]))
    return not tail or one[-tail:] == other[-tail:]


def _literal_head(pattern: str) -> int:
    found = _WILD.search(pattern)
    return found.start() if found else len(pattern)


@lru_cache(maxsize=20_000)
def is_star(resource: str, arn_format: str, *, account_matters: bool = True) -> bool:
    """Whether the resource pattern matches every resource of the format: in any account, or, if that does not matter, in one account.

    Partition and region are not scope: ``arn:aws:sqs:eu-west-1:*:*`` is every queue one can reach there.
    """
    if is_all(resource):
        return True
    if not _WILD.search(resource) and _STAR not in resource and _chosen(arn_format):
        return False
    wanted, service = arn_format.split(":", 5), _service(resource)
    if len(wanted) < 6 or (service is not None and service != wanted[2]):
        return False
    resource = _AS_STAR.sub("*", resource)
    given = resource.split(":", 5)
    if len(given) == 6 and _literal(given[0], "arn"):
        account = wanted[4] if account_matters or not wanted[4] else "="
        wanted = [wanted[0], "=", wanted[2], "=", account, wanted[5]]
        generic = [given[at] if part == "=" else _generic(part) for at, part in enumerate(wanted)]
        return all(matches(given[at], generic[at]) for at in range(6)) or matches(resource, _instance(arn_format))
    return matches(resource, _instance(arn_format))


@lru_cache(maxsize=10_000)
def _service(resource: str) -> str | None:
    """The one service that an ARN names; None where a wildcard may stand for others."""
    parts = _AS_STAR.sub("*", resource).split(":", 5)
    return parts[2] if len(parts) == 6 and not _WILD.search(parts[2]) and "*" not in parts[0] + parts[1] else None


@lru_cache(maxsize=10_000)
def _chosen(arn_format: str) -> bool:
    """Whether the customer chooses a part of the resource's name, so that only a wildcard can stand for all of them."""
    return "${" in arn_format.split(":", 5)[-1]


def _literal(given: str, word: str) -> bool:
    return given == word or matches(given, word)


def _instance(arn_format: str) -> str:
    return _generic(arn_format.replace("${Partition}", "aws"))


@lru_cache(maxsize=20_000)
def _generic(part: str) -> str:
    out, rest = "", part
    while "${" in rest:
        before, _, rest = rest.partition("${")
        out += before + _STAR
        rest = rest.partition("}")[2]
    return out + rest
