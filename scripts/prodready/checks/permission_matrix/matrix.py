"""The file that defines roles and their permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.model import Finding, Severity
from prodready.readers import structured
from prodready.yamltext import Document


class Role(Struct, frozen=True, kw_only=True):
    """One role, in the file's words."""

    name: str
    permissions: tuple[str, ...]
    session: str
    actions: tuple[str, ...]
    policies: tuple[str, ...]
    line: int | None


class Matrix(Struct, frozen=True, kw_only=True):
    """What the file defines."""

    path: str
    roles: tuple[Role, ...]
    jit: Mapping[str, Any]
    document: Document

    def find(self, rule: str, severity: Severity, message: str, fix: str, line: int | None = None) -> Finding:
        """A finding in the file."""
        return Finding(rule=rule, severity=severity, message=message, fix=fix, path=self.path, line=line or 1, anchor=f"{rule} {message}"[:200])

    def line(self, *at: str) -> int | None:
        """The line of a place in the file."""
        return self.document.lines.get(at)


def read(text: str, path: str) -> Matrix:
    """The matrix in a YAML or JSON text. Raises CannotTell."""
    try:
        document = structured.read(text, name=path)[0]
    except structured.Unreadable as error:
        raise CannotTell(f"the roles cannot be read: {error}", "correct the file") from None
    data = document.data
    roles = data.get("roles") if isinstance(data, dict) else None
    if not isinstance(roles, dict) or not roles:
        raise CannotTell(f"{path} has no 'roles:', a mapping of names to permissions", "write for example 'roles: {trader: {permissions: [orders:submit]}}'")
    named = tuple(_role(str(name), row, document) for name, row in roles.items())
    jit = data.get("jit")
    return Matrix(path=path, roles=named, jit=jit if isinstance(jit, dict) else {}, document=document)


def _role(name: str, row: Any, document: Document) -> Role:
    given = row if isinstance(row, dict) else {"permissions": row}
    permissions, actions, policies = (_texts(given.get(key)) for key in ("permissions", "actions", "policies"))
    line = document.lines.get(("roles", name))
    return Role(name=name, permissions=permissions, session=str(given.get("session") or ""), actions=actions, policies=policies, line=line)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else (value,) if isinstance(value, str) else ()
