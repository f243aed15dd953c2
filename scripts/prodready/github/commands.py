"""How a step talks to its runner: workflow commands on standard output, and the files for outputs and the job summary.

Whoever chose a file name or a pull request's title chose what is printed, so everything foreign is escaped here,
and free text goes between the two lines of a Fence, where the runner obeys no command.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from prodready.names import shown

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of one step's summary; the runner drops a larger one whole."""
MESSAGE_LIMIT = 2000
"""Characters of an annotation; GitHub cuts at 4096."""


def _token() -> str:
    return secrets.token_hex(16)


class Fence(Struct, frozen=True, kw_only=True):
    """Two lines to print around foreign text: between them the runner obeys no workflow command."""

    token: str = field(default_factory=_token)

    @property
    def opening(self) -> str:
        """Switches commands off."""
        return f"::stop-commands::{self.token}"

    @property
    def closing(self) -> str:
        """Switches commands on again; nobody else knows the word."""
        return f"::{self.token}::"


def annotation(level: str, message: str, *, title: str = "", file: str = "", line: int | None = None) -> str:
    """One ``::error``, ``::warning`` or ``::notice`` command; message and properties may be foreign."""
    given = {"file": file, "line": str(line) if line and file else "", "title": title}
    properties = ",".join(f"{name}={_property(text)}" for name, text in given.items() if text)
    return f"::{level}{' ' if properties else ''}{properties}::{_data(message)}"


def plain(text: str) -> str:
    """One line that is no command, whatever the text: the runner looks for ``::`` at the start and ``##[`` anywhere."""
    line = shown(text.strip()).replace("##[", "## [")
    return f"· {line}" if line.startswith("::") else line


def _data(text: str) -> str:
    lines = "\n".join(shown(line) for line in text.splitlines())[:MESSAGE_LIMIT]
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return shown(text)[:300].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")


def write_outputs(path: str, outputs: Mapping[str, str]) -> None:
    """Appends step outputs, each behind a delimiter nobody can guess. Raises OSError."""
    with Path(path).open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as handle:
        handle.writelines(_output(name, text) for name, text in outputs.items())


def _output(name: str, text: str) -> str:
    delimiter = f"prodready_{_token()}"
    while delimiter in text:
        delimiter = f"prodready_{_token()}"
    return f"{name}<<{delimiter}\n{text}\n{delimiter}\n"


def write_summary(path: str, markdown: str) -> None:
    """Appends to the job summary what fits in whole lines. Raises OSError."""
    raw = markdown.encode("utf-8", "backslashreplace")
    file = Path(path)
    room = SUMMARY_LIMIT - (file.stat().st_size if file.exists() else 0) - 1
    if len(raw) > room:
        raw = raw[: max(0, room)]
        raw = raw[: raw.rfind(b"\n") + 1]
    with file.open("ab") as handle:
        handle.write(raw.rstrip(b"\n") + b"\n")
