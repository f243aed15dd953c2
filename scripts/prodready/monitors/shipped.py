"""What ships beside a monitor: rules for Prometheus, tests for promtool, a dashboard for Grafana, and a runbook for whoever is on call."""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

from prodready.errors import Exit, ProdreadyError
from prodready.monitors import places


def configure(parser: argparse.ArgumentParser) -> None:
    """The option that writes it."""
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write rules, tests, dashboard and runbook there, and end")


def write(venue: str, folder: Path) -> int:
    """Writes it below a folder of the repository one stands in. Raises ProdreadyError."""
    try:
        paths = _written(venue, folder, Path.cwd())
    except (OSError, ValueError) as error:
        raise ProdreadyError(f"nothing was written: {error}", "name a new folder below the one you stand in, the root of the repository") from None
    for path in paths:
        places.say(f"wrote {path}")
    return Exit.READY


def _written(venue: str, folder: Path, root: Path) -> list[Path]:
    """The files, with the runbook's path from the root of the repository in them. Raises OSError, FileExistsError, ValueError."""
    runbook = (folder / f"{venue}-runbook.md").resolve().relative_to(root.resolve()).as_posix()
    shipped = {folder / one.name: one for one in sorted((resources.files("prodready.monitors") / venue / "files").iterdir(), key=lambda one: one.name)}
    if there := [path for path in shipped if path.exists()]:
        raise FileExistsError(f"{there[0]} exists")
    folder.mkdir(parents=True, exist_ok=True)
    for path, one in shipped.items():
        path.write_text(one.read_text("utf-8").replace("${runbook}", runbook), "utf-8")
    return list(shipped)
