"""Commands that install packages by name, word by word: which of the names have no version."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

_PARTS = re.compile(r"&&|\|\||[;|\n]|\$\(|`")
_SPOKEN = frozenset(("echo", "printf", "name:", "- name:", "description:"))
"""Before these words a command is only spoken of."""
_LOCAL = re.compile(r"^(?:\.|/|~|file:|[$%<{]|-$)|\.(?:whl|tgz|tar\.gz|zip|gem|txt)$|^[A-Za-z]:\\")
"""A path, or what only the run knows."""
_COMMIT = re.compile(r"@[0-9a-f]{40}\b|#(?:commit=)?[0-9a-f]{40}\b|sha256[=:-]")
_VERSION = re.compile(r"^v?\d+\.\d+(?:\.\d+)?[\w.+-]*$")


def _python(name: str) -> bool:
    return "==" in name or bool(_COMMIT.search(name)) or ("/" in name and "://" not in name and "@" not in name)  # a folder is the team's own


def _node(name: str) -> bool:
    return bool(_VERSION.match(name[1:].partition("@")[2]) or _COMMIT.search(name))


def _tool(name: str) -> bool:
    return _python(name) or _node(name)


def _ruby(name: str) -> bool:
    return bool(_VERSION.match(name.partition(":")[2]))


def _conda(name: str) -> bool:
    return bool(re.search(r"=\d", name))


class Installer(Struct, frozen=True, kw_only=True):
    """How a package manager is told to install by name."""

    words: tuple[str, ...]
    pinned: Callable[[str], bool]
    valued: frozenset[str] = frozenset()
    """Options that take the next word."""
    whole: frozenset[str] = frozenset()
    """Options with which all names are pinned elsewhere."""
    first: bool = False
    """Whether only the first name is a package; what follows is its own arguments."""
    fix: str = ""


_PIP = frozenset((
    *("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-t", "--target", "-i", "--index-url", "--extra-index-url", "-f", "--find-links"),
    *("--python", "-p", "--prefix", "--root", "--cache-dir", "--trusted-host", "--platform", "--python-version", "--only-binary", "--no-binary", "--timeout"),
    *("--retries", "--proxy", "--cert", "--log", "--index-strategy", "--python-platform", "--abi", "--implementation", "--progress-bar", "--src", "--group"),
))  # fmt: skip
_UV = _PIP | {"--from", "--with"}
_NPM = frozenset(("--prefix", "--registry", "-w", "--workspace", "--cwd", "-C", "--dir", "--filter", "-F"))
_CONDA = frozenset(("-c", "-n", "--channel", "--name", "--file", "-p"))
_HASHES = "install from a lock with hashes (`pip install --require-hashes -r requirements.txt`, `uv sync --locked`)"
_NODE = "put it into package.json and install from the lock (`npm ci`, `yarn install --immutable`, `pnpm install --frozen-lockfile`), or name NAME@1.2.3"
_RUN = "name a version: NAME==1.2.3, NAME@1.2.3"
_NODES = (("npm", "install"), ("npm", "i"), ("npm", "add"), ("yarn", "add"), ("yarn", "global", "add"), ("pnpm", "add"))
INSTALLERS = (
    *(Installer(words=(pip, "install"), pinned=_python, valued=_PIP, whole=frozenset(("--require-hashes",)), fix=_HASHES) for pip in ("pip", "pip3")),
    *(Installer(words=words, pinned=_tool, valued=_UV, fix=_RUN) for words in (("pipx", "install"), ("uv", "tool", "install"))),
    *(Installer(words=words, pinned=_tool, valued=_UV, first=True, fix=_RUN) for words in (("pipx", "run"), ("uv", "tool", "run"), ("uvx",))),
    *(Installer(words=words, pinned=_node, valued=_NPM, fix=_NODE) for words in _NODES),
    *(Installer(words=("npx", yes), pinned=_node, valued=_NPM, first=True, fix=_RUN) for yes in ("-y", "--yes")),
    Installer(words=("gem", "install"), pinned=_ruby, valued=frozenset(("-i", "--install-dir")), whole=frozenset(("-v", "--version")), fix="name it: -v 1.2.3"),
    *(Installer(words=(conda, "install"), pinned=_conda, valued=_CONDA, fix="name a version: NAME=1.2.3") for conda in ("conda", "mamba")),
)  # fmt: skip


_ANY = re.compile(rf"\b(?:{'|'.join(sorted({installer.words[0] for installer in INSTALLERS}))})\b")


def unpinned(line: str) -> Iterator[tuple[str, str]]:
    """Each install of a name without a version: its words, and what to write instead."""
    for part in _PARTS.split(line) if _ANY.search(line) else ():
        words = _words(part)
        for at in range(len(words)):
            for installer in INSTALLERS:
                end = at + len(installer.words)
                if tuple(words[at:end]) == installer.words and not _SPOKEN & set(words[:at]):
                    bare = [name for name in _names(words[end:], installer) if not installer.pinned(name)]
                    if bare:
                        yield " ".join((*installer.words, bare[0])), installer.fix


def _words(part: str) -> list[str]:
    try:
        return [word.strip("\"'[],") for word in shlex.split(part)]
    except ValueError:  # a quotation that only the whole line ends
        return [word.strip("\"'[],()") for word in part.split()]


def _names(words: Sequence[str], installer: Installer) -> list[str]:
    """The packages among the words; none where an option pins them all."""
    names, skip = list[str](), False
    for word in words:
        if skip or not word:
            skip = False
        elif word in installer.whole or word.partition("=")[0] in installer.whole:
            return []
        elif word.startswith("-"):
            skip = word in installer.valued
        elif word.startswith(("#", ">", "<", "2>")):
            break
        elif not _LOCAL.search(word):
            names.append(word)
    return names[:1] if installer.first else names
