"""Foreign text made inert: titles, paths, messages and names come from repositories that may be hostile."""

from __future__ import annotations

import re
import unicodedata

from prodready import names

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_BREAK = "\u200b"
"""A zero-width space: what GitHub's linkers do not look past. Foreign ones are made visible before ours go in."""

_LINKERS = re.compile(r"@(?=[\w-])|#(?=\d)|(?i:gh-)(?=\d)|:(?=//)|(?i:www)(?=\.)|:(?=[a-z+_-][\w+-]*:)")
"""Where GitHub would see a mention, an issue reference, an address or an emoji name."""

_ARN = re.compile(r"\barn(?::aws[\w-]*(?::[a-z0-9-]*){0,2})?$")
"""The head of an ARN before one of its colons: it is no emoji, and who copies it must not get a sign that nobody sees."""

_MARKDOWN = str.maketrans({**{sign: "\\" + sign for sign in "\\`*_[]|~"}, "<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "&#36;", _BREAK: "&#8203;"})
_BLOCK_START = re.compile(r"^(?:(?=[#+=-])|(\d{1,9})(?=[.)](?: |$)))")
_PLAIN_CODE = re.compile(r"[\w /.:@#=+,()%-]+")


def line(text: str, limit: int = 400) -> str:
    """One visible line: white space joined, control and direction characters shown as escapes, at most ``limit`` characters."""
    words = names.shown(" ".join(text[: 4 * limit].split()))
    cut = len(text) > 4 * limit and len(words) <= limit
    # "##[error]" is a command to GitHub's log wherever it stands in a line.
    return clip(words + ("…" if cut else ""), limit).replace("##[", "##\\[")


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis where something was cut; never between a letter and its marks."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and unicodedata.combining(text[end]):
        end -= 1
    return text[:end].rstrip() + "…"


def right_to_left(text: str) -> bool:
    """Whether the text has a letter that is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)


def isolated(text: str) -> str:
    """Right-to-left text between isolates, so that it cannot reorder what stands beside it."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if right_to_left(text) else text


def markdown(text: str, limit: int = 300) -> str:
    """Plain words inside a Markdown paragraph, list or table cell."""
    words = line(text, limit)
    return _isolated_entities(words, _BLOCK_START.sub(r"\1\\", _unlinked(words).translate(_MARKDOWN)))


def code(text: str, limit: int = 160) -> str:
    """A Markdown code span that also holds inside a table."""
    words = line(text, limit)
    if not words:
        return ""
    span = f"`{words}`" if _PLAIN_CODE.fullmatch(words) else f"<code>{_unlinked(words).translate(_MARKDOWN)}</code>"
    return _isolated_entities(words, span)


def html(text: str, limit: int = 300) -> str:
    """Plain words inside an HTML element of a Markdown file, where Markdown's own escapes do not work."""
    words = line(text, limit)
    import html as stdlib_html  # its tables are large, and a report that is JSON asks for none of them

    return _isolated_entities(words, stdlib_html.escape(_unlinked(words)).replace(_BREAK, "&#8203;"))


def _unlinked(words: str) -> str:
    return _LINKERS.sub(lambda match: match[0] if match[0] == ":" and _ARN.search(words[: match.start()]) else match[0] + _BREAK, words)


def _isolated_entities(text: str, escaped: str) -> str:
    return f"&#8296;{escaped}&#8297;" if right_to_left(text) else escaped
