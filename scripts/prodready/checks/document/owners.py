"""Whether somebody owns a document: a line in it names the owner, or CODEOWNERS does."""

from __future__ import annotations

import re

from pathspec import GitIgnoreSpec

from prodready.context import Context

_LINE = re.compile(r"^[\W_]{0,8}(?:owners?|owned by|maintainers?)\b[\W_]{1,8}(?P<who>\w[^\n]{0,200})", re.IGNORECASE | re.MULTILINE)
FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def named(ctx: Context, path: str, text: str) -> bool:
    """Whether anybody is. Raises CannotTell."""
    return bool(_LINE.search(text)) or _by_codeowners(ctx, path)


def _by_codeowners(ctx: Context, path: str) -> bool:
    """By the last line that matches, as GitHub reads the first of the files that is there."""
    file = next((name for name in FILES if name in ctx.repo.files(name)), None)
    if file is None:
        return False
    prefix = ctx.repo.history.prefix if ctx.repo.history else ""
    owned = False
    for line in ctx.repo.text(file).splitlines():
        pattern, *owners = line.partition("#")[0].split()[:20] or [""]
        if pattern and GitIgnoreSpec.from_lines([pattern]).match_file(f"{prefix}{path}"):
            owned = bool(owners)
    return owned
