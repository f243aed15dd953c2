"""prodready replaces the ticks of a production-readiness checklist by evidence."""

from pathlib import Path


def version() -> str:
    """The version of this program, from the VERSION file beside this one."""
    return (Path(__file__).parent / "VERSION").read_text("ascii").strip()
