"""Holds records against a JSON Schema and prints what is wrong as JSON: ``validate.py QUESTION``. Runs in the environment of ``tool.toml``.

QUESTION is JSON: ``{"schema": path, "files": [paths], "most": 20}``. Nothing is fetched: a reference to another address is an error of the schema.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Per file how many records there are, how many are wrong, and the first of those; or why the schema is none."""
    import jsonschema
    import referencing

    try:
        schema = json.loads(Path(asked["schema"]).read_text("utf-8"))
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        kind.check_schema(schema)
        validator = kind(schema, registry=referencing.Registry(), format_checker=kind.FORMAT_CHECKER)
        return {"files": [told(validator, Path(path), asked["most"]) for path in asked["files"]]}
    except (ValueError, OSError, RecursionError, jsonschema.exceptions.SchemaError, referencing.exceptions.Unresolvable) as error:
        return {"failed": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]}


def told(validator: Any, path: Path, most: int) -> dict[str, Any]:
    """The account of one file. Raises what an unresolvable schema raises."""
    count, wrong = 0, 0
    first: list[dict[str, Any]] = []
    for line, record in records(path):
        count += 1
        error = "it is no JSON" if isinstance(record, Broken) else _worst(validator, record)
        wrong += bool(error)
        if error and len(first) < most:
            first.append({"line": line, "error": error})
    return {"records": count, "wrong": wrong, "first": first}


def _worst(validator: Any, record: Any) -> str:
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(record))
    return f"{error.json_path}: {error.message}"[:200] if error else ""


class Broken:
    """A line that is no JSON."""


def records(path: Path) -> Iterator[tuple[int, Any]]:
    """Line and record: each line of JSON Lines, each member of a list in JSON."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        data = json.loads(text)
        yield from ((1, one) for one in (data if isinstance(data, list) else [data]))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, Broken()


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        from importlib.metadata import version

        sys.stdout.write(f"jsonschema {version('jsonschema')}\n")
    else:
        sys.stdout.write(json.dumps(answer(json.loads(sys.argv[1]))))
