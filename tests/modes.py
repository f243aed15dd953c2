"""The table of failure modes: every adapter of a scanner, every way in which a scanner fails, and what we say then, or why that way is closed to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faulty import COMMENTS, CONFIGS, UNSTARTABLE
from prodready.checks.code_security import bandit, semgrep

LINTED = '"""A number."""\n\nX = 1\n'
LINTERS = ("black", "flake8", "isort", "mypy", "pylint", "ruff", "ruff-format")
DOCKERFILE = """FROM python:3.13-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000
USER 10001
HEALTHCHECK --interval=10s CMD ["python", "-m", "desk.health"]
# hadolint ignore=DL3008
CMD ["python", "-m", "desk"]
"""
WORKFLOW = "name: ci\non: pull_request # zizmor: ignore[x]\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make test\n"
TERRAFORM = '# checkov:skip=CKV_AWS_1:x trivy:ignore:AWS-0001\nprovider "aws" {\n  region = "eu-central-1"\n}\n'
PYTHON = "x = 1  # nosec nosemgrep gitleaks:allow trufflehog:ignore\n"


def advisory(name: str, ecosystem: str, version: str) -> str:
    affected = [{"package": {"ecosystem": ecosystem, "name": name}, "versions": [version]}]
    return json.dumps({"id": f"CVE-2019-{name}", "modified": "2026-01-30T00:00:00Z", "affected": affected})


KNOWN = {"advisories/1.json": advisory("jinja2", "PyPI", "2.10"), "advisories/2.json": advisory("lodash", "npm", "4.17.4")}
PINS = {"requirements.txt": "flask==3.1.0\nclick==8.1.7\n", **KNOWN}
LOCK = {
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/left-pad": {"version": "1.3.0"}, "node_modules/b": {"version": "1.0.0"}}}',
    **KNOWN,
}
BILL = '{"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "openssl", "purl": "pkg:deb/debian/openssl@3.0.15-1"}]}'
ACCOUNTS = {"SAFETY_API_KEY": "key-of-acme", "SNYK_TOKEN": "token-of-acme"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Adapter:
    """One adapter, and a repository that its program finds clean."""

    name: str
    module: str
    """Where it is, below ``scripts/prodready``."""
    check: str
    tool: str
    only: str = ""
    """The first argument of the run that is to fail, where a program is started for several."""
    params: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    """What finds the planted faults: by the name of the planted file."""
    beside: Sequence[str] = ()
    """Programs that the check starts as well."""
    file: bool = False
    """Whether it writes its report into a file."""
    names: bool = True
    """Whether it is given files of the repository, with their names."""
    random: bool = True
    """Whether what is planted is new in each run."""
    database: bool = False
    """Whether it reads a database of Trivy's."""
    image: bool = False
    """Whether it reads an image in a file."""
    service: bool = False
    """Whether it asks a service."""

    def __str__(self) -> str:
        return self.name

    @property
    def linter(self) -> bool:
        return self.module == "checks/linter"


ODD = "-o dd\u00e9 \u2028"
"""Hard to tell apart from an option, a line or two words."""


def _odd(name: str, text: str) -> dict[str, str]:
    """A file, and it once more under an unusual name."""
    folder, slash, last = name.rpartition("/")
    return {name: text, f"{folder}{slash}{ODD}{last}": text}


def _auditor(name: str, tool: str, files: Mapping[str, str], **more: object) -> Adapter:
    params = {"advisories": "advisories", "also": [name]}
    module = f"checks/dependencies/{name.replace('-', '_')}"
    return Adapter(name=name, module=module, check="dependencies", tool=tool, params=params, files=files, names=False, service=True, **more)


def _linter(tool: str) -> Adapter:
    program = "ruff" if tool == "ruff-format" else tool
    params = {"tool": tool}
    return Adapter(
        name=tool, module="checks/linter", check="linter", tool=program, params=params, files={"app.py": LINTED, "b.py": LINTED.replace("1", "2")}, names=False
    )


def _secrets(name: str, module: str, tool: str, **more: object) -> Adapter:
    params = {"voices": [tool], **({"history": "none"} if tool == "detect-secrets" else {})}
    return Adapter(name=name, module=module, check="secrets", tool=tool, params=params, files=_odd("app.py", PYTHON), **more)


TRIVY = {"trivy_db": "trivy", "also": ["trivy"]}
SEMGREP = {name: rule for name, (rule, _) in semgrep.CANARIES.items()}
ADAPTERS = (
    _secrets("gitleaks (files)", "checks/secrets/tree", "gitleaks", only="dir", rules={"*": "github-pat"}, file=True),
    _secrets("gitleaks (commits)", "checks/secrets/past", "gitleaks", only="git", rules={"*": "github-pat"}, file=True, names=False),
    _secrets("detect-secrets", "checks/secrets/detect_secrets", "detect-secrets", rules={"*": "github-token"}),
    _secrets("trufflehog", "checks/secrets/trufflehog", "trufflehog"),
    Adapter(
        name="bandit", module="checks/code_security/bandit", check="code_security", tool="bandit", params={"engines": ["bandit"]},
        files=_odd("app.py", PYTHON), rules={"*": bandit.CANARY_RULE}, file=True,
    ),
    Adapter(
        name="semgrep", module="checks/code_security/semgrep", check="code_security", tool="semgrep", params={"engines": ["semgrep"]},
        files=_odd("app.py", PYTHON), rules=SEMGREP,
    ),
    Adapter(
        name="zizmor", module="checks/workflow_security", check="workflow_security", tool="zizmor",
        files=_odd(".github/workflows/ci.yml", WORKFLOW), rules={"*": "template-injection"},
    ),
    Adapter(
        name="hadolint", module="checks/containers/lint", check="containers", tool="hadolint",
        files={"Dockerfile": DOCKERFILE, f"{ODD}/Dockerfile": DOCKERFILE}, rules={"*": "DL3004"},
    ),
    Adapter(name="checkov", module="checks/iac", check="iac", tool="checkov", files=_odd("main.tf", TERRAFORM), rules={"*": "CKV_AWS_24"}),
    Adapter(
        name="trivy (infrastructure)", module="checks/iac/trivy", check="iac", tool="trivy", params={"also": ["trivy"]}, files=_odd("main.tf", TERRAFORM),
        rules={"*": "AWS-0107"}, beside=("checkov",), file=True,
    ),
    Adapter(
        name="trivy (images)", module="checks/containers/vulnerable", check="containers", tool="trivy", params={"images": ["desk.tar"], **TRIVY},
        files={"README.md": "# Desk\n"}, beside=("gitleaks",), file=True, names=False, database=True, image=True,
    ),
    Adapter(
        name="syft", module="checks/containers/syft", check="containers", tool="syft", params={"images": ["desk.tar"], "also": ["syft"]},
        files={"desk.cdx.json": BILL}, beside=("gitleaks",), file=True, names=False, image=True,
    ),
    Adapter(
        name="trivy (packages)", module="checks/dependencies/trivy", check="dependencies", tool="trivy", params={"advisories": "advisories", **TRIVY},
        files=PINS, file=True, names=False, random=False, database=True,
    ),
    _auditor("pip-audit", "pip-audit", PINS, file=True),
    _auditor("uv-audit", "uv", PINS),
    _auditor("npm-audit", "npm", LOCK, random=False),
    _auditor("safety", "safety", PINS, random=False, file=True),
    _auditor("snyk", "snyk", PINS, random=False),
    *map(_linter, LINTERS),
)  # fmt: skip
SHARED = {"checks/dependencies/audit": "the shape of all auditors", "scanners/trivy": "the shape of Trivy's runs"}
"""Modules that start scanners for others, which have the rows."""
BESIDE = {"checkov": {"*": "CKV_AWS_24"}, "gitleaks": {"*": "github-pat"}}


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to fail: what the program does, and what we say of it."""

    title: str
    faults: Sequence[str]
    says: Sequence[str]
    """One of these stands in the outcome."""


OLD, MISSING = "reads a database that is old", "finds no database"
PAST = "is older than what is pinned"
MODES: Mapping[int, Mode] = {
    1: Mode(title="the program is missing", faults=UNSTARTABLE[:1], says=("could not be started", ": not started")),
    2: Mode(
        title="it cannot be executed, or is for another machine", faults=(*UNSTARTABLE[1:], "ends with 126", "ends with 127"),
        says=("could not be started", "failed with exit code 12", ": not started", "is not installed here"),
    ),
    3: Mode(title="it is older than what is pinned", faults=(PAST,), says=("cannot be had",)),
    4: Mode(title="it hangs, with half a report printed", faults=("hangs", "hangs and takes no hint"), says=("was stopped after", ": timed out after")),
    5: Mode(
        title="it is killed, as when memory ends", faults=("is killed", "ends with 137"),
        says=("was killed by signal 9", "failed with exit code 137", ": killed by a signal", "ended with code 137"),
    ),
    6: Mode(
        title="it ends well and prints nothing", faults=("prints nothing", "prints blanks"), says=("left no report", "does not say that it", "contradicts"),
    ),
    7: Mode(
        title="it ends well and its report is cut off", faults=("is cut off", "is cut off before its last word"),
        says=("is not one whole JSON document", "left no report", "does not say that it", "contradict each other", "gives no score"),
    ),
    8: Mode(
        title="its report has another form", faults=("changes its format", "prints a list of numbers", "prints garbage", "prints two documents"),
        says=("is not understood", "does not say that it"),
    ),
    9: Mode(title="a banner stands before its report", faults=("prints a banner first",), says=("is not one whole JSON document", "is not understood")),
    10: Mode(
        title="it ends well and looked at nothing", faults=("saw nothing",),
        says=("did not report the fault that was planted", "does not say that it", "is not understood", "left no report"),
    ),
    11: Mode(
        title="it fails without a report", faults=("crashes", "says it found something and leaves nothing"),
        says=("failed with exit code 1", "left no report", "contradict each other", "contradicts itself", "did not report the fault"),
    ),
    12: Mode(
        title="its exit code tells of findings, its report of none", faults=("says it found something and lists nothing",),
        says=("contradicts itself", "contradict each other", "is not understood", "did not report the fault", "left no report"),
    ),
    13: Mode(
        title="its exit code tells of none, its report of findings", faults=("says it found nothing and lists something",),
        says=("contradicts itself", "contradict each other"),
    ),
    14: Mode(
        title="its service cannot be reached, its database is missing or old",
        faults=("cannot reach its service", "skips what it cannot look up", OLD, MISSING),
        says=("is not understood", "failed with exit code 1", "left no report", "did not report the fault", "older than 48 h", "holds no database"),
    ),
    15: Mode(
        title="the report is of an earlier run", faults=("leaves the report of an earlier run",),
        says=("did not report the fault that was planted", "reports on something it was not given", "is not understood", "contradicts itself"),
    ),
    16: Mode(
        title="an input was left out", faults=("drops an input",),
        says=("does not say that it examined it", "cannot read it", "git counts", "does not know that system", "read none of them", "other number"),
    ),
    17: Mode(title="the repository configures it", faults=("obeys a file of the repository",), says=("failed with exit code 42",)),
    18: Mode(title="a comment in a file silences it", faults=("obeys a comment",), says=("failed with exit code 42",)),
    19: Mode(
        title="its exit code was swallowed", faults=("has its exit code swallowed",),
        says=("is not understood", "left no report", "does not say that it"),
    ),
    20: Mode(
        title="it loses a file with an unusual name", faults=("drops an input with an unusual name",),
        says=("does not say that it examined it", "cannot read it"),
    ),
    21: Mode(
        title="it follows a link out of the repository", faults=("reports on what a link leads to",),
        says=("it was not given in this run", "in no file it was given", "does not say that it examined it"),
    ),
    22: Mode(
        title="it prints a secret", faults=("shows a secret",),
        says=("failed with exit code 1", "is not understood", "left no report", "contradict each other"),
    ),
    23: Mode(
        title="it prints without an end", faults=("prints without an end", "leaves a report without an end"),
        says=("printed more than", "is larger than"),
    ),
}  # fmt: skip
EXTRA = Mode(
    title="it does not find what was planted",
    faults=("loses the planted fault",),
    says=("did not report the fault that was planted", "contradicts", "left no report"),
)


def cannot(adapter: Adapter, number: int, fault: str) -> str:
    """Why this adapter's program cannot fail in that way; empty when it can."""
    if adapter.linter:
        return _linter_cannot(adapter, number, fault)
    reasons = {
        **_by_its_reading(adapter, fault),
        PAST: "" if adapter.tool not in ("detect-secrets", "semgrep") else "it is never taken from the machine: only the locked environment is used",
        "says it found nothing and lists something": {
            "detect-secrets": "it always ends with 0, and only its report is read",
            "hadolint": "it also ends with 0 when what it found is slight, and only its report is read",
            "syft": "it always ends with 0, and only its report is read",
        }.get(adapter.tool, ""),
        "obeys a file of the repository": "" if adapter.tool in CONFIGS else "it knows no file that configures it",
        "obeys a comment": "" if adapter.tool in COMMENTS and adapter.name not in NO_TEXT else NO_TEXT.get(adapter.name, "it is given no text"),
        "reports on what a link leads to": "it reads an archive; what it finds in there is a finding" if adapter.image else "",
        "drops an input with an unusual name": "" if adapter.names else "it is given no files of the repository by their names",
        "leaves a report without an end": "" if adapter.file else "it writes no file, and what it prints is bounded alike",
        "leaves the report of an earlier run": ""
        if adapter.random
        else "what it leaves is read from its standard output, or from a file in a folder that is made for this run and was empty",
    }
    return reasons.get(fault, "")


NO_TEXT = {
    "gitleaks (commits)": "see its run over files: the option is the same",
    "detect-secrets": "its own command is not used: what is started goes through its rules without the filter for comments",
    "trivy (images)": "a package has no comments",
    "syft": "a package has no comments",
    "trivy (packages)": "a package has no comments",
    "pip-audit": "a package has no comments",
}
"""Why a comment says nothing to it."""
_NONE = "it asks no service and has no database: its rules are in the program"
_OFFLINE = {OLD: "it has no database that is kept", MISSING: "it has no database that is kept"}


def _by_its_reading(adapter: Adapter, fault: str) -> dict[str, str]:
    """What follows from where its knowledge comes from, and from how it is read."""
    asks = "" if adapter.service else "it asks no service" if adapter.database else _NONE
    reads = "" if adapter.database else "it has no database that is kept" if adapter.service else _NONE
    skips = "" if adapter.tool == "pip-audit" else "only pip-audit tells of what it skipped in its report"
    kinds = {"trufflehog": {"prints two documents": "it prints a document a line", "prints nothing": "", "prints blanks": ""}}
    return {
        "cannot reach its service": asks,
        "skips what it cannot look up": asks or skips,
        OLD: reads,
        MISSING: reads,
        **kinds.get(adapter.tool, {}),
    }


LINTER_CANNOT = {
    3: "it is the repository's own, of the version that it wants; there is no pin",
    9: "its report is lines, and a line that is none of its own is passed over",
    14: _NONE,
    15: "what it prints in this run is read; a kept report has to be younger than the commit, as all reports of builds",
    16: "its configuration may leave out files, and a note tells how many",
    17: "the repository configures its linters, in a job without secrets; a change of that is shown as hidden anew",
    18: "comments that silence it are counted in a note; new ones are shown as hidden anew",
    20: "its configuration may leave out files, and a note tells how many",
    21: "it is started in the repository itself, in a job without secrets; what it finds elsewhere is a finding",
}
"""Why a linter, which belongs to the repository, cannot fail in that way."""


def _linter_cannot(adapter: Adapter, number: int, fault: str) -> str:
    if fault in ("loses the planted fault", "leaves a report without an end"):
        return "nothing is planted in the repository itself" if fault.startswith("loses") else "it writes no file, and what it prints is bounded alike"
    if adapter.name == "pylint" and fault == "says it found nothing and lists something":
        return "with a score that its configuration is content with it ends with 0; what counts is the score and the list"
    if fault == "prints two documents":
        return "its report is lines: twice the lines are twice the findings, and never fewer"
    if adapter.name == "isort" and fault.startswith("is cut off"):
        return "it has a line for each file and none at the end: a file whose line is missing is one that was left out, and a note tells how many"
    return LINTER_CANNOT.get(number, "")


def page() -> str:
    """The table for people: each mode, for how many adapters it is tried, and why not for the others."""
    rows = ["| # | what goes wrong | tried with | not with, because |", "| --- | --- | --- | --- |"]
    for number, mode in MODES.items():
        closed = {adapter: whys for adapter in ADAPTERS if all(whys := [cannot(adapter, number, fault) for fault in mode.faults])}
        named = dict[str, list[str]]()
        for adapter, whys in closed.items():
            named.setdefault(whys[0], []).append(adapter.name)
        told = "; ".join(f"{', '.join(names).replace(', '.join(LINTERS), 'linters')}: {why}" for why, names in named.items())
        rows.append(f"| {number} | {mode.title} | {len(ADAPTERS) - len(closed)} | {told} |")
    return "\n".join(rows)
