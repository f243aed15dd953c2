"""Configuration files of many formats as plain data with the line of every value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Literal

from prodready import yamltext
from prodready.names import shown
from prodready.yamltext import Document

Format = Literal["auto", "yaml", "toml", "json", "ini", "env", "dockerfile", "hcl"]


class Unreadable(ValueError):
    """The text is not of its format; the message names ``file:line``."""


def read(text: str, *, name: str, kind: Format = "auto") -> tuple[Document, ...]:
    """The documents in a text; one with ``None`` when it is empty. Raises Unreadable."""
    chosen = kind_of(name) if kind == "auto" else kind
    reader = _readers().get(chosen)
    if reader is None:
        raise Unreadable(f"{shown(name)}: no format goes with this name; name one with 'format:'")
    try:
        return reader(text, shown(name)) or (Document(data=None, lines={}),)
    except yamltext.YamlError as error:
        raise Unreadable(str(error)) from None


def kind_of(name: str) -> str:
    """The format that a file's name promises; empty when it promises none."""
    path = PurePosixPath(name)
    base = path.name.lower()
    if base.split(".")[0] in ("dockerfile", "containerfile") or base.endswith((".dockerfile", ".containerfile")):
        return "dockerfile"
    if base == ".env" or base.startswith(".env.") or base.endswith(".env"):
        return "env"
    return _SUFFIXES.get(path.suffix.lower(), _NAMES.get(base, ""))


_SUFFIXES = {
    ".yml": "yaml", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".ini": "ini", ".cfg": "ini", ".conf": "ini",
    ".tf": "hcl", ".tfvars": "hcl", ".hcl": "hcl", ".properties": "ini", ".service": "ini", ".timer": "ini",
}  # fmt: skip
_NAMES = {"pipfile": "toml", "poetry.lock": "toml", "uv.lock": "toml", "cargo.lock": "toml", "pipfile.lock": "json", ".editorconfig": "ini", ".npmrc": "ini"}


def _readers() -> Mapping[str, Callable[[str, str], tuple[Document, ...]]]:
    from prodready.readers import dockerfile, ini, json_text, toml_text

    return {
        "yaml": lambda text, name: yamltext.read_all(text, name=name),
        "json": lambda text, name: (json_text.read(text, name=name),),
        "toml": lambda text, name: (toml_text.read(text, name=name),),
        "ini": lambda text, name: (ini.read(text, name=name),),
        "env": lambda text, name: (ini.read_env(text, name=name),),
        "dockerfile": lambda text, name: (dockerfile.read(text, name=name),),
        "hcl": _hcl,
    }


def _hcl(text: str, name: str) -> tuple[Document, ...]:
    from prodready.readers import hcl  # its parser is large, and few ask for it

    return (hcl.read(text, name=name),)
