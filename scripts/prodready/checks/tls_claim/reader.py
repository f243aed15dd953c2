"""Prints the text of a PDF's first pages as JSON: ``reader.py FILE``. Runs in the environment of ``tool.toml``, not in prodready's."""

from __future__ import annotations

import json
import logging
import sys
import unicodedata

MOST_PAGES = 20


def main(path: str) -> None:
    """Ligatures are written out, and all white space is one blank."""
    import pypdf  # type: ignore[import-not-found]  # lives in the environment of tool.toml

    if path == "--version":
        sys.stdout.write(f"pypdf {pypdf.__version__}\n")
        return
    logging.disable()
    reader = pypdf.PdfReader(path)
    pages = [page.extract_text() for page in reader.pages[:MOST_PAGES]]
    text = " ".join(unicodedata.normalize("NFKC", " ".join(pages)).split())
    sys.stdout.write(json.dumps({"pages": len(reader.pages), "text": text}))


if __name__ == "__main__":
    main(sys.argv[1])
