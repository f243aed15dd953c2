"""Starts ``prodready.caddy.stage`` in the environment of ``tool.toml``: beside a pinned Caddy, apart from the program that judges."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

if __name__ == "__main__":
    from prodready.caddy.stage import main

    main(sys.argv[1])
