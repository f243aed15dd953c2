"""Whatever makes a scanner look away: the files that each tool reads by itself, and the words in a line that silence it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache

from msgspec import Struct
from pathspec import GitIgnoreSpec

SHARED = ("pyproject.toml", "setup.cfg", "tox.ini")
"""Files of many tools, in which each has a section."""


class Silencer(Struct, frozen=True, kw_only=True):
    """How one tool can be made to look away."""

    tool: str
    """As reports name it, in lower case."""
    files: tuple[str, ...] = ()
    """Its own files (gitignore syntax)."""
    marker: str = ""
    """A regular expression for the words inside a line."""

    def names(self, path: str) -> bool:
        """Whether the file is one of the tool's own."""
        return bool(self.files) and _spec(self.files).match_file(path)

    def section(self, path: str, text: str) -> str:
        """What a shared file says to this tool; of its own file, everything."""
        if path.rpartition("/")[2] not in SHARED:
            return text
        if path.endswith(".toml"):
            return _of_toml(text, self.tool)
        return "\n".join(block for block in re.split(r"(?m)^(?=\[)", text) if self.tool in block.partition("]")[0].lower())


@cache
def _spec(files: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(files)


def _of_toml(text: str, tool: str) -> str:
    try:
        return repr(tomllib.loads(text).get("tool", {}).get(tool, ""))
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return text


SILENCERS = (
    Silencer(tool="bandit", files=(".bandit", *SHARED), marker=r"#\s*nosec\b"),
    Silencer(tool="checkov", files=(".checkov.yaml", ".checkov.yml", ".checkov.baseline"), marker=r"checkov:skip|checkov\.io/skip"),
    Silencer(tool="pylint", files=(".pylintrc", "pylintrc", "pylintrc.toml", *SHARED), marker=r"#\s*pylint:\s*(?:disable|skip)"),
    Silencer(tool="mypy", files=("mypy.ini", ".mypy.ini", *SHARED), marker=r"#\s*type:\s*ignore|#\s*mypy:"),
    Silencer(
        tool="pytest",
        files=("conftest.py", "pytest.ini", ".pytest.ini", *SHARED),
        marker=r"mark\.(?:skip|xfail)|pytest\.(?:skip|xfail)\(|\.skip(?:Test|If)?\(",
    ),
    Silencer(tool="coverage", files=(".coveragerc", *SHARED), marker=r"#\s*pragma:\s*no\s*(?:cover|branch)"),
    Silencer(tool="detect-secrets", files=(".secrets.baseline",), marker=r"pragma:\s*(?:allow|white)list"),
    Silencer(tool="gitleaks", files=(".gitleaks.toml", ".gitleaksignore", ".gitleaksbaseline"), marker=r"gitleaks:allow"),
    Silencer(tool="trufflehog", marker=r"trufflehog:ignore"),
    Silencer(tool="trivy", files=(".trivyignore", ".trivyignore.yaml", "trivy.yaml", "trivy-secret.yaml", ".vex/**"), marker=r"trivy:ignore"),
    Silencer(tool="grype", files=(".grype.yaml", ".grype/**", ".vex/**")),
    Silencer(tool="semgrep", files=(".semgrepignore", ".semgrep.yml", ".semgrep/**"), marker=r"\bnosem(?:grep)?\b"),
    Silencer(tool="ruff", files=("ruff.toml", ".ruff.toml", *SHARED), marker=r"#\s*(?:ruff|flake8)?:?\s*noqa\b"),
    Silencer(tool="flake8", files=(".flake8", *SHARED), marker=r"#\s*(?:flake8:?)?\s*noqa\b"),
    Silencer(tool="hadolint", files=(".hadolint.yaml", ".hadolint.yml"), marker=r"hadolint\s+(?:global\s+)?(?:ignore|shell)\s*=|shellcheck\s+disable"),
    Silencer(tool="shellcheck", files=(".shellcheckrc",), marker=r"shellcheck\s+disable"),
    Silencer(tool="kube-linter", files=(".kube-linter.yaml", ".kube-linter.yml"), marker=r"ignore-check\.kube-linter\.io/"),
    Silencer(tool="tfsec", files=(".tfsec.yml", ".tfsec.yaml", ".tfsec/**"), marker=r"tfsec:ignore"),
    Silencer(tool="safety", files=(".safety-policy.yml", ".safety-policy.yaml")),
    Silencer(tool="osv-scanner", files=("osv-scanner.toml",)),
    Silencer(tool="pip-audit", marker=r"--ignore-vuln"),
    Silencer(tool="zizmor", files=("zizmor.yml", "zizmor.yaml"), marker=r"zizmor:\s*ignore"),
    Silencer(tool="actionlint", files=("actionlint.yaml", "actionlint.yml"), marker=r"actionlint[^\n]*-ignore"),
    Silencer(tool="eslint", files=(".eslintignore", "eslint.config.*", ".eslintrc*"), marker=r"eslint-disable"),
    Silencer(tool="golangci-lint", files=(".golangci.*",), marker=r"//\s*nolint"),
    Silencer(tool="gosec", marker=r"#nosec\b"),
    Silencer(tool="codeql", files=("codeql-config.yml",), marker=r"\blgtm\b|codeql\["),
    Silencer(tool="sonarqube", files=("sonar-project.properties",), marker=r"\bNOSONAR\b"),
)
"""Every tool whose word a checklist may rest on, ours and those whose reports are read."""
OF_ALL = (".gitignore", ".dockerignore", ".gitattributes")
"""Files that take other files out of sight, of people and of tools."""
ALL = tuple(dict.fromkeys((*(file for one in SILENCERS for file in one.files), *OF_ALL)))
MARKER = re.compile("|".join(one.marker for one in SILENCERS if one.marker), re.IGNORECASE)
"""The words of any tool."""


def speaking(words: str) -> tuple[Silencer, ...]:
    """The tools that these words name: ``Semgrep OSS 1.9`` or ``python -m pytest``."""
    lower = words.lower()
    return tuple(one for one in SILENCERS if re.search(rf"(?<![a-z0-9-]){re.escape(one.tool)}(?![a-z0-9])", lower))


def of(names: Iterable[str]) -> tuple[Silencer, ...]:
    """The tools of these names."""
    wanted = frozenset(names)
    return tuple(one for one in SILENCERS if one.tool in wanted)
