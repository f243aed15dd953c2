"""Tokens of a Caddyfile as Caddy's own lexer cuts them, and plugin directives put aside so that a Caddy without the plugin can read the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

MARK = "prodready.directive"
"""A variable that is set where a directive was taken out: it stays in the adapted JSON, and tells to which route the directive belongs."""
PLUGINS = frozenset(("rate_limit", "cache", "coraza_waf", "crowdsec", "authenticate", "authorize", "geoip", "minify", "replace", "souin", "umami", "webdav"))
"""Handlers of well-known plugins: none of them has a say in which certificates are issued."""
RETIRED = frozenset(("interval", "burst", "on_demand_tls"))
"""Options that Caddy 2.9 took out, and the block that is empty without them: older versions in production still read them."""
_HEREDOC = re.compile(r"<<([A-Za-z0-9_-]+)\r?\n")


class Token(Struct, frozen=True, kw_only=True):
    """One word, with where it stands."""

    text: str
    line: int
    start: int
    end: int
    quoted: bool = False


class Directive(Struct, frozen=True, kw_only=True):
    """A directive that was taken out: its arguments, and the lines of its block."""

    name: str
    arguments: tuple[str, ...]
    block: tuple[tuple[str, ...], ...]


def tokens(text: str) -> list[Token]:
    """The words of a Caddyfile: quotes, backquotes, heredocs, comments and continued lines as Caddy reads them. What does not end, ends with the text."""
    found: list[Token] = []
    place, line = 0, 1
    while place < len(text):
        character = text[place]
        if character == "\n":
            line, place = line + 1, place + 1
        elif character.isspace():
            place += 1
        elif character == "\\" and text[place + 1 : place + 2] == "\n":
            place += 2  # the next line is still this one
        elif character == "#":
            place = _until(text, "\n", place)
        else:
            token = _token(text, place, line)
            line += text.count("\n", token.start, token.end)
            found.append(token)
            place = token.end
    return found


def _token(text: str, start: int, line: int) -> Token:
    if text[start] in '"`':
        end = _closing(text, start)
        closed = end - 1 > start and text[end - 1] == text[start]
        return Token(text=text[start + 1 : end - closed], line=line, start=start, end=end, quoted=True)
    if match := _HEREDOC.match(text, start):
        close = re.compile(rf"^[ \t]*{re.escape(match[1])}(?=\s|\Z)", re.MULTILINE).search(text, match.end())
        end = close.end() if close else len(text)
        return Token(text=text[match.end() : close.start() if close else end], line=line, start=start, end=end, quoted=True)
    end = next((place for place in range(start, len(text)) if text[place].isspace()), len(text))
    return Token(text=text[start:end], line=line, start=start, end=end)


def _closing(text: str, start: int) -> int:
    """The place behind the closing quote; in double quotes a backslash protects one."""
    place = start + 1
    while place < len(text) and text[place] != text[start]:
        place += 2 if text[place] == "\\" and text[start] == '"' else 1
    return min(place + 1, len(text))


def _until(text: str, what: str, place: int) -> int:
    found = text.find(what, place)
    return len(text) if found < 0 else found


def put_aside(text: str, line: int, name: str, number: int) -> tuple[str, Directive] | None:
    """The text with the directive that begins on this line replaced by a mark with that number; None when there is none. Line numbers stay."""
    words = tokens(text)
    first = next((index for index, word in enumerate(words) if word.line == line and word.text == name and not word.quoted and _leads(words, index)), None)
    if first is None:
        return None
    last = first
    while last + 1 < len(words) and words[last + 1].line == _last_line(words[last]):
        last += 1
    end = _block_end(words, last) if _is(words[last], "{") else last
    directive = _directive(words[first : end + 1], opens=last - first)
    taken = text[words[first].start : words[end].end]
    matcher = next((word for word in directive.arguments[:1] if word.startswith(("@", "/")) or word == "*"), "")
    mark = "" if name == "order" or name in RETIRED else " ".join(filter(None, ("vars", matcher, MARK, str(number))))
    return text[: words[first].start] + mark + "\n" * taken.count("\n") + text[words[end].end :], directive


def _directive(words: Sequence[Token], *, opens: int) -> Directive:
    has_block = len(words) > opens + 1 or _is(words[opens], "{")
    arguments = words[1:opens] if has_block else words[1:]
    lines: dict[int, list[str]] = {}
    for word in words[opens + 1 : -1] if has_block else ():
        lines.setdefault(word.line, []).append(word.text)
    return Directive(name=words[0].text, arguments=tuple(word.text for word in arguments), block=tuple(map(tuple, lines.values())))


def _leads(words: Sequence[Token], index: int) -> bool:
    return index == 0 or words[index - 1].line < words[index].line or _is(words[index - 1], "{")


def _last_line(word: Token) -> int:
    return word.line + (word.text.count("\n") if word.quoted else 0)


def _block_end(words: Sequence[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(words)):
        depth += _is(words[index], "{") - _is(words[index], "}")
        if depth == 0:
            return index
    return len(words) - 1


def _is(word: Token, brace: str) -> bool:
    return word.text == brace and not word.quoted
