"""``uv audit`` over a lock file of our own writing: nothing is resolved, and no index is asked."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.checks.dependencies import projects
from prodready.checks.dependencies.audit import AROUND, Auditor, Call, Pins, Told, ours
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.tools.classify import Malformed, Output, Says, each, json_of, want

_SCHEMA = "preview"
"""The only one there is as yet."""


def _call(ctx: Context, pins: Pins) -> Call:
    projects.uv(pins.folder, pins.every)
    args = (
        *("audit", "--frozen", "--no-config", "--no-cache", "--no-progress", "--no-python-downloads", "--preview-features", "audit-command,json-output"),
        *("--output-format", "json", "--service-format", "osv", "--service-url", pins.served.url),
    )
    return Call(args=args, env=AROUND if pins.served.url.startswith("http://127.0.0.1") else {})


def _read(output: Output, pins: Pins) -> Told:
    report = json_of(output.report)
    if want(want(report, "schema", dict), "version", str) != _SCHEMA:
        raise Malformed("it is written in another form than the one that is known")
    said, summary = [_said(pins, entry) for entry in each(report, "vulnerabilities")], want(report, "summary", dict)
    if want(summary, "vulnerabilities", int) != len(said):
        raise Malformed("it lists another number of flaws than it counts")
    return Told(said=said, scanned=pins.all_of(want(summary, "audited_packages", int)))


def _said(pins: Pins, entry: Mapping[str, object]) -> Said:
    package = want(entry, "dependency", dict)
    return Said(
        key=pins.key(want(package, "name", str), want(package, "version", str)),
        ids=(want(entry, "id", str), *map(str, want(entry, "aliases", list))),
        fixed=tuple(map(str, want(entry, "fix_versions", list))),
        words=" ".join(str(entry.get("summary") or entry.get("description") or "").split())[:500],
        tool="uv audit",
    )


VOICE = Auditor(
    tool="uv", systems=frozenset(("pypi",)), codes={0: Says.NOTHING, 1: Says.SOMETHING}, call=_call, read=_read, source=ours
).voice  # fmt: skip
