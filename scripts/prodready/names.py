"""Foreign words in messages: whatever bytes a hostile repository puts into a name, one visible line comes out, and no key that a program printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Unicode categories that control, hide or reorder text, and the surrogates that stand for undecodable bytes."""

_KEY = re.compile(r"(?=[A-Za-z_+=-]*\d)(?=[\d_+=-]*[A-Za-z])[\w+=-]{20,}")
"""What has the shape of a key: long, of letters and digits, in one piece."""


def quoted(words: str, most: int = 200) -> str:
    """Words that a program printed, on one line, of at most that many characters; what has the shape of a key is left out, whosever it is."""
    return shown(_KEY.sub("[…]", words.strip()))[:most]


def shown(name: str) -> str:
    r"""The name with line breaks, controls, direction marks and undecodable bytes escaped: ``a\nb`` for a name of two lines."""
    return name if name.isascii() and name.isprintable() else "".join(map(_visible, name))


def few(names: Sequence[str], most: int = 4) -> str:
    """The names in a sentence: all of a short list, the first of a long one and how many more."""
    more = len(names) - most
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:most])} and {more} more"


def counted(number: int, noun: str) -> str:
    """The number with its noun: ``1 file``, ``2,301 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # what surrogateescape makes of one byte
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
