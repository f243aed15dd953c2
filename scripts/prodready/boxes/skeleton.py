"""A profile made of a Markdown checklist: every leaf becomes an item or several, with a check that its words suggest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodready.boxes.doubts import number_of
from prodready.boxes.evidence import plain
from prodready.boxes.outline import Box, Outline, Section
from prodready.boxes.suggest import Library
from prodready.model import Item

_OPTIONAL = re.compile(r"\boptional\b|\bif (?:applicable|needed|required)\b|\bnice to have\b", re.IGNORECASE)
_REQUIRED = re.compile(r"100\s*%\s*required|\bmandatory\b|\bmust\b", re.IGNORECASE)
_AFTER = re.compile(r"post-?\s?(?:go-?live|launch|release|deploy)|after (?:the )?(?:launch|release)|launch sequence", re.IGNORECASE)
_METADATA = re.compile(r"^\W*owner\W*:?\s*(?P<who>[^|/]*?)\s*(?:[|/].*?(?:eta|due)\W*:?\s*(?P<when>.*))?$", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./+()-]{0,200}(?<! )")
"""Text that YAML takes as it stands, anywhere."""
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
PASS_MARK = re.compile(r"(?:minimum|passing|pass)\s+(?:passing\s+)?(?:score|mark)\W*?(\d{1,3})(?:\s*/\s*100|\s*%)?", re.IGNORECASE)


@dataclass(slots=True)
class Skeleton:
    """A profile as it is made, and what was guessed on the way."""

    outline: Outline
    library: Library
    source: str
    """The name of the checklist's file."""
    ids: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    """The number that the next item of an id gets."""
    written: dict[str, str] = field(default_factory=dict)
    """Parameters as YAML, by the item they are taken from."""
    suggested: int = 0
    unsure: list[Box] = field(default_factory=list)
    """Leaves for which no check was found."""

    def text(self) -> str:
        """The profile as YAML."""
        title = next((section.title for section in self.outline.sections if section.title), self.source)
        mark = next((found[1] for line in self.outline.lines if (found := PASS_MARK.search(line))), "80")
        lines = [
            f"# Made from {self.source} by 'prodready import'. Read every item: the checks are suggestions by wording.",
            f"id: {self.fresh(_slug(self.source.rpartition('.')[0]) or 'checklist')}",
            f"title: {scalar(title)}",
            f"pass_mark: {min(int(mark), 100)}",
            f"checklist: [{scalar(self.source)}]",
            "categories:",
        ]
        for chapter in self._chapters():
            lines += self._category(chapter)
        return "\n".join(lines) + "\n"

    def fresh(self, wanted: str) -> str:
        """An id that no other item has."""
        found = wanted
        while found in self.ids:
            number = self.numbers.get(wanted, 2)
            found, self.numbers[wanted] = f"{wanted}-{number}", number + 1
        self.ids.add(found)
        return found

    def _chapters(self) -> list[int]:
        """The sections that become categories: the outermost ones that share the list out, each with boxes below it."""
        used = {box.section for box in self.outline.leaves()}
        tops = {self._chapter(section) for section in used}
        return sorted(tops)

    def _chapter(self, section: int) -> int:
        """The outermost section around this one with a number of its own, else the section itself."""
        numbered = [at for at in self._around(section) if number_of(self.outline.sections[at].title)[0]]
        return numbered[0] if numbered else section

    def _around(self, section: int) -> list[int]:
        path = [section]
        while (parent := self.outline.sections[path[0]].parent) is not None:
            path.insert(0, parent)
        return path

    def _category(self, chapter: int) -> Iterator[str]:
        section = self.outline.sections[chapter]
        yield from ("", f"  - id: {self.fresh(_slug(number_of(section.title)[1]) or f'part-{chapter}')}", f"    title: {scalar(section.title or 'List')}")
        yield from (f"    weight: {self._weight(chapter)}", "    sections:")
        for at in sorted({box.section for box in self.outline.leaves() if self._chapter(box.section) == chapter}):
            yield from self._section(at)

    def _weight(self, chapter: int) -> str:
        """The weight that a table gives the chapter, else how many leaves it has; nothing for what comes after the launch."""
        title = self.outline.sections[chapter].title
        if _AFTER.search(title):
            return "0"
        for row in self.outline.rows:
            column = next((at for at, cell in enumerate(row.header) if cell.casefold() == "weight"), None)
            if column is not None and row.cells and plain(row.cells[0])[:12] == plain(title)[:12]:
                return row.cells[column].rstrip("% ") or "1"
        return str(sum(self._chapter(box.section) == chapter for box in self.outline.leaves()))

    def _section(self, at: int) -> Iterator[str]:
        section = self.outline.sections[at]
        yield from ("", f"      - title: {scalar(section.title or 'List')}")
        if _required(section):
            yield "        required: true"
        if any(_AFTER.search(self.outline.sections[each].title) for each in self._around(at)):
            yield "        stage: post-release"
        yield "        items:"
        for box in self.outline.leaves():
            if box.section == at:
                yield from self._items(box)

    def _items(self, box: Box) -> Iterator[str]:
        if owner := _METADATA.match(box.text):
            yield from self._owner(box, owner["who"] or "owner", owner["when"] or "")
            return
        found = self.library.suggest(box.text)
        self.suggested += bool(found)
        if not found:
            self.unsure.append(box)
        for item in found or (_written(box),):
            yield f"          - id: {self.fresh(_slug(box.text))}"
            yield f"            title: {scalar(box.text)}"
            yield f"            check: {item.check}{f' # as {item.id}' if found else ' # nothing similar is known: choose a check, or write the evidence down'}"
            if item.params:
                yield f"            params: {self.params(item)}"
            yield from _rest(item, box)
            if len(found) > 1:
                yield f"            weight: {1 / len(found):.3g}"

    def params(self, item: Item) -> str:
        """The item's parameters, written once for all the boxes that take them over."""
        if not item.id:
            return flow(dict(item.params))
        if item.id not in self.written:
            self.written[item.id] = flow(dict(item.params))
        return self.written[item.id]

    def _owner(self, box: Box, who: str, when: str) -> Iterator[str]:
        yield f"          - id: {self.fresh(_slug(f'owner {who}'))}"
        yield f"            title: {scalar(box.text)}"
        yield "            check: config_value"
        yield f"            params: {flow({'files': ['.prodready.yml'], 'path': f'roles.{_slug(who)}', 'must': 'exists'})}"
        if when:
            yield f"            due: {scalar(when)}"


def _required(section: Section) -> bool:
    return any(_REQUIRED.search(score.remark) for score in section.scores) and not _OPTIONAL.search(section.title)


def _written(box: Box) -> Item:
    return Item(id="", title=box.text, check="document", params={"paths": [f"docs/evidence/{_slug(box.text)}.md"]})


def _rest(item: Item, box: Box) -> Iterator[str]:
    if item.expect is not None:
        yield f"            expect: {scalar(str(item.expect))}"
    if _OPTIONAL.search(box.text):
        yield "            required: false"
    if item.stage != "pr":
        yield f"            stage: {item.stage}"
    if item.max_age:
        yield f"            max_age: {scalar(item.max_age)}"


def _slug(text: str) -> str:
    """Lower-case words joined by dashes, of a text in any script; at most 48 characters."""
    words = "-".join(re.findall(r"[a-z0-9]+", text.casefold()))
    return words[:48].strip("-") or ("box-" + "".join(f"{ord(sign):x}" for sign in text if sign.isalnum())[:24]).strip("-")


def scalar(text: str) -> str:
    """A YAML scalar that means this text."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'" if text.isprintable() and text else _dumped(text).removesuffix("...").strip()


def flow(data: dict[str, object]) -> str:
    """A YAML mapping on one line."""
    return _dumped(_listed(data))


def _dumped(data: object) -> str:
    """By libyaml where it is there: a list of ten thousand boxes is to be made in a second."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(data, Dumper=dumper, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False)).strip()


def _listed(data: object) -> object:
    if isinstance(data, dict):
        return {key: _listed(value) for key, value in data.items()}
    return [_listed(value) for value in data] if isinstance(data, list | tuple) else data
