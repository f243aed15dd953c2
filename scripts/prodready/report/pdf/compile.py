"""Sets a document: ``compile.py TEMPLATE DATA TARGET`` prints how many pages it has. Runs in the environment of ``tool.toml``, not in prodready's."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path


def main(template: str, data: str = "", target: str = "", *pictures: str) -> None:
    """Template, data and pictures stand alone in a folder, which is all the typesetter may read."""
    if template == "--version":
        sys.stdout.write(f"typst {version('typst')}\n")
        return
    import typst  # type: ignore[import-not-found,unused-ignore]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(template, folder / "document.typ")
        shutil.copy(data, folder / "data.json")
        for picture in pictures:
            shutil.copy(picture, folder)
        Path(target).write_bytes(typst.compile(folder / "document.typ", root=folder))
        pages = typst.query(folder / "document.typ", "<pages>", root=folder, field="value", one=True)
    sys.stdout.write(f"{json.loads(pages)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
