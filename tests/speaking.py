"""Programs that speak as scanners do: each looks at what lies in its folder and reports on it in the form that the real one writes, which is found clean but
for what was planted. ``faulty.py`` is what they do when something is wrong with them.

They are programs of their own, started beside nothing but the standard library. That the real ones write this form is held by the recorded cases of the checks.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

FOUND = {
    "gitleaks": 77,
    "trufflehog": 183,
    "detect-secrets": 0,
    "bandit": 1,
    "semgrep": 1,
    "zizmor": 14,
    "hadolint": 1,
    "checkov": 1,
    "trivy": 7,
    "syft": 0,
    "pip-audit": 1,
    "uv": 1,
    "npm": 1,
    "safety": 64,
    "snyk": 1,
    "black": 1,
    "flake8": 1,
    "isort": 1,
    "mypy": 1,
    "pylint": 28,
    "ruff": 1,
}
"""How each ends when it found something."""
TO_FILE = {"gitleaks": "--report-path", "bandit": "--output", "pip-audit": "--output", "safety": "--save-json", "trivy": "--output", "syft": "--output"}
"""The option after which the file stands that it reports to."""
KEY = re.compile(r"ghp_\w{36}")
WORKFLOWS = (".yml", ".yaml")


@dataclass(kw_only=True)
class Asked:
    """A program that was started."""

    tool: str
    args: list[str]
    rules: dict[str, str] = field(default_factory=dict)
    """Name of a planted file -> the rule that finds it; ``*`` for all others."""

    def rule(self, path: str) -> str:
        return self.rules.get(Path(path).name) or self.rules.get("*", "planted")

    def option(self, name: str) -> str:
        return self.args[self.args.index(name) + 1]


@dataclass(kw_only=True)
class Spoken:
    """What it leaves."""

    report: str
    code: int
    log: str = ""


def files(*endings: str) -> list[str]:
    """What lies below the folder it runs in, as tools print it."""
    found = [f"{folder}/{name}".removeprefix("./") for folder, _, names in os.walk(".") for name in names]
    return sorted(path for path in found if path.startswith(("tree/", "canary-")) and path.endswith(endings or ("",)))


def parted(asked: Asked, paths: list[str]) -> tuple[list[str], dict[str, str]]:
    """The inputs, and the planted ones with their rules."""
    return [path for path in paths if not path.startswith("canary-")], {path: asked.rule(path) for path in paths if path.startswith("canary-")}


# --- secrets


def see_gitleaks(asked: Asked) -> tuple[list[str], dict[str, str]]:
    if asked.args[0] == "dir":
        return parted(asked, files())
    words = next(word for word in asked.args if word.startswith("--log-opts=")).removeprefix("--log-opts=").split()
    commits = subprocess.run(["git", "log", "--format=%H", *words], capture_output=True, text=True, check=True).stdout.split()
    planted = [word for word in words if re.fullmatch("[0-9a-f]{40}", word)][1]
    return [commit for commit in commits if commit != planted], {planted: asked.rule("*")}


def say_gitleaks(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    of_files = asked.args[0] == "dir"
    leaks = [{"RuleID": rule, "File": path, "Commit": path, "StartLine": 1, "EndLine": 1} for path, rule in found.items()]
    paths = [path if re.fullmatch(r"[\w./-]+", path) else json.dumps(path) for path in (*inputs, *found)]
    log = "".join(f"12:00AM TRC scanning path path={path}\n" for path in paths) if of_files else f"12:00AM INF {len(inputs) + 1} commits scanned.\n"
    return Spoken(report=json.dumps(leaks), code=FOUND["gitleaks"] if leaks else 0, log=log)


def see_trufflehog(asked: Asked) -> tuple[list[str], dict[str, str]]:
    folders = [word for word in asked.args[1:] if not word.startswith("-")]
    paths = [str(path) for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    planted = [path for path in paths if KEY.search(Path(path).read_text("utf-8", "replace"))]
    return [path for path in paths if path not in planted], dict.fromkeys(planted, "Github")


def say_trufflehog(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    def said(level: str, words: str, **more: object) -> str:
        return json.dumps({"level": level, "ts": "2026-01-31T12:00:00Z", "logger": "trufflehog", "msg": words, **more}) + "\n"

    results = [
        {"SourceMetadata": {"Data": {"Filesystem": {"file": path, "line": 1}}}, "DetectorName": rule, "Verified": False, "Raw": "key", "RawV2": ""}
        for path, rule in found.items()
    ]
    every = (*inputs, *found)
    log = (
        said("info-0", "running source")
        + "".join(said("info-3", "scanning file", path=path) for path in every)
        + said("info-0", "finished scanning", chunks=len(every))
    )
    return Spoken(report="".join(json.dumps(one) + "\n" for one in results), code=FOUND["trufflehog"] if results else 0, log=log)


def say_detect_secrets(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    results = [{"path": path, "line": 1, "type": "GitHub Token"} for path in found]
    return Spoken(report=json.dumps({"version": "1.5.0", "scanned": [*inputs, *found], "passed": {}, "unread": {}, "results": results}), code=0)


# --- code


def say_bandit(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    words = {"issue_severity": "HIGH", "issue_confidence": "HIGH", "issue_text": "a flaw", "line_number": 1, "more_info": "https://example.org"}
    results = [{"filename": path, "test_id": rule, **words} for path, rule in found.items()]
    metrics = {"_totals": {"loc": 1}, **{path: {"loc": 1} for path in (*inputs, *found)}}
    return Spoken(report=json.dumps({"errors": [], "metrics": metrics, "results": results}), code=int(bool(found)))


def say_semgrep(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    extra = {"severity": "ERROR", "message": "a flaw", "metadata": {"fix": "mend it"}}
    results = [{"check_id": f"rules.{rule}", "path": path, "start": {"line": 1}, "extra": extra} for path, rule in found.items()]
    told = {"version": "1.185.0", "results": results, "errors": [], "paths": {"scanned": [*inputs, *found]}, "skipped_rules": []}
    return Spoken(report=json.dumps(told), code=int(bool(found)))


def say_zizmor(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    def told(path: str, rule: str) -> dict[str, object]:
        symbolic = {"kind": "Primary", "key": {"Local": {"verbatim_path": path}}, "annotation": "here"}
        place = {"symbolic": symbolic, "concrete": {"location": {"start_point": {"row": 0}}, "comments": []}}
        sure = {"severity": "High", "confidence": "High"}
        return {"ident": rule, "desc": "a flaw", "url": "https://example.org", "determinations": sure, "locations": [place]}

    log = "".join(f" INFO audit: zizmor: 🌈 completed {path}\n" for path in (*inputs, *found))
    return Spoken(report=json.dumps([told(path, rule) for path, rule in found.items()]), code=FOUND["zizmor"] if found else 0, log=log)


# --- images and infrastructure; in each input a fault is planted at its end, which proves that it was read


def lines(path: str) -> int:
    return len(Path(path).read_text("utf-8").splitlines()) if Path(path).is_file() else 1


def say_hadolint(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    at = {path: (lines(path), "DL3004") for path in inputs} | {path: (1 if path in inputs else 2, rule) for path, rule in found.items()}
    report = [{"file": path, "line": line, "code": rule, "level": "error", "message": "a flaw"} for path, (line, rule) in at.items()]
    return Spoken(report=json.dumps(report), code=int(bool(report)))


def say_checkov(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    mark = next(path for path in files() if path.startswith("canary-")).partition("/")[0].removeprefix("canary-")
    at = {path: (lines(path), "CKV_AWS_24") for path in inputs} | {path: (1, rule) for path, rule in found.items()}
    failed = [
        {
            "file_path": f"/{path}",
            "resource": f"aws_security_group.prodready_canary_{mark}",
            "check_id": rule,
            "check_name": "a",
            "file_line_range": [line, line],
        }
        for path, (line, rule) in at.items()
    ]
    if not failed:
        return Spoken(report=json.dumps({"passed": 0, "failed": 0, "resource_count": 0}), code=0)
    results = {"passed_checks": [], "failed_checks": failed, "parsing_errors": []}
    return Spoken(report=json.dumps([{"check_type": "terraform", "results": results}]), code=1)


def _mark() -> str:
    """What is planted in the image: the name of its folder."""
    with tarfile.open("image.tar") as image:
        found = re.search(rb"prodready-canary-[0-9a-f]{16}", b"".join(image.extractfile(one).read() for one in image))
    return found[0].decode()


def see_syft(asked: Asked) -> tuple[list[str], dict[str, str]]:
    return ["the image"], {_mark(): "planted"}


def say_syft(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    purls = [("openssl", "pkg:deb/debian/openssl@3.0.15-1")] if inputs else []
    parts = [{"type": "library", "name": name, "purl": purl} for name, purl in (*purls, *((mark, f"pkg:pypi/{mark}@1.0") for mark in found))]
    return Spoken(report=json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {}, "components": parts}), code=0)


def see_trivy(asked: Asked) -> tuple[list[str], dict[str, str]]:
    if asked.args[0] == "config":
        return parted(asked, files(".tf"))
    if asked.args[0] == "image":
        return ["the image"], {_mark(): "CVE-2019-10906"}
    parts = [one["purl"] for one in json.loads(Path("bill.cdx.json").read_text("utf-8"))["components"]]
    return [purl for purl in parts if purl != "pkg:pypi/jinja2@2.10"], {"pkg:pypi/jinja2@2.10": "CVE-2019-10906"}


def say_trivy(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    say = {"config": _of_config, "image": _of_image, "sbom": _of_sbom}[asked.args[0]]
    results = say(inputs, found)
    return Spoken(report=json.dumps({"SchemaVersion": 2, **({"Results": results} if results else {})}), code=FOUND["trivy"] if found else 0)


def _of_config(inputs: list[str], found: dict[str, str]) -> list[object]:
    def flaw(line: int, rule: str) -> dict[str, object]:
        cause = {"StartLine": line, "EndLine": line, "Resource": "aws"}
        return {"Status": "FAIL", "CauseMetadata": cause, "ID": rule, "Title": "a flaw", "Resolution": "mend it", "Severity": "HIGH"}

    at = [(path, lines(path), "AWS-0107") for path in inputs] + [(path, 1, rule) for path, rule in found.items()]
    return [{"Target": path, "Misconfigurations": [flaw(line, rule)]} for path, line, rule in at]


def _of_image(inputs: list[str], found: dict[str, str]) -> list[object]:
    system = [{"Class": "os-pkgs", "Packages": [{"Name": "openssl", "Version": "3"}]}] if inputs else []
    known = {"InstalledVersion": "2.10", "FixedVersion": "", "Severity": "HIGH", "Title": "a flaw", "PkgName": "jinja2"}
    flaws = [{**known, "VulnerabilityID": rule, "PkgPath": f"{path}/METADATA"} for path, rule in found.items()]
    return [*system, *([{"Class": "lang-pkgs", "Packages": [{"Name": "jinja2", "Version": "2.10"}], "Vulnerabilities": flaws}] if flaws else [])]


def _of_sbom(inputs: list[str], found: dict[str, str]) -> list[object]:
    def row(purl: str, **more: str) -> dict[str, object]:
        return {"Name": purl, "PkgName": purl, "InstalledVersion": "1", "Version": "1", "Identifier": {"PURL": purl}, "PkgIdentifier": {"PURL": purl}, **more}

    known = {"FixedVersion": "", "Severity": "HIGH", "Title": "a flaw"}
    flaws = [row(purl, VulnerabilityID=rule, **known) for purl, rule in found.items()]
    return [{"Target": "bill", "Packages": [row(purl) for purl in (*inputs, *found)], "Vulnerabilities": flaws}] if inputs or found else []


# --- auditors of packages


def see_pins(asked: Asked) -> tuple[list[str], dict[str, str]]:
    """The pins in whichever file was written for it; the planted one is new in each run, or the one that everybody knows."""
    folder = Path()
    if (folder / "pins.txt").is_file():
        pins = (folder / "pins.txt").read_text("utf-8").split()
    elif (folder / "package-lock.json").is_file():
        pins = [
            f"{name.removeprefix('node_modules/')}=={one['version']}"
            for name, one in json.loads((folder / "package-lock.json").read_text())["packages"].items()
            if name
        ]
    else:
        lock = next(name for name in ("uv.lock", "poetry.lock") if (folder / name).is_file())
        pairs = re.findall(r'name = "(.+)"\nversion = "(.+)"', (folder / lock).read_text("utf-8"))
        pins = [f"{name}=={version}" for name, version in pairs if name != "pins"]
    planted = [pin for pin in pins if pin.startswith("prodready-canary-")] or [pin for pin in pins if pin in ("jinja2==2.10", "lodash==4.17.4")]
    return [pin for pin in pins if pin not in planted], dict.fromkeys(planted, "CVE-2019-1")


def _pairs(pins: list[str]) -> list[tuple[str, str]]:
    return [tuple(pin.split("==")) for pin in pins]


def say_pip_audit(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    def told(pin: str, flaws: list[str]) -> dict[str, object]:
        name, version = pin.split("==")
        return {"name": name, "version": version, "vulns": [{"id": rule, "aliases": [], "fix_versions": [], "description": ""} for rule in flaws]}

    rows = [*(told(pin, []) for pin in inputs), *(told(pin, [rule]) for pin, rule in found.items())]
    return Spoken(report=json.dumps({"dependencies": rows, "fixes": []}), code=int(bool(found)))


def say_uv(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    flaws = [
        {"dependency": {"name": name, "version": version}, "id": "CVE-2019-1", "aliases": [], "fix_versions": [], "summary": ""}
        for name, version in _pairs([*found])
    ]
    summary = {"vulnerabilities": len(flaws), "audited_packages": len(inputs) + len(found)}
    return Spoken(report=json.dumps({"schema": {"version": "preview"}, "vulnerabilities": flaws, "summary": summary}), code=int(bool(found)))


def say_npm(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    via = {"url": "https://github.com/advisories/GHSA-1", "title": "a flaw", "severity": "high", "source": 1}
    total = {"dependencies": {"total": len(inputs) + len(found)}}
    flaws = {name: {"via": [via]} for name, _ in _pairs([*found])}
    return Spoken(report=json.dumps({"auditReportVersion": 2, "vulnerabilities": flaws, "metadata": total}), code=int(bool(found)))


def say_safety(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    flaws = [
        {
            "vulnerability_id": "1",
            "package_name": name,
            "analyzed_version": version,
            "CVE": "CVE-2019-1",
            "fixed_versions": [],
            "advisory": "a",
            "severity": None,
        }
        for name, version in _pairs([*found])
    ]
    packages = {name: {"version": version} for name, version in _pairs([*inputs, *(pin for pin in found if pin not in inputs)])}
    meta = {"packages_found": len(packages), "vulnerabilities_found": len(flaws)}
    told = {"report_meta": meta, "scanned_packages": packages, "vulnerabilities": flaws, "ignored_vulnerabilities": []}
    return Spoken(report=json.dumps(told), code=FOUND["safety"] if found else 0)


def say_snyk(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    flaws = [
        {"id": "SNYK-1", "name": name, "version": version, "identifiers": {"CVE": ["CVE-2019-1"]}, "fixedIn": [], "title": "a flaw", "severity": "high"}
        for name, version in _pairs([*found])
    ]
    told = {"packageManager": "poetry", "vulnerabilities": flaws, "dependencyCount": len(inputs) + len(found), "filtered": {"ignore": []}}
    return Spoken(report=json.dumps(told), code=int(bool(found)))


# --- linters, which look at the repository itself


def see_python(asked: Asked) -> tuple[list[str], dict[str, str]]:
    return sorted(str(path) for path in Path().rglob("*.py")), {}


def say_linter(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    tool = "ruff-format" if asked.args[:1] == ["format"] else asked.tool
    every, bad = len(inputs), len(found)
    said = {
        "black": "".join(f"would reformat {path}\n" for path in found) + f"{bad} files would be reformatted, {every - bad} files would be left unchanged.\n",
        "flake8": "".join(f"{path}:1:1: F401 'os' imported but unused\n" for path in found) + f"0.1 seconds elapsed\n{every} total files processed\n",
        "isort": "".join(
            f"ERROR: {path} Imports are incorrectly sorted and/or formatted.\n" if path in found else f"SUCCESS: {path} Everything Looks Good!\n"
            for path in inputs
        ),
        "mypy": "".join(f"{path}:1: error: bad  [misc]\n" for path in found)
        + (f"Found {bad} errors in {bad} files (checked {every} source files)\n" if bad else f"Success: no issues found in {every} source files\n"),
        "pylint": "".join(f"{path}:1:0: C0114: Missing docstring (missing-docstring)\n" for path in found)
        + f"+-------+------+\n|module |{every} |\n+-------+------+\n\nYour code has been rated at 10.00/10\n",
        "ruff": "".join(f"{path}:1:1: F401 `os` imported but unused\n" for path in found) + f"Checked {every} files in: 1ms\n",
        "ruff-format": "".join(f"{path}:1:1: unformatted: File would be reformatted\n" for path in found)
        + f"{bad} files would be reformatted, {every - bad} files already formatted\n",
    }[tool]
    return Spoken(report=said, code=FOUND[asked.tool] if found else 0)


SEE = {
    "gitleaks": see_gitleaks,
    "trufflehog": see_trufflehog,
    "trivy": see_trivy,
    "syft": see_syft,
    **dict.fromkeys(("pip-audit", "uv", "npm", "safety", "snyk"), see_pins),
    **dict.fromkeys(("black", "flake8", "isort", "mypy", "pylint", "ruff"), see_python),
}
"""What each looks at; all others at what lies in their folder."""
SAY = {
    "gitleaks": say_gitleaks,
    "trufflehog": say_trufflehog,
    "detect-secrets": say_detect_secrets,
    "bandit": say_bandit,
    "semgrep": say_semgrep,
    "zizmor": say_zizmor,
    "hadolint": say_hadolint,
    "checkov": say_checkov,
    "trivy": say_trivy,
    "syft": say_syft,
    "pip-audit": say_pip_audit,
    "uv": say_uv,
    "npm": say_npm,
    "safety": say_safety,
    "snyk": say_snyk,
    **dict.fromkeys(("black", "flake8", "isort", "mypy", "pylint", "ruff"), say_linter),
}
ENDINGS = {"bandit": (".py",), "zizmor": WORKFLOWS, "hadolint": ("Dockerfile",), "checkov": (".tf",)}


def see(asked: Asked) -> tuple[list[str], dict[str, str]]:
    """What it looks at: the inputs, and what is planted among them with the rule that finds it."""
    return SEE[asked.tool](asked) if asked.tool in SEE else parted(asked, files(*ENDINGS.get(asked.tool, ())))


def say(asked: Asked, inputs: list[str], found: dict[str, str]) -> Spoken:
    """What it leaves when it has examined these inputs, and found that."""
    return SAY[asked.tool](asked, inputs, found)
