"""``npm audit`` over a lock file of our own writing: no package is fetched, no script and no ``.npmrc`` of the repository is read.

The registry is that of NPM_CONFIG_REGISTRY, else npm's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodready.checks.dependencies import cvss, projects
from prodready.checks.dependencies.audit import Auditor, Call, Pins, Told, theirs
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.tools.classify import Malformed, Output, Says, json_of, objects, want

_FORMAT = 2
"""``auditReportVersion`` since npm 7."""


def _call(ctx: Context, pins: Pins) -> Call:
    projects.npm(pins.folder, pins.every)
    args = (
        *("audit", "--json", "--package-lock-only", "--ignore-scripts", "--audit-level", "info", "--include", "dev", "--include", "optional"),
        *("--include", "peer", "--userconfig", str(pins.folder / "userconfig"), "--cache", str(pins.folder / "cache")),
        *("--fetch-retries", "1", "--fetch-retry-mintimeout", "1000", "--fetch-timeout", "60000", "--no-update-notifier", "--no-fund"),
    )
    return Call(args=args)


def _read(output: Output, pins: Pins) -> Told:
    report = json_of(output.report)
    if isinstance(report, dict) and "error" in report:
        raise Malformed("it says that the registry did not give it advisories")
    if want(report, "auditReportVersion", int) != _FORMAT:
        raise Malformed("it is written in another form than the one that is known")
    flaws = want(report, "vulnerabilities", dict)
    said = [one for name, entry in flaws.items() for one in _said(pins, str(name), entry)]
    total = want(want(want(report, "metadata", dict), "dependencies", dict), "total", int)
    return Told(said=said, scanned=pins.all_of(total))


def _said(pins: Pins, name: str, entry: object) -> Iterator[Said]:
    for flaw in objects(want(entry, "via", list)):
        address = want(flaw, "url", str)
        known = address.rpartition("/")[2] if "/GHSA-" in address else f"NPM-{flaw.get('source')}"
        yield Said(key=pins.key(name), ids=(known,), words=want(flaw, "title", str)[:500], severity=cvss.severity([_rated(flaw)]), tool="npm audit")


def _rated(flaw: Mapping[str, object]) -> Mapping[str, object]:
    """Its severity as OSV writes it."""
    vector = flaw.get("cvss")
    scores = [{"score": vector.get("vectorString")}] if isinstance(vector, Mapping) else []
    return {"severity": scores, "database_specific": {"severity": flaw.get("severity")}}


VOICE = Auditor(
    tool="npm", systems=frozenset(("npm",)), codes={0: Says.NOTHING, 1: Says.SOMETHING}, call=_call, read=_read, source=theirs,
    remedy="see that this machine may reach npm's registry, or name one that serves advisories in NPM_CONFIG_REGISTRY",
).voice  # fmt: skip
