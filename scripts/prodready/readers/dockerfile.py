"""Dockerfiles as data: ``stages[*]``, ``final`` (the last stage with all it is built on), each an instruction -> list of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from prodready.readers.lines import lines as split_lines
from prodready.readers.structured import Unreadable
from prodready.yamltext import Document, Path

_ESCAPE = re.compile(r"#\s*escape\s*=\s*(?P<character>[\\`])\s*", re.IGNORECASE)
_INSTRUCTION = re.compile(r"(?P<name>[A-Za-z]+)(?:\s+(?P<rest>.*))?", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*(?P<quote>['\"]?)(?P<word>\w+)(?P=quote)")
_FROM = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_KNOWN = frozenset((
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))  # fmt: skip


class Instruction(Struct, frozen=True, kw_only=True):
    """One instruction with its arguments on one line."""

    name: str
    arguments: str
    line: int


def instructions(text: str, *, name: str) -> Iterator[Instruction]:
    """Every instruction, continuations joined and here-documents taken along. Raises Unreadable for what is no Dockerfile."""
    escape = next((match["character"] for line in split_lines(text)[:3] if (match := _ESCAPE.fullmatch(line.strip()))), "\\")
    lines = iter(enumerate(split_lines(text), start=1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        joined = _joined(line, lines, escape)
        match = _INSTRUCTION.fullmatch(joined.strip())
        if match is None or match["name"].upper() not in _KNOWN:
            raise Unreadable(f"{name}:{number}: no Dockerfile instruction")
        if match["name"].upper() in ("RUN", "COPY", "ADD"):
            _skip_heredocs(joined, lines)
        yield Instruction(name=match["name"].upper(), arguments=(match["rest"] or "").strip(), line=number)


def _joined(line: str, lines: Iterator[tuple[int, str]], escape: str) -> str:
    parts = []
    while line.rstrip().endswith(escape):
        parts.append(line.rstrip().removesuffix(escape).strip())
        line = next((more for _, more in lines if more.strip() and not more.lstrip().startswith("#")), "")
    return " ".join((*parts, line.strip()))


def _skip_heredocs(line: str, lines: Iterator[tuple[int, str]]) -> None:
    for match in _HEREDOC.finditer(line):
        for _, body in lines:
            if body.strip() == match["word"]:
                break


def read(text: str, *, name: str) -> Document:
    """The document. Raises Unreadable, also when there is no FROM."""
    stages: list[dict[str, Any]] = []
    lines: dict[Path, int] = {}
    for found in instructions(text, name=name):
        if found.name == "FROM":
            stages.append(_stage(found, name))
            lines |= {("stages", len(stages) - 1, *below): found.line for below in ((), ("FROM",), ("AS",))}
        elif stages:
            stages[-1].setdefault(found.name, []).append(found.arguments)
            lines[("stages", len(stages) - 1, found.name, len(stages[-1][found.name]) - 1)] = found.line
            lines.setdefault(("stages", len(stages) - 1, found.name), found.line)
    if not stages:
        raise Unreadable(f"{name}:1: no FROM instruction, so this builds nothing")
    final, below = _final(stages, lines)
    return Document(data={"stages": stages, "final": final}, lines={**lines, **below})


def _stage(found: Instruction, name: str) -> dict[str, Any]:
    match = _FROM.fullmatch(found.arguments)
    if match is None:
        raise Unreadable(f"{name}:{found.line}: FROM names no image")
    return {"FROM": match["image"]} | ({"AS": match["name"]} if match["name"] else {})


def _final(stages: list[dict[str, Any]], lines: dict[Path, int]) -> tuple[dict[str, Any], dict[Path, int]]:
    """The last stage joined to the stages it starts from: an image inherits USER and the rest."""
    final: dict[str, Any] = {}
    below: dict[Path, int] = {("final",): lines[("stages", len(stages) - 1)]}
    for index in _lineage(stages):
        for key, value in stages[index].items():
            if isinstance(value, str):
                final[key], below[("final", key)] = value, lines[("stages", index, key)]
                continue
            for place, argument in enumerate(value):
                kept = final.setdefault(key, [])
                kept.append(argument)
                below[("final", key, len(kept) - 1)] = below[("final", key)] = lines[("stages", index, key, place)]
    return final, below


def _lineage(stages: list[dict[str, Any]]) -> list[int]:
    names = {str(stage.get("AS", index)).lower(): index for index, stage in enumerate(stages)}
    chain = [len(stages) - 1]
    while (parent := names.get(stages[chain[0]]["FROM"].lower())) is not None and parent < chain[0]:
        chain.insert(0, parent)
    return chain
