"""The matrix as people read it: a Markdown table with a row for each permission and a column for each role."""

from __future__ import annotations

from collections.abc import Iterator

from prodready.checks.permission_matrix.matrix import Matrix
from prodready.model import Finding, Severity

_YES = frozenset(("x", "✓", "✔", "✔️", "✅", "yes", "y", "allow", "•"))
_NO = frozenset(("", "-", "–", "—", "✗", "✘", "❌", "no", "n", "deny"))


def differences(matrix: Matrix, text: str, path: str) -> Iterator[Finding]:
    """Every cell in which the document and the file differ."""

    def find(message: str, line: int, fix: str = "write in both places what holds") -> Finding:
        return Finding(rule="MATRIX-DOCUMENT", severity=Severity.MEDIUM, message=message, fix=fix, path=path, line=line)

    table = _table(text, frozenset(role.name.lower() for role in matrix.roles))
    if table is None:
        yield find("no table has a column for every role", 1, "add a table: | permission | " + " | ".join(role.name for role in matrix.roles) + " |")
        return
    header, rows = table
    held = {role.name.lower(): {each.lower() for each in role.permissions} for role in matrix.roles}
    for number, permission, cells in rows:
        for name, cell in zip(header, cells, strict=False):
            if name in held and (told := _told(cell)) is not (permission in held[name]):
                says = f"cannot be read: {cell[:20]!r}" if told is None else f"says {'yes' if told else 'no'}"
                yield find(f"{permission} for {name} {says}; {matrix.path} says {'yes' if permission in held[name] else 'no'}", number)
    written = {permission for _, permission, _ in rows}
    for permission in sorted({each for group in held.values() for each in group} - written):
        yield find(f"{permission} of {matrix.path} has no row", rows[0][0] if rows else 1)


def _told(cell: str) -> bool | None:
    word = cell.strip("`* ").lower()
    return True if word in _YES else False if word in _NO else None


def _table(text: str, names: frozenset[str]) -> tuple[list[str], list[tuple[int, str, list[str]]]] | None:
    """The first table with a column for every name: its further columns, and its rows as line, permission and cells."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        header = [cell.strip("`* ").lower() for cell in _cells(line)]
        if names <= set(header[1:]) and at + 1 < len(lines) and set(lines[at + 1]) <= set("|-: "):
            body = [(number, _cells(row)) for number, row in enumerate(lines[at + 2 :], at + 3)]
            end = next((index for index, (_, cells) in enumerate(body) if not cells), len(body))
            return header[1:], [(number, cells[0].strip("`* ").lower(), cells[1:]) for number, cells in body[:end]]
    return None


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.strip().startswith("|") else []
