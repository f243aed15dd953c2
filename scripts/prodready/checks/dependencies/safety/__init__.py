"""``safety check`` of Safety CLI over pins that we have read ourselves; it needs an account, whose key is in SAFETY_API_KEY."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.checks.dependencies import cvss, projects
from prodready.checks.dependencies.audit import Auditor, Call, Pins, Told, credentials, label, theirs
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.model import Severity
from prodready.names import counted
from prodready.tools.classify import Malformed, Output, Says, each, json_of, want

KEY = "SAFETY_API_KEY"
_WHERE = ("SAFETY_DATA_API_BASE_URL", "SAFETY_PLATFORM_API_BASE_URL", "SAFETY_AUTH_SERVER_URL", "SAFETY_PLATFORM_V2_URL")


def _call(ctx: Context, pins: Pins) -> Call:
    env = credentials(ctx, KEY, *_WHERE)
    path, report = projects.requirements(pins.folder, pins.every), pins.folder / "report.json"
    args = ("--disable-optional-telemetry", "check", "--output", "json", "--save-json", str(report), "--file", path.name)
    return Call(args=args, report=report, env=env)


def _read(output: Output, pins: Pins) -> Told:
    report = json_of(output.report)
    meta, seen = want(report, "report_meta", dict), want(report, "scanned_packages", dict)
    if want(meta, "packages_found", int) != len(seen):
        raise Malformed("it lists another number of packages than it counts")
    if want(meta, "vulnerabilities_found", int) != len(want(report, "vulnerabilities", list)):
        raise Malformed("it lists another number of flaws than it counts")
    aside = [_said(pins, entry) for entry in each(report, "ignored_vulnerabilities")]
    return Told(
        said=[*(_said(pins, entry) for entry in each(report, "vulnerabilities")), *aside],
        scanned=[label(pins.key(str(name), want(entry, "version", str))) for name, entry in seen.items()],
        notes=(f"{counted(len(aside), 'flaw')} that Safety's policy ignores, counted all the same",) if aside else (),
    )


def _said(pins: Pins, entry: Mapping[str, object]) -> Said:
    number, cve = want(entry, "vulnerability_id", str), entry.get("CVE")
    return Said(
        key=pins.key(want(entry, "package_name", str), want(entry, "analyzed_version", str)),
        ids=(*([cve] if isinstance(cve, str) and cve else []), f"SAFETY-{number.removeprefix('pyup.io-')}"),
        fixed=tuple(map(str, want(entry, "fixed_versions", list))),
        words=" ".join(want(entry, "advisory", str).split())[:500],
        severity=_severity(entry.get("severity")),
        tool="safety",
    )


def _severity(told: object) -> Severity | None:
    score = told.get("cvssv3") if isinstance(told, Mapping) else None
    if not isinstance(score, Mapping):
        return None
    return cvss.severity([{"severity": [{"score": score.get("vector_string")}], "database_specific": {"severity": score.get("base_severity")}}])


VOICE = Auditor(
    tool="safety", systems=frozenset(("pypi",)), codes={0: Says.NOTHING, 64: Says.SOMETHING}, call=_call, read=_read, source=theirs,
    remedy=f"see that {KEY} is a key of an account that may read Safety's database, and that this machine reaches safetycli.com",
).voice  # fmt: skip
