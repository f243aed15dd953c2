"""The history of the gated repository, borrowed: its objects below a repository of our own, so that nothing it configures can hide or run anything."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.checks.secrets.canary import token
from prodready.context import Completed, Context, Ended, History, Run

ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
DEADLINE = 300.0
"""Seconds one git command may take."""
_EMPTY_TREE = {"sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"}


class Borrowed(Struct, frozen=True, kw_only=True):
    """A bare repository that shares the objects of the gated one, holds a canary commit, and has no other config, attributes, hooks, grafts or refs."""

    folder: Path
    canary: str
    """The commit that holds a planted secret. It is from 1970 and thus read last: who finds it has read all of the history."""
    file: str
    """The canary's file."""
    run: Run

    @property
    def environment(self) -> Mapping[str, str]:
        """What git must see to read this repository and no configuration beside its own."""
        return ENVIRONMENT

    def git(self, *args: str) -> str:
        """Standard output of a git command in it. Raises CannotTell."""
        ended = self._ask(*args)
        if ended.ended is not Ended.EXITED or ended.code:
            how = f"{ended.ended.value}, code {ended.code}"
            raise CannotTell(f"git {args[0]} could not read the history ({how})", "look with 'git fsck' whether the repository is whole")
        return os.fsdecode(ended.stdout)

    def blob(self, name: str) -> bytes | None:
        """A file of the past, None when git cannot tell."""
        ended = self._ask("cat-file", "blob", name)
        return ended.stdout if ended.ended is Ended.EXITED and ended.code == 0 else None

    def _ask(self, *args: str) -> Completed:
        return self.run.command(("git", "--no-pager", *args), cwd=self.folder, env=ENVIRONMENT, deadline=DEADLINE)


def borrow(ctx: Context, history: History, mark: str) -> Borrowed:
    """Makes the repository in a scratch folder. Raises CannotTell when git does not tell where the objects are."""
    folder = ctx.scratch()
    objects = history.toplevel / ctx.repo.git("rev-parse", "--git-path", "objects").removesuffix("\n")
    kind = "sha1" if len(history.head) == 40 else "sha256"
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text(f"{history.head}\n")
    (folder / "config").write_text(_config(kind))
    (folder / "objects" / "info" / "alternates").write_bytes(_quoted(objects))
    file = f"canary-{mark}"
    blob = _put(folder, kind, b"blob", token().encode())
    tree = _put(folder, kind, b"tree", b"100644 " + file.encode() + b"\0" + bytes.fromhex(blob))
    who = "prodready <prodready@localhost> 0 +0000"
    commit = _put(folder, kind, b"commit", f"tree {tree}\nauthor {who}\ncommitter {who}\n\nCanary\n".encode())
    return Borrowed(folder=folder, canary=commit, file=file, run=ctx.run)


def _config(kind: str) -> str:
    version = "0" if kind == "sha1" else "1"
    extensions = "" if kind == "sha1" else "[extensions]\n\tobjectFormat = sha256\n"
    # attr.tree: a newer git would read the .gitattributes of HEAD in a bare repository, and '-diff' there would hide a file.
    # commitGraph: a cache that the gated repository brings along, and that could leave commits out.
    return f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n\tcommitGraph = false\n{extensions}[attr]\n\ttree = {_EMPTY_TREE[kind]}\n"


def _quoted(path: Path) -> bytes:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"\n'.encode("utf-8", "surrogateescape")


def _put(folder: Path, kind: str, what: bytes, body: bytes) -> str:
    content = what + b" " + str(len(body)).encode() + b"\0" + body
    name = hashlib.new(kind, content, usedforsecurity=False).hexdigest()
    target = folder / "objects" / name[:2] / name[2:]
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(zlib.compress(content))
    return name
