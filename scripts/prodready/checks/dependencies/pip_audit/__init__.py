"""pip-audit over names and versions that we have read ourselves: no package is resolved, downloaded or built."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.checks.dependencies import projects
from prodready.checks.dependencies.audit import AROUND, Auditor, Call, Pins, Told, label, ours
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.readers.resolved import Key
from prodready.tools.classify import Malformed, Output, Says, each, json_of, want


def _call(ctx: Context, pins: Pins) -> Call:
    path, report = projects.requirements(pins.folder, pins.every), pins.folder / "report.json"
    args = (
        *("--requirement", str(path), "--no-deps", "--disable-pip", "--vulnerability-service", "osv", "--osv-url", f"{pins.served.url}/v1/query"),
        *("--format", "json", "--desc", "on", "--aliases", "on", "--output", str(report)),
        *("--progress-spinner", "off", "--cache-dir", str(pins.folder / "cache"), "--timeout", "30"),
    )
    return Call(args=args, report=report, env=AROUND if pins.served.url.startswith("http://127.0.0.1") else {})


def _read(output: Output, pins: Pins) -> Told:
    if "pip_audit._service" in output.stderr:
        raise Malformed("it warns that it left out an answer of the advisory service")
    said, scanned, unread = list[Said](), set[str](), dict[str, str]()
    for dependency in each(json_of(output.report), "dependencies"):
        name = want(dependency, "name", str)
        if "skip_reason" in dependency:
            unread[label(pins.key(name))] = f"pip-audit skipped it ({want(dependency, 'skip_reason', str)})"
            continue
        key = pins.key(name, want(dependency, "version", str))
        scanned.add(label(key))
        said += [_said(key, entry) for entry in each(dependency, "vulns")]
    return Told(said=said, scanned=scanned, unread=unread)


def _said(key: Key, entry: Mapping[str, object]) -> Said:
    return Said(
        key=key,
        ids=(want(entry, "id", str), *map(str, want(entry, "aliases", list))),
        fixed=tuple(map(str, want(entry, "fix_versions", list))),
        words=" ".join(str(entry.get("description") or "").split())[:500],
        tool="pip-audit",
    )


VOICE = Auditor(
    tool="pip-audit", systems=frozenset(("pypi",)), codes={0: Says.NOTHING, 1: Says.SOMETHING}, call=_call, read=_read, source=ours
).voice  # fmt: skip
