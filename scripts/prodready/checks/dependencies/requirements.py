"""requirements.txt, read by ourselves: pip would run code of the packages it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.checks.dependencies.pins import Pins, gap, pinned

UNPINNED = "is not pinned: what will be installed cannot be known; lock it ('uv pip compile', 'uv export', 'pip freeze')"
REMOTE = "comes from an address and not from an index: no advisory covers it; name a released version, or exclude the file with a reason"
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASH = re.compile(r"\s--?[a-z][\w-]*(?:[= ]\S+)?")
_LOCAL = re.compile(r"\.{0,2}/|\.{1,2}$|\.{1,2}\[|file:\.|[\w.-]+/[\w./-]*$")
_REMOTE = re.compile(r"[a-z+]+://|git\+|.*@ *[a-z+]+:", re.IGNORECASE)
_SET_ASIDE = (
    *("-i", "-f", "--index-url", "--extra-index-url", "--find-links", "--no-index", "--trusted-host", "--no-binary", "--only-binary"),
    *("--prefer-binary", "--pre", "--require-hashes", "--use-feature", "--no-deps"),
)
"""Options that say from where packages come, and not which."""


def read(text: str, path: str) -> Pins:
    """What a requirements file pins, and a gap for each line that pins nothing."""
    return Pins.all(_line(line, path, number) for number, line in _logical(text))


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where they end in a backslash, without comments, with the number of the first."""
    whole, first = "", 1
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        first = first if whole else number
        if line.rstrip().endswith("\\") and not line.lstrip().startswith("#"):
            whole += line.rstrip()[:-1] + " "
            continue
        joined, whole = _COMMENT.sub("", whole + line).strip(), ""
        if joined:
            yield first, joined


def _line(line: str, path: str, number: int) -> Pins:
    option, _, value = line.replace("=", " ", 1).partition(" ") if line.startswith("--") else line.partition(" ")
    if option in ("-r", "--requirement", "-c", "--constraint") or line.startswith(("-r", "-c")):
        return Pins()  # the other file is under the gate itself, or ``included`` says that it is not
    if option in ("-e", "--editable"):
        return _requirement(value.strip(), path, number)
    if option in _SET_ASIDE or line.startswith(("-i", "-f")):
        return Pins()
    return _requirement(line, path, number)


def _requirement(line: str, path: str, number: int) -> Pins:
    from packaging.requirements import InvalidRequirement, Requirement

    words = _HASH.sub("", line).strip()
    if _LOCAL.match(words):
        return Pins(notes=(f"not audited: {path}:{number} installs local code",))
    if _REMOTE.match(words):
        return gap(path, number, _without_password(words)[:80], REMOTE)
    try:
        wanted = Requirement(words)
    except InvalidRequirement:
        return gap(path, number, _without_password(words)[:80], "is no requirement that can be read")
    exact = [one.version for one in wanted.specifier if one.operator in ("==", "===") and "*" not in one.version]
    return pinned(wanted.name, exact[0], path, number) if exact else gap(path, number, words[:80], UNPINNED)


def _without_password(words: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//…@", words)


def included(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of each file that a requirements file pulls in."""
    for number, line in _logical(text):
        if match := re.match(r"(?:-r|--requirement)[= ]*(\S+)$", line):
            yield number, match[1]
