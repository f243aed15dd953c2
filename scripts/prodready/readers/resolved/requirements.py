"""requirements.txt, read by ourselves: pip would run code of the packages it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.readers.resolved.nouns import Package, Resolved, gap

UNPINNED = "is not pinned: what will be installed cannot be known; lock it ('uv pip compile', 'uv export', 'pip freeze')"
REMOTE = "comes from an address and not from an index: no advisory covers it; name a released version, or exclude the file with a reason"
_ASIDE = re.compile(r"(?:^|[-_./])(?:dev|develop|development|test|tests|testing|lint|docs?|typing|ci)(?:[-_./]|$)")
"""What a requirements file is called that ships nothing."""
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_HASH = re.compile(r"\s--?[a-z][\w-]*(?:[= ]\S+)?")
_LOCAL = re.compile(r"\.{0,2}/|\.{1,2}$|\.{1,2}\[|file:\.|[\w.-]+/[\w./-]*$")
_REMOTE = re.compile(r"[a-z+]+://|git\+|.*@ *[a-z+]+:", re.IGNORECASE)
_SET_ASIDE = (
    *("-i", "-f", "--index-url", "--extra-index-url", "--find-links", "--no-index", "--trusted-host", "--no-binary", "--only-binary"),
    *("--prefer-binary", "--pre", "--require-hashes", "--use-feature", "--no-deps"),
)
"""Options that say from where packages come, and not which."""


def read(text: str, path: str) -> Resolved:
    """What a requirements file pins, and a gap for each line that pins nothing."""
    runtime = is_shipped(path)
    return Resolved.all(_line(line, path, number, runtime=runtime) for number, line in logical(text))


def is_shipped(path: str) -> bool:
    """Whether a file of this name lists what is shipped, and not what is for development."""
    return not _ASIDE.search(path.lower())


def logical(text: str) -> Iterator[tuple[int, str]]:
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


def _line(line: str, path: str, number: int, *, runtime: bool) -> Resolved:
    option, _, value = line.replace("=", " ", 1).partition(" ") if line.startswith("--") else line.partition(" ")
    if option in ("-r", "--requirement", "-c", "--constraint") or line.startswith(("-r", "-c")):
        return Resolved()  # the other file is under the gate itself, or ``included`` says that it is not
    if option in ("-e", "--editable"):
        return _requirement(value.strip(), path, number, runtime=runtime)
    if option in _SET_ASIDE or line.startswith(("-i", "-f")):
        return Resolved()
    return _requirement(line, path, number, runtime=runtime)


def _requirement(line: str, path: str, number: int, *, runtime: bool) -> Resolved:
    from packaging.requirements import InvalidRequirement, Requirement

    words = _HASH.sub("", line).strip()
    if _LOCAL.match(words):
        return Resolved(notes=(f"not looked at: {path}:{number} installs local code",))
    if _REMOTE.match(words):
        return gap(path, number, _without_password(words)[:80], REMOTE, runtime=runtime)
    try:
        wanted = Requirement(words)
    except InvalidRequirement:
        return gap(path, number, _without_password(words)[:80], "is no requirement that can be read", runtime=runtime)
    exact = [one.version for one in wanted.specifier if one.operator in ("==", "===") and "*" not in one.version]
    if not exact:
        return gap(path, number, words[:80], UNPINNED, runtime=runtime)
    return pinned(wanted.name, exact[0], path, number, runtime=runtime)


def pinned(name: str, version: str, path: str, line: int | None, *, runtime: bool) -> Resolved:
    """The package, or the gap that it leaves when name or version are none that an index knows."""
    from packaging.utils import InvalidName, canonicalize_name
    from packaging.version import InvalidVersion, Version

    try:
        known = canonicalize_name(name, validate=True), str(Version(version))
    except (InvalidName, InvalidVersion):
        return gap(path, line, f"{name} {version}"[:80], "is no name and version that an index knows", runtime=runtime)
    return Resolved(packages=(Package(system="pypi", name=known[0], version=known[1], path=path, line=line, runtime=runtime),))


def _without_password(words: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//…@", words)


def included(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of each file that a requirements file pulls in."""
    for number, line in logical(text):
        if match := re.match(r"(?:-r|--requirement)[= ]*(\S+)$", line):
            yield number, match[1]
