"""Text that is not fully known before a deployment, marked inside the text itself so that patterns can still be compared.

A *reference* is the name or ARN of one declared resource: known after the deployment, never a wildcard.
An *unknown* may become any text, also ``*``.
"""

from __future__ import annotations

import re

_UNKNOWN, _REFERENCE, _COLON = "\ue000", "\ue001", "\ue002"
_UNKNOWNS = re.compile("\ue000.*?\ue000", re.DOTALL)  # "all but" a letter of a far alphabet takes a millisecond to compile
_REFERENCES = re.compile("\ue001(.*?)\ue001", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([^{}$]*)\}")
_STAR_DEFAULT = re.compile(r",\s*'\s*\*+\s*'\s*$")


def unknown(name: str) -> str:
    """Text of which nothing is known but where it would come from."""
    return f"{_UNKNOWN}{_plain(name)}{_UNKNOWN}"


def reference(name: str) -> str:
    """The name, id or ARN of one declared resource."""
    return f"{_REFERENCE}{_plain(name)}{_REFERENCE}"


def is_unknown(text: str) -> bool:
    """Whether any part of the text may become anything."""
    return _UNKNOWN in text


def wholly_unknown(text: str) -> bool:
    """Whether nothing of the text is known."""
    return _UNKNOWN in text and not _UNKNOWNS.sub("", text)


def worst(text: str) -> str:
    """The text with every unknown part as ``*``."""
    return _UNKNOWNS.sub("*", text) if _UNKNOWN in text else text


def referred(text: str) -> tuple[str, ...]:
    """The addresses of the resources the text refers to."""
    return tuple(name.replace(_COLON, ":") for name in _REFERENCES.findall(text)) if _REFERENCE in text else ()


def shown(text: str) -> str:
    """The text as people wrote it."""
    if _UNKNOWN not in text and _REFERENCE not in text:
        return text
    return re.sub("[\ue000\ue001]([^\ue000\ue001]*)[\ue000\ue001]", r"${\1}", text).replace(_COLON, ":")


def bind_variables(text: str) -> str:
    """IAM's own variables: ``${aws:username}`` is filled in by AWS and scopes; ``${*}`` and ``${?}`` are the plain characters.

    Each names a condition key, and so has a colon; ``${bucket}`` is a place that somebody else fills, with whatever they like.
    """
    return _VARIABLE.sub(_variable, text) if "${" in text else text


def _variable(match: re.Match[str]) -> str:
    name = match[1]
    if name in ("*", "?", "$"):
        return reference(f"literal {name}")
    if _STAR_DEFAULT.search(name):
        return "*"
    return reference(name) if ":" in name else unknown(name)


def _plain(name: str) -> str:
    return name.replace("\ue000", "").replace("\ue001", "").replace("*", "#").replace("?", "#").replace(":", _COLON)[:200]


def plain(text: str) -> str:
    """The text with unknown parts taken for plain text, unless all of it is unknown."""
    return text if wholly_unknown(text) else _UNKNOWNS.sub(lambda match: reference(match[0][1:-1]), text)
