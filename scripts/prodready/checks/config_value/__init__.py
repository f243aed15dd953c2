r"""A value in a configuration file: it is set, and it is what it must be. YAML, TOML, JSON, INI, .env, HCL and Dockerfiles.

``path`` leads to the values: ``jobs.*.timeout-minutes``, ``services.*.healthcheck``, ``rules[0].alert``, ``**.image``, ``tool."my.key"``. Of a Dockerfile,
``stages[*]`` and ``final`` (the last stage with what it inherits) map each instruction to the list of its arguments: ``final.USER[-1]``. Blocks of
HCL are lists below their type and labels: ``resource.aws_s3_bucket.*[*].acl``; an expression is a value that can be compared with nothing.
``must`` is ``exists``, ``absent`` or a bound as in ``expect``: ``<= 30``, ``is true``, ``one of always, on-failure``, ``matches ^v\d``.
With ``quantifier: all`` every place must hold; a named step that is missing is a place that does not. With ``present``
every value that is there must hold, and one must be there: for files that may lie in several places, and for a limit that a second, milder value
beside it must not outshine. With ``any`` one place in all files is enough; with ``none`` no value may hold. A file that does not parse, and a value
that cannot be compared (``${{ inputs.minutes }}`` with ``<= 30``), leave the item unknown. Templates are not rendered and variables not
substituted: what is read is what is written.

An item that uses it:

    - id: ci.timeouts
      title: Every CI job has a timeout of at most an hour
      check: config_value
      params: {files: [.github/workflows/*.yml], path: jobs.*.timeout-minutes, must: <= 60, unless: uses, fix: "write timeout-minutes: 15"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from msgspec import Struct

from prodready import expectation
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.expectation import Bound, Incomparable, NoMoreFindings, Value
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, few, shown
from prodready.readers import places, structured
from prodready.readers.places import Place
from prodready.yamltext import Document

_QUANTITY = re.compile(r"(?P<number>[-+]?\d{1,15}(?:\.\d{1,15})?)\s*(?P<unit>%|[A-Za-z]{0,3})")
_SECRET = re.compile(r"pass|secret|token|key|credential|private|auth|dsn|url", re.IGNORECASE)


class Params(Struct, frozen=True, kw_only=True):
    """Which value, and what it must be."""

    files: tuple[str, ...]
    """Which files are read (gitignore patterns)."""
    path: str
    """The way to the values; ``*`` and ``[*]`` stand for every element, ``**`` for any depth."""
    must: str = "exists"
    """``exists``, ``absent``, or a bound in the words of ``expect``."""
    quantifier: Literal["all", "present", "any", "none"] = "all"
    """How many of the places must hold."""
    unless: str = ""
    """A key beside the last step of ``path`` that takes a place out of the question, for example ``uses``."""
    format: structured.Format = "auto"
    """How the files are read; ``auto`` goes by the name."""
    ignored: bool = False
    """Whether files that git ignores are read too: results that a build wrote."""
    message: str = ""
    """What a finding says; a sentence about the value when empty."""
    fix: str = ""
    """What to write to mend it."""
    severity: Literal["note", "low", "medium", "high", "critical"] = "medium"
    """How bad a finding is."""
    echo: bool = True
    """Whether values are shown; those under keys that sound secret never are."""

    def __post_init__(self) -> None:
        places.parse(self.path)
        _bound(self.must)
        if self.must == "absent" and self.quantifier == "any":
            raise ValueError("'absent' goes with quantifier all; 'any' would hold as soon as one place lacks the value")


class Seen(Struct, frozen=True, kw_only=True):
    """One place in one file, and whether it holds; ``unclear`` says why nobody can tell."""

    file: str
    place: Place
    line: int | None
    holds: bool
    unclear: str = ""

    @property
    def where(self) -> str:
        """``file:line`` as far as it is known."""
        return f"{shown(self.file)}:{self.line}" if self.line else shown(self.file)


def observe(ctx: Context, params: Params) -> Found:
    """Reads every file and holds each place to the bound."""
    seen, gaps, documents, written = list[Seen](), list[str](), 0, None
    for path in (ctx.repo.outputs if params.ignored else ctx.repo.files)(*params.files):
        try:
            for document in structured.read(ctx.repo.text(path), name=path, kind=params.format):
                seen.extend(_look(path, document, params))
                documents += 1
            if params.ignored:
                written = min(filter(None, (written, ctx.repo.modified(path))))
        except CannotTell as unable:
            gaps.append(unable.reason)
        except structured.Unreadable as unreadable:
            gaps.append(str(unreadable))
    examined = documents if params.quantifier == "none" or params.must == "absent" else len(seen)
    source = f"{counted(len(seen), 'value')} at {params.path} in {counted(documents, 'document')} of {few(params.files)}"
    if not documents and not gaps:
        source = f"no file matches {few(params.files)}"
    return Found(
        examined=examined,
        evidence=Evidence(source=source, collected=written),
        findings=tuple(_findings(seen, params)),
        gaps=tuple(gaps + _unclear(seen, params)),
    )


def _look(path: str, document: Document, params: Params) -> Iterator[Seen]:
    for place in places.select(document.data, places.parse(params.path)):
        if params.unless and _beside(document.data, place, params.unless):
            continue
        line = document.line(place.path) if document.lines else None
        try:
            yield Seen(file=path, place=place, line=line, holds=_holds(place, params.must))
        except Incomparable as unable:
            yield Seen(file=path, place=place, line=line, holds=False, unclear=str(unable))


def _beside(data: Any, place: Place, key: str) -> bool:
    for step in place.path[:-1]:
        data = data[int(step)] if isinstance(data, list) else next((child for name, child in data.items() if str(name) == step), None)
        if not isinstance(data, dict | list):
            return False
    return isinstance(data, dict) and key in data


def _holds(place: Place, must: str) -> bool:
    bound = _bound(must)
    if bound is None or not place.found:
        return place.found is (must != "absent")
    if isinstance(place.value, dict | list):
        raise Incomparable("a list or mapping stands where one value is expected; lead on to its elements")
    value, unit = _quantity(place.value) if isinstance(bound, Bound | expectation.Between) else (place.value, "")
    return bound.met_by(value if isinstance(value, int | float | bool) else str(value), unit)


@lru_cache(maxsize=256)
def _bound(must: str) -> Bound | expectation.Between | expectation.OneOf | expectation.Matches | None:
    """The bound, None for existence. Raises ValueError for what is neither."""
    if must in ("exists", "absent"):
        return None
    bound = expectation.parse(must)
    if isinstance(bound, NoMoreFindings):
        raise ValueError(  # noqa: TRY004 - the decoder of params takes ValueError for a wrong value
            f"{must!r} bounds findings, not a value: write 'exists', 'absent' or for example '<= 30'"
        )
    return bound


def _quantity(value: Value) -> tuple[Value, str]:
    """``"30s"`` is 30 in seconds; numbers and other words stay what they are."""
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    return (float(match["number"]), match["unit"]) if match else (value, "")


def _findings(seen: list[Seen], params: Params) -> Iterator[Finding]:
    if params.quantifier == "any":
        if seen and not any(place.holds or place.unclear for place in seen):
            yield _finding(seen[0], params, f"none of {counted(len(seen), 'value')} at {params.path} is as it must be ({params.must})")
        return
    if params.quantifier == "present":
        if seen and not any(place.place.found for place in seen):
            yield _finding(seen[0], params, f"{params.path} is set nowhere")
        seen = [place for place in seen if place.place.found]
    for place in seen:
        if not place.unclear and place.holds is (params.quantifier == "none"):
            yield _finding(place, params, _words(place, params))


def _unclear(seen: list[Seen], params: Params) -> list[str]:
    if params.quantifier == "any" and any(place.holds for place in seen):
        return []
    return [f"{place.where}: {place.place} cannot be held against '{params.must}': {place.unclear}" for place in seen if place.unclear]


def _words(seen: Seen, params: Params) -> str:
    if not seen.place.found:
        return f"{shown(str(seen.place))} is not set"
    hidden = isinstance(seen.place.value, dict | list) or not params.echo or any(_SECRET.search(str(step)) for step in seen.place.path)
    value = "set" if hidden else repr(seen.place.value)[:80]
    return f"{shown(str(seen.place))} is {shown(value)}, {'and must not be' if params.quantifier == 'none' else 'expected'} {params.must}"


def _finding(seen: Seen, params: Params, words: str) -> Finding:
    message = f"{params.message}: {words}" if params.message else words
    rule = "value-not-set" if not seen.place.found else "value-out-of-bounds"
    severity = Severity[params.severity.upper()]
    return Finding(rule=rule, message=message, severity=severity, path=shown(seen.file), line=seen.line, fix=params.fix, anchor=str(seen.place))


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="repository")
