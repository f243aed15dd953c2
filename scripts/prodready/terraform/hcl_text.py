"""The characters of HCL2: spaces, comments, words, numbers and texts with their escapes."""

from __future__ import annotations

import re
from bisect import bisect_right

from prodready.terraform.hcl_syntax import HclError

MAX_DEPTH = 120
_SPACE = re.compile(r"(?:[ \t\r]+|(?:#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_SPACE_AND_LINES = re.compile(r"(?:\s+|(?:#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PLAIN = re.compile(r'[^"\\$%\n]+')
_HEREDOC = re.compile(r"<<(-?)([\w-]+)[ \t\r]*\n")
_ESCAPE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class Cursor:
    """A place in a text that moves forward."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    @property
    def line(self) -> int:
        """The line of the place, from 1."""
        return bisect_right(self.starts, self.at)

    def fail(self, message: str) -> HclError:
        """An error at this place."""
        return HclError(message, self.line)

    def skip(self, *, lines: bool = False) -> None:
        """Moves over spaces and comments, and over line ends when told."""
        match = (_SPACE_AND_LINES if lines else _SPACE).match(self.text, self.at)
        if match:
            self.at = match.end()

    def peek(self, sign: str) -> bool:
        """Whether the text goes on with the sign."""
        return self.text.startswith(sign, self.at)

    def take(self, sign: str) -> bool:
        """Moves over the sign when it is there."""
        if self.text.startswith(sign, self.at):
            self.at += len(sign)
            return True
        return False

    def need(self, sign: str) -> None:
        """Moves over the sign, which must be there."""
        if not self.take(sign):
            found = self.text[self.at : self.at + 12].split("\n")[0] or "the end"
            raise self.fail(f"expected {sign!r}, found {found!r}")

    def word(self) -> str:
        """The identifier here; empty when there is none."""
        match = _WORD.match(self.text, self.at)
        if not match:
            return ""
        self.at = match.end()
        return match[0]

    def number(self) -> int | float | None:
        """The number here."""
        match = _NUMBER.match(self.text, self.at)
        if not match:
            return None
        self.at = match.end()
        return float(match[0]) if set(match[0]) & set(".eE") else int(match[0][:400])

    def plain(self) -> str:
        """The characters of a quoted text up to the next that means something."""
        match = _PLAIN.match(self.text, self.at)
        if not match:
            return ""
        self.at = match.end()
        return match[0]

    def escape(self) -> str:
        """The character after a backslash."""
        self.at += 1
        sign = self.text[self.at : self.at + 1]
        self.at += 1
        if sign in _ESCAPE:
            return _ESCAPE[sign]
        size = {"u": 4, "U": 8}.get(sign, 0)
        digits = self.text[self.at : self.at + size]
        if not size or not re.fullmatch(r"[0-9a-fA-F]+", digits) or int(digits, 16) > 0x10FFFF:
            raise self.fail(f"no such escape: \\{sign}")
        self.at += size
        return chr(int(digits, 16))

    def heredoc(self) -> tuple[str, int] | None:
        """The body of a heredoc with its indentation removed, and the line it begins on."""
        match = _HEREDOC.match(self.text, self.at)
        if not match:
            return None
        end = re.compile(rf"^[ \t]*{re.escape(match[2])}[ \t\r]*$", re.MULTILINE).search(self.text, match.end())
        if not end:
            raise self.fail(f"the heredoc {match[2]} has no end")
        self.at = match.end()
        line, body = self.line, self.text[match.end() : end.start()]
        self.at = end.end()
        return (_dedent(body) if match[1] else body), line


def _dedent(body: str) -> str:
    lines = body.split("\n")
    indent = min((len(each) - len(each.lstrip(" \t")) for each in lines if each.strip()), default=0)
    return "\n".join(each[indent:] for each in lines)
