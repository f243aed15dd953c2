"""``data "aws_iam_policy_document"``: from its blocks to the document it renders."""

from __future__ import annotations

import json
from typing import Any

from prodready.terraform.hcl_functions import Encoded, Object, text_of
from prodready.terraform.known import Unknown

_KEYS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}


def document(body: dict[str, Any], line: int) -> Object:
    """The document, with documents it takes over from others."""
    found = Object(Statement=[])
    found.line = line
    for key in ("source_json", "source_policy_documents", "override_json", "override_policy_documents"):
        found["Statement"] += _taken(body.get(key))
    rows = body.get("statement")
    for row in rows if isinstance(rows, list) else [rows] if rows is not None else []:
        found["Statement"].append(_statement(row, line) if isinstance(row, dict) else row)
    return found


def _taken(value: Any) -> list[Any]:
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        return [statement for each in value for statement in _taken(each)]
    data = value.data if isinstance(value, Encoded) else value
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return [Unknown(text_of(data)[:80])]
    if not isinstance(data, dict):
        return [data if isinstance(data, Unknown) else Unknown("another policy document")]
    statements = data.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _statement(row: dict[str, Any], line: int) -> Object:
    found = Object({"Effect": row.get("effect") if row.get("effect") is not None else "Allow"})
    found.line = getattr(row, "line", None) or line
    if row.get("sid") is not None:
        found["Sid"] = row["sid"]
    for key, word in _KEYS.items():
        if row.get(key) not in (None, []):
            found[word] = _variables(row[key])
    for key, word in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if row.get(key):
            found[word] = _principals(row[key])
    conditions = [each for each in row.get("condition") or [] if each is not None]
    if conditions:
        found["Condition"] = _conditions(conditions)
    return found


def _principals(rows: Any) -> Any:
    found: dict[str, list[Any]] = {}
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, dict):
            return row
        kind = text_of(row.get("type", "AWS"))
        found.setdefault("AWS" if kind == "*" else kind, []).append(row.get("identifiers", []))
    return found


def _conditions(rows: list[Any]) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            return row if isinstance(row, Unknown) else Unknown("Condition")
        test, key = text_of(row.get("test", "")), text_of(row.get("variable", ""))
        block = found.setdefault(test, {})
        # The same operator and key twice are two conditions, not a longer list of values.
        found.setdefault(test if key not in block else f"{test}{' ' * number}", {})[key] = _variables(row.get("values", []))
    return found


def _variables(value: Any) -> Any:
    if isinstance(value, list):
        return [_variables(each) for each in value]
    return value.replace("&{", "${") if isinstance(value, str) else value
