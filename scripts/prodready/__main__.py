"""``python -I scripts/prodready``: works from any folder, and never imports from the caller's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from prodready.cli import main

main()
