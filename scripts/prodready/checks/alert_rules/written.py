"""Alert rules as they are written in files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.check import CannotTell
from prodready.checks.alert_rules.rule import Rule
from prodready.context import Context
from prodready.readers import structured
from prodready.yamltext import Document


def read(ctx: Context, patterns: tuple[str, ...]) -> tuple[Rule, ...]:
    """The alerts of every file. Raises CannotTell for no file, and for one that is no rule file."""
    paths = ctx.repo.files(*patterns)
    if not paths:
        raise CannotTell(f"no file matches {', '.join(patterns)}", "name the files with alert rules in 'files'")
    return tuple(rule for path in paths for rule in _file(ctx, path))


def _file(ctx: Context, path: str) -> Iterator[Rule]:
    try:
        (document,) = structured.read(ctx.repo.text(path), name=path, kind="yaml")
        yield from _rules(document, path)
    except structured.Unreadable as unreadable:
        raise CannotTell(str(unreadable), "mend the file") from None
    except (AttributeError, TypeError, KeyError, ValueError):
        raise CannotTell(f"{path} is no file of Prometheus rules", "it holds 'groups:', each with a name and 'rules:'; narrow 'files' to those") from None


def _rules(document: Document, path: str) -> Iterator[Rule]:
    for at, group in enumerate(document.data["groups"] or ()):
        for index, rule in enumerate(group["rules"] or ()):
            if "alert" in rule:
                yield _rule(rule, path, document.line(("groups", at, "rules", index)))


def _rule(rule: dict[str, Any], path: str, line: int) -> Rule:
    return Rule(name=str(rule["alert"]), query=str(rule["expr"]), labels=_words(rule, "labels"), annotations=_words(rule, "annotations"), path=path, line=line)


def _words(rule: dict[str, Any], key: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in (rule.get(key) or {}).items()}
