"""``python -I scripts/prodready``: works from any folder, and never imports from the caller's."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The package's own folder, where Python looks first when it runs a folder, would hide other packages behind our modules of their names.
sys.path[:] = [str(HERE.parent), *(entry for entry in sys.path if entry != str(HERE))]

from prodready.cli import main  # noqa: E402 - found where the line above says

main()
