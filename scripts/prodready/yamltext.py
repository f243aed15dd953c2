"""YAML that may be hostile: bounded in size, depth and expansion, with the line of every value kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 60

Path = tuple[str | int, ...]
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class YamlError(ValueError):
    """The text cannot be read as YAML within bounds; the message names ``name:line`` and what to do."""

    def __init__(self, name: str, line: int, message: str) -> None:
        super().__init__(f"{name}:{line}: {message}")
        self.line = line


class Document(Struct, frozen=True, kw_only=True):
    """One YAML document as plain data, and the line (from 1) of each value by its path."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of the value at the path, or of its nearest parent that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(text: str, *, name: str, max_bytes: int = MAX_BYTES) -> Document:
    """The single document in the text (None when empty). Raises YamlError, also for duplicate keys and more than one document."""
    documents = read_all(text, name=name, max_bytes=max_bytes)
    if len(documents) > 1:
        raise YamlError(name, 1, f"{len(documents)} documents, expected one: remove the '---' separators")
    return documents[0] if documents else Document(data=None, lines={})


def read_all(text: str, *, name: str, max_bytes: int = MAX_BYTES, tagged: bool = False) -> tuple[Document, ...]:
    """Every document in the text; with ``tagged`` a local tag is kept, ``!Ref x`` as ``{"!Ref": "x"}``. Raises YamlError."""
    if len(text) > max_bytes:
        raise YamlError(name, 1, f"larger than {max_bytes:,} bytes: a file of this kind never is; split it or generate less")
    last = len(_LINE_END.findall(text)) + 1
    return tuple(_document(node, name, last, tagged=tagged) for node in _compose(text, name, last))


def _compose(text: str, name: str, last: int) -> Iterator[yaml.Node]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.compose_all(text, Loader=_guarded(loader, name))
    except yaml.MarkedYAMLError as error:
        # The parser places what is missing at the end below the last line, where no tool could show it.
        line = min(error.problem_mark.line + 1, last) if error.problem_mark else 1
        raise YamlError(name, line, f"not valid YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise YamlError(name, 1, f"not valid YAML: {error}") from None
    except RecursionError:
        raise YamlError(name, 1, f"nested deeper than {MAX_DEPTH} levels") from None


def _guarded(loader: Any, name: str) -> Any:
    """The C parser composes recursively; a depth bomb is refused from its events before it can."""
    import yaml

    def make(stream: str) -> Any:
        depth = 0
        for event in yaml.parse(stream, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise YamlError(name, event.start_mark.line + 1 if event.start_mark else 1, f"nested deeper than {MAX_DEPTH} levels")
        return loader(stream)

    return make


def _document(node: yaml.Node, name: str, last: int, *, tagged: bool) -> Document:
    reader = _Reader(name, last, tagged=tagged)
    return Document(data=reader.value(node, ()), lines=reader.lines)


class _Reader:
    """Turns nodes into data, counting every visit so that aliases cannot expand without end."""

    def __init__(self, name: str, last: int, *, tagged: bool = False) -> None:
        self.name = name
        self.last = last
        """The last line of the text: the parser places an empty document after ``---`` below it."""
        self.tagged = tagged
        self.lines: dict[Path, int] = {}
        self.visits = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.visits += 1
        line = min(node.start_mark.line + 1, self.last)
        if self.visits > MAX_NODES or len(path) > MAX_DEPTH:
            raise YamlError(self.name, line, f"over {MAX_NODES:,} values or {MAX_DEPTH} levels: remove the anchors and aliases that multiply it")
        self.lines[path] = line
        if self.tagged and node.tag.startswith("!"):
            return {node.tag: self.plain(node, path)}
        return self.plain(node, path)

    def plain(self, node: yaml.Node, path: Path) -> Any:
        import yaml

        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.update(self.merge(value_node, path))
                continue
            key = self.key(key_node)
            if key in data:
                raise YamlError(self.name, key_node.start_mark.line + 1, f"the key {key!r} is given twice; the first one would be lost")
            data[key] = self.value(value_node, (*path, str(key)))
            self.lines[(*path, str(key))] = key_node.start_mark.line + 1
        return {**merged, **data}

    def merge(self, node: yaml.Node, path: Path) -> dict[Any, Any]:
        value = self.value(node, path)
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise YamlError(self.name, node.start_mark.line + 1, "'<<' merges mappings only")
        return {key: part[key] for part in reversed(parts) for key in part}

    def key(self, node: yaml.Node) -> Any:
        import yaml

        if not isinstance(node, yaml.ScalarNode):
            raise YamlError(self.name, node.start_mark.line + 1, "a key must be a single word or text")
        # GitHub's workflows say 'on:', which YAML 1.1 reads as true.
        return node.value if node.tag == "tag:yaml.org,2002:bool" else self.scalar(node)

    def scalar(self, node: yaml.Node) -> Any:
        import yaml

        # YAML 1.1 reads 12:30 as a number in base sixty; nobody means that.
        if node.tag not in _SCALARS or (node.tag in _NUMBERS and ":" in node.value):
            return node.value
        try:
            return yaml.constructor.SafeConstructor().construct_object(node)
        except (ValueError, yaml.YAMLError):
            raise YamlError(self.name, node.start_mark.line + 1, f"{str(node.value)[:60]!r} is no valid {node.tag.rpartition(':')[2]}") from None


_SCALARS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "timestamp"))
_NUMBERS = frozenset(("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"))
