"""Golden files: what a format looked like when somebody last looked at it. UPDATE_GOLDENS=1 writes them anew; then look at the difference."""

import os
from pathlib import Path

GOLDENS = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Holds the text against ``tests/golden/<name>``."""
    path = GOLDENS / name
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text
