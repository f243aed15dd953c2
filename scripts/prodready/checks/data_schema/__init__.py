"""Records are what their schema says: every line of the normalised data, by a JSON Schema of the team's own.

The files are JSON Lines, or JSON with a list of records. Each record is validated by jsonschema, formats too; nothing is fetched, so a schema that
refers elsewhere tells nothing. With ``raw``, as many messages must come out of the normaliser as went in: one that is dropped is found. A record that
must be refused is planted beside the data in each run, so that a schema that takes everything proves nothing.

An item that uses it:

    - id: data.normalised
      title: Every normalised tick has one meaning, whatever venue it is from
      check: data_schema
      params: {files: [data/normalised/*.jsonl], raw: [data/raw/*.jsonl], schema: schemas/tick.schema.json}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context, Ended
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown

MOST = 20
"""Wrong records of a file that are shown."""


class Params(Struct, frozen=True, kw_only=True):
    """Which records, and what they must be."""

    files: tuple[str, ...]
    """Files of records: ``.jsonl``, ``.ndjson`` or ``.json`` (gitignore patterns); what a build left behind counts."""
    schema: str
    """The JSON Schema."""
    raw: tuple[str, ...] = ()
    """Files of the messages before, a line each; as many must have come out as went in."""


def observe(ctx: Context, params: Params) -> Found:
    """The records that are not what the schema says. Raises CannotTell."""
    paths = ctx.repo.outputs(*params.files)
    if not paths:
        raise CannotTell(f"no file matches {few(params.files)}", "run the normaliser before the gate, or name its files")
    told, program = _validated(ctx, params.schema, paths)
    findings = [found for path, one in zip(paths, told, strict=True) for found in _wrong(path, one)]
    records = sum(one["records"] for one in told)
    gaps = [f"{shown(path)} holds no record" for path, one in zip(paths, told, strict=True) if not one["records"]]
    if params.raw:
        findings += _lost(ctx, params, records)
    source = f"{counted(records, 'record')} in {counted(len(paths), 'file')}, by {shown(params.schema)}"
    return Found(examined=records, findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=source, tool=program))


def _validated(ctx: Context, schema: str, paths: tuple[str, ...]) -> tuple[list[dict[str, Any]], str]:
    folder = ctx.scratch()
    ctx.repo.stage(folder, [schema, *paths])
    canary = folder / "prodready-canary.jsonl"
    canary.write_text("null\n", "utf-8")  # no record of a feed is nothing
    question = {"schema": str(folder / schema), "files": [*(str(folder / path) for path in paths), str(canary)], "most": MOST}
    ended = ctx.run.tool("jsonschema", json.dumps(question), deadline=110)
    whole = ended.ended is Ended.EXITED and ended.code == 0
    told: dict[str, Any] = _told(ended.stdout, len(paths) + 1) if whole else {"failed": f"the program {ended.ended.value}"}
    if "failed" in told:
        raise CannotTell(f"nothing was validated: {shown(str(told['failed']))[:240]}", "mend the schema or the file; keep what it refers to inside of it")
    if not told["files"][-1]["wrong"]:
        raise CannotTell(f"{shown(schema)} takes everything, even null, so it proves nothing", "state 'type: object', what is required, and of which type")
    return told["files"][:-1], ended.program


def _told(output: bytes, count: int) -> dict[str, Any]:
    """The account of that many files. Raises CannotTell for another."""
    try:
        told = json.loads(output)
        if isinstance(told, dict) and ("failed" in told or [{"records", "wrong", "first"}] * count == [set(one) for one in told["files"]]):
            return told
    except (ValueError, KeyError, TypeError):
        pass
    raise CannotTell("jsonschema printed no account of the files", "run 'prodready tools install'")


def _wrong(path: str, told: dict[str, Any]) -> Iterator[Finding]:
    for one in told["first"]:
        message = f"the record is not what the schema says: {shown(str(one['error']))}"
        yield Finding(rule="not-by-schema", message=message, severity=Severity.HIGH, path=path, line=one["line"], fix="mend the normaliser")
    if more := told["wrong"] - len(told["first"]):
        yield Finding(rule="not-by-schema", message=f"{more} more records of this file", severity=Severity.HIGH, path=path, fix="mend the normaliser")


def _lost(ctx: Context, params: Params, records: int) -> Iterator[Finding]:
    paths = ctx.repo.outputs(*params.raw)
    if not paths:
        raise CannotTell(f"no file matches {few(params.raw)}", "keep the raw messages of the same time beside the normalised ones")
    raw = sum(bool(line.strip()) for path in paths for line in ctx.repo.text(path, limit=256 * 1024 * 1024).split("\n"))
    if raw != records:
        message = f"{raw} messages went in and {records} records came out"
        yield Finding(rule="lost-messages", message=message, severity=Severity.HIGH, fix="find the messages that are dropped or doubled", anchor="lost")


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="data", tools=("jsonschema",), deadline=120)
