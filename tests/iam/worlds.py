"""A repository in memory, and the check run on it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pathspec

from prodready.check import CannotTell
from prodready.checks import iam_wildcards
from prodready.model import Found, Severity

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Files:
    """The part of a Repo that the check uses."""

    def __init__(self, files):
        self.held = files

    def files(self, *patterns):
        matches = pathspec.GitIgnoreSpec.from_lines(patterns)
        return tuple(sorted(path for path in self.held if matches.match_file(path)))

    def text(self, path, *, limit=0):
        if path not in self.held:
            raise CannotTell(f"{path} is missing")
        return self.held[path]


def seen(files, **params) -> Found:
    context = SimpleNamespace(repo=Files(files), now=NOW)
    return iam_wildcards.observe(context, iam_wildcards.Params(**params))


def rules(found, at_least=Severity.MEDIUM):
    return sorted({finding.rule for finding in found.findings if finding.severity >= at_least})
