"""``snyk test`` over lock files of our own writing; it needs an account, whose token is in SNYK_TOKEN (and its region, if it has one, in SNYK_API)."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.checks.dependencies import cvss, projects
from prodready.checks.dependencies.audit import AROUND, Auditor, Call, Pins, Told, credentials, theirs
from prodready.checks.dependencies.flaws import Said
from prodready.context import Context
from prodready.names import counted
from prodready.tools.classify import Malformed, Output, Says, each, json_of, want

TOKEN = "SNYK_TOKEN"  # noqa: S105 - the variable's name
_PROJECTS = {"npm": (projects.npm, "npm"), "pypi": (projects.poetry, "poetry")}
"""How pins of each system are written, and what Snyk calls that. It reads both by itself; for others it starts their package manager."""


def _call(ctx: Context, pins: Pins) -> Call:
    env = {"SNYK_DISABLE_ANALYTICS": "1", **AROUND, **credentials(ctx, TOKEN, "SNYK_API", "SNYK_CFG_ORG")}
    write, manager = _PROJECTS[pins.canary.system]
    path = write(pins.folder, pins.every)
    args = ("test", "--json", f"--file={path.name}", f"--package-manager={manager}", "--severity-threshold=low", "--dev", "--ignore-policy")
    return Call(args=args, env=env)


def _read(output: Output, pins: Pins) -> Told:
    report = json_of(output.report)
    if isinstance(report, dict) and "error" in report:
        raise Malformed("it tells of an error instead of what it found")
    manager = _PROJECTS[pins.canary.system][1]
    if want(report, "packageManager", str) != manager:
        raise Malformed("it is about another kind of project")
    flaws = [entry for entry in each(report, "vulnerabilities") if entry.get("type") != "license"]
    filtered = want(report, "filtered", dict) if isinstance(report, dict) and "filtered" in report else {"ignore": []}
    aside = [entry for entry in each(filtered, "ignore") if entry.get("type") != "license"]
    return Told(
        said=[_said(pins, entry) for entry in (*flaws, *aside)],
        scanned=pins.all_of(want(report, "dependencyCount", int)),
        notes=(f"{counted(len(aside), 'flaw')} that Snyk's policy ignores, counted all the same",) if aside else (),
    )


def _said(pins: Pins, entry: Mapping[str, object]) -> Said:
    names, fixed = want(entry, "identifiers", dict), entry.get("fixedIn")
    return Said(
        key=pins.key(want(entry, "name", str), want(entry, "version", str)),
        ids=(want(entry, "id", str), *(str(name) for kind in ("CVE", "GHSA") for name in names.get(kind) or ())),
        fixed=tuple(map(str, fixed)) if isinstance(fixed, list) else (),
        words=want(entry, "title", str)[:500],
        severity=cvss.worded(entry.get("severity")),
        tool="snyk",
    )


VOICE = Auditor(
    tool="snyk", systems=frozenset(_PROJECTS), codes={0: Says.NOTHING, 1: Says.SOMETHING}, call=_call, read=_read, source=theirs,
    remedy=f"see that {TOKEN} is a token of an account that may test projects, and that SNYK_API names its region",
).voice  # fmt: skip
