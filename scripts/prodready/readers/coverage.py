"""Coverage reports by file: Cobertura and JaCoCo XML, LCOV, and JSON of coverage.py and Istanbul."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from prodready.readers import json_text, xml_text
from prodready.readers.lines import lines as split_lines
from prodready.readers.stamps import latest
from prodready.readers.structured import Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Count(Struct, frozen=True, kw_only=True):
    """How much of something was executed."""

    covered: int = 0
    total: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(covered=self.covered + other.covered, total=self.total + other.total)


class Coverage(Struct, frozen=True, kw_only=True):
    """Lines and branches of each source file; the name is empty where a report has totals only."""

    lines: Mapping[str, Count]
    branches: Mapping[str, Count] = field(default_factory=dict)
    stamped: datetime | None = None


def read(content: bytes, *, name: str) -> Coverage:
    """The coverage in a report of any known kind. Raises Unreadable."""
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return _xml(xml_text.parse(content, name=name), name)
    text = content.decode("utf-8", "replace")
    return _json(json_text.loads(text, name=name), name) if start.startswith(b"{") else _lcov(text, name)


def _xml(root: Element, name: str) -> Coverage:
    if root.tag == "coverage" and (root.get("line-rate") or root.get("lines-valid")):
        return _cobertura(root)
    if root.tag == "report":
        return _jacoco(root)
    raise Unreadable(f"{name}:1: no coverage report that is known: it starts with <{root.tag[:60]}>")


def _cobertura(root: Element) -> Coverage:
    lines: dict[str, Count] = {}
    branches: dict[str, Count] = {}
    for unit in root.iter("class"):
        source = unit.get("filename", "")
        own = [line for found in unit.findall("lines") for line in found.findall("line")]
        lines[source] = lines.get(source, Count()) + Count(covered=sum(line.get("hits", "0") != "0" for line in own), total=len(own))
        for line in own:
            if match := re.search(r"\((\d{1,9})/(\d{1,9})\)", line.get("condition-coverage", "")):
                branches[source] = branches.get(source, Count()) + Count(covered=int(match[1]), total=int(match[2]))
    if not lines:
        lines, branches = {"": _attributes(root, "lines")}, {"": _attributes(root, "branches")}
    return Coverage(lines=lines, branches=branches, stamped=latest(root.get("timestamp", "")))


def _attributes(root: Element, kind: str) -> Count:
    return Count(covered=xml_text.whole(root, f"{kind}-covered") or 0, total=xml_text.whole(root, f"{kind}-valid") or 0)


def _jacoco(root: Element) -> Coverage:
    kinds: dict[str, dict[str, Count]] = {"LINE": {}, "BRANCH": {}}
    for package in root.iter("package"):
        for source in package.findall("sourcefile"):
            for counter in source.findall("counter"):
                covered, missed = xml_text.whole(counter, "covered") or 0, xml_text.whole(counter, "missed") or 0
                path = f"{package.get('name', '')}/{source.get('name', '')}"
                kinds.setdefault(counter.get("type", ""), {})[path] = Count(covered=covered, total=covered + missed)
    return Coverage(lines=kinds["LINE"], branches=kinds["BRANCH"])


def _json(data: Any, name: str) -> Coverage:
    if not isinstance(data, dict):
        raise Unreadable(f"{name}:1: no coverage report that is known")
    if isinstance(data.get("files"), dict) and isinstance(data.get("totals"), dict):
        parts = {path: _mapping(entry, "summary") for path, entry in data["files"].items()}
        return Coverage(
            lines=_counts(parts, "covered_lines", "num_statements"),
            branches=_counts(parts, "covered_branches", "num_branches"),
            stamped=latest(str(_mapping(data, "meta").get("timestamp", ""))),
        )
    if isinstance(data.get("total"), dict):  # Istanbul's json-summary
        files = {path: entry for path, entry in data.items() if path != "total"} or {"": data["total"]}
        kinds = {kind: {path: _mapping(entry, kind) for path, entry in files.items()} for kind in ("lines", "branches")}
        return Coverage(lines=_counts(kinds["lines"], "covered", "total"), branches=_counts(kinds["branches"], "covered", "total"))
    raise Unreadable(f"{name}:1: no coverage report that is known: it has neither 'files' and 'totals' nor 'total'")


def _mapping(data: Any, key: str) -> Mapping[str, Any]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _counts(parts: Mapping[str, Mapping[str, Any]], covered: str, total: str) -> dict[str, Count]:
    return {path: Count(covered=_int(part.get(covered)), total=_int(part.get(total))) for path, part in parts.items()}


def _int(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _lcov(text: str, name: str) -> Coverage:
    lines: dict[str, Count] = {}
    branches: dict[str, Count] = {}
    for source, record in _records(text, name):
        lines[source] = lines.get(source, Count()) + _tally(record, "DA", r"DA:\d+,(?P<hits>\d+)")
        branches[source] = branches.get(source, Count()) + _tally(record, "BRDA", r"BRDA:\d+,[^,]*,[^,]*,(?P<hits>\d+|-)")
    return Coverage(lines=lines, branches=branches)


def _records(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    source, record, ended = "", list[str](), True
    for number, line in enumerate(split_lines(text), start=1):
        if not re.match(r"(?:TN|SF|VER|FN[A-Z]*|DA|BR[A-Z]*|LF|LH|L|MC[A-Z]*|MR[A-Z]*):|end_of_record|#|\s*$", line):
            raise Unreadable(f"{name}:{number}: no line of an LCOV report")
        if line.startswith("SF:"):
            source, record, ended = line.removeprefix("SF:").strip(), [], False
        elif line.startswith("end_of_record"):
            yield source, record
            ended = True
        else:
            record.append(line)
    if not ended or not source:
        raise Unreadable(f"{name}: cut off before its end: the last record has no end_of_record")


def _tally(record: list[str], kind: str, pattern: str) -> Count:
    hits = [match["hits"] for line in record if line.startswith(f"{kind}:") and (match := re.match(pattern, line))]
    if hits:
        return Count(covered=sum(hit not in ("0", "-") for hit in hits), total=len(hits))
    found, hit = ("LF", "LH") if kind == "DA" else ("BRF", "BRH")
    values = {key: int(match[1]) for key in (found, hit) for line in record if (match := re.fullmatch(rf"{key}:(\d{{1,9}})\s*", line))}
    return Count(covered=values.get(hit, 0), total=values.get(found, 0))
