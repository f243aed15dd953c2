r"""Every secret was changed recently enough: an inventory names each with its class and the day of its last change, and no class is over its limit.

The inventory is a file of the repository that names secrets and never holds one (YAML, JSON or TOML), for stores whose own dates cannot be asked; where they
can, the `aws` check does. A secret without a date, with one in the future, of a class without a limit, or twice in the list is a finding: an inventory
is only as good as its worst line. A value in it that is no date, class, owner or place is refused, so that nobody starts to keep the secrets there.

    secrets:
      - {name: BROKER_KEY, class: production, rotated: 2026-01-10, owner: desk}

    - id: secrets.rotated
      title: Production secrets change every 30 days, those of paper trading every 90
      check: secret_rotation
      params: {files: [config/secrets-inventory.yml], limits: {production: 30 d, paper: 90 d}}
      expect: no findings >= medium
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.readers import structured
from prodready.tools.scan import numbered

KEYS = frozenset(("name", "class", "rotated", "owner", "store", "note", "rotation"))


class Params(Struct, frozen=True, kw_only=True):
    """Where the inventory is, and how old each class may be."""

    files: tuple[str, ...] = ("config/secrets-inventory.*", "secrets-inventory.*", "docs/secrets-inventory.*")
    """gitignore patterns of inventories."""
    limits: Mapping[str, str] = field(default_factory=lambda: {"production": "30 d", "paper": "90 d"})
    """Class -> the longest time between two changes, for example ``30 d``."""

    def __post_init__(self) -> None:
        if not self.limits or any(_seconds(limit) <= 0 for limit in self.limits.values()):
            raise ValueError("limits: name a class and how old its secrets may be, for example {production: 30 d}")


def _seconds(limit: str) -> float:
    return durations.seconds(limit.replace(" ", ""))


class Entry(Struct, frozen=True, kw_only=True):
    """One secret of the inventory."""

    name: str
    kind: str
    rotated: str
    path: str
    line: int


def observe(ctx: Context, params: Params) -> Found:
    """Holds every entry to the limit of its class. Raises CannotTell without an inventory that can be read."""
    paths = ctx.repo.files(*params.files)
    if not paths:
        raise CannotTell(f"there is no inventory: no file matches {few(params.files)}", "list each secret by name, class and the day of its last change")
    entries = [entry for path in paths for entry in _entries(ctx, path)]
    times = Counter(entry.name for entry in entries)
    findings = [finding for entry in entries for finding in _judged(entry, params.limits, ctx.now.date(), times)]
    return Found(examined=len(entries), evidence=Evidence(source=f"{counted(len(entries), 'secret')} of {few(paths)}"), findings=numbered(findings))


def _entries(ctx: Context, path: str) -> Sequence[Entry]:
    try:
        (document,) = structured.read(ctx.repo.text(path), name=path)
        rows = document.data["secrets"]
        return [_entry(row, path, document.line(("secrets", number))) for number, row in enumerate(rows)]
    except (structured.Unreadable, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "write 'secrets:' and below it entries such as {name: KEY, class: production, rotated: 2026-01-10}"
        raise CannotTell(f"{shown(path)} is no inventory ({str(error)[:120] or type(error).__name__})", remedy) from None


def _entry(row: Mapping[str, Any], path: str, line: int) -> Entry:
    if unknown := set(row) - KEYS:
        raise ValueError(f"line {line}: {shown(str(min(map(str, unknown))))!r} is none of {', '.join(sorted(KEYS))}")
    return Entry(name=shown(str(row["name"])[:80]), kind=str(row.get("class", "")), rotated=str(row.get("rotated") or ""), path=path, line=line)


def _judged(entry: Entry, limits: Mapping[str, str], today: date, times: Mapping[str, int]) -> Iterator[Finding]:
    if times[entry.name] > 1:
        yield _finding("twice", entry, "stands in the inventory more than once, so nobody knows which line is true", "leave one line for each secret")
    if entry.kind not in limits:
        known = few(sorted(limits))
        yield _finding("no-limit", entry, f"is of the class {shown(entry.kind[:40]) or 'none'}, which has no limit", f"give it one of the classes {known}")
    changed = _day(entry.rotated)
    if changed is None:
        yield _finding("no-date", entry, "has no day of its last change", "write 'rotated:' with the day, as 2026-01-10; if nobody knows, change it now")
    elif changed > today:
        yield _finding("future", entry, f"was changed on {changed}, which has not come yet", "write the day on which it was changed")
    elif entry.kind in limits and (today - changed).days * 86_400 > _seconds(limits[entry.kind]):
        age = (today - changed).days
        yield _finding("overdue", entry, f"was last changed {age} days ago; {entry.kind} allows {limits[entry.kind]}", "change it, then write the day")


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _finding(rule: str, entry: Entry, message: str, fix: str) -> Finding:
    return Finding(rule=rule, message=f"{entry.name} {message}", severity=Severity.HIGH, path=entry.path, line=entry.line, fix=fix)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="secrets")
