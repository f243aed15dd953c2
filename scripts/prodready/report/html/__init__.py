"""The report as one HTML file that needs nothing else: no request, no script but its own. Foreign text is escaped and made visible."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodready.model import Report
from prodready.report.escape import line
from prodready.report.past import NOTHING, Past

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


def render(report: Report, past: Past = NOTHING) -> str:
    """The page; under 3 MB whatever the report holds."""
    from prodready.report.html import view

    return page("report.html", view.of(report, past))


def page(template: str, content: Mapping[str, Any]) -> str:
    """A template of this folder with the shared style and script, behind a policy that lets nothing else act."""
    style, script = _file("style.css"), _file("script.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    return _environment().get_template(template).render(content, style=style, script=script, policy=policy)


def text(words: object, limit: int = 400) -> str:
    """Foreign words for the page: one line, what hides or reorders shown as escapes. Jinja escapes the result."""
    return line(str(words), limit)


def _inert(value: object) -> object:
    """Whatever a template prints passes here: a text that forgot its filter is inert all the same."""
    from markupsafe import Markup

    return text(value, 2_000) if isinstance(value, str) and not isinstance(value, Markup | _Own) else value


class _Own(str):
    """The text of one of our own files, which a template prints as it stands."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@cache
def _file(name: str) -> _Own:
    return _Own((HERE / name).read_text("utf-8"))


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, finalize=_inert, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    made.filters["t"] = text
    return made
