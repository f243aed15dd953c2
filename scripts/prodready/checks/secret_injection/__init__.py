r"""Secrets are given to a service when it starts, never when it is built: none is in a Dockerfile, a compose file, a manifest or a workflow.

`ARG` and `ENV` of an image stay in its history for whoever can pull it, a build argument too; a literal beside a name such as BROKER_PASSWORD in compose,
Kubernetes or a workflow is a password in the repository. What is a reference (`${BROKER_PASSWORD}`, `secretKeyRef`, `${{ secrets.X }}` as an `env:` of a
step, /run/secrets/…, `RUN --mount=type=secret`, an encrypted SealedSecret) is none.

    - id: secrets.runtime-only
      title: Secrets are injected when the service starts
      check: secret_injection
      expect: no findings >= medium
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from prodready import yamltext
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted
from prodready.readers import dockerfile
from prodready.readers.structured import Unreadable
from prodready.tools.scan import nothing
from prodready.yamltext import Document, Path

NAME = re.compile(
    r"(?i)^(?!.*(?:_|-)?(?:file|path|dir|url|uri|name|ttl|expir\w*|length|header|type|arn|alg\w*|field|ref|policy|mount|store|timeout|lifetime|enabled)$)"
    r".*(?:secret|token|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key|credential|access[_-]?key|(?:^|_)pwd$|(?:^|_)pass$)"
)
"""Names that promise a secret, and not the place, the kind or the age of one."""
REFERENCE = re.compile(r"^\s*$|\$\{|\$\(|\$\w|\{\{|<[\w-]+>|^/(?:run|var|etc|mnt|secrets?)/|^(?:true|false|null|none|changeme)$", re.IGNORECASE)
BUILD_ARG = re.compile(r"--build-arg[= ]['\"]?(?P<name>\w+)")
ENCRYPTED = frozenset(("SealedSecret", "ExternalSecret", "ClusterExternalSecret", "SopsSecret"))


class Params(Struct, frozen=True, kw_only=True):
    """Which files are read."""

    dockerfiles: tuple[str, ...] = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile")
    """gitignore patterns of Dockerfiles."""
    manifests: tuple[str, ...] = ("*.yml", "*.yaml")
    """gitignore patterns of compose files, Kubernetes manifests and workflows: what each is, its content tells."""


def observe(ctx: Context, params: Params) -> Found:
    """Reads all of them; what cannot be read is a gap."""
    examined, findings, gaps = 0, list[Finding](), list[str]()
    images = ctx.repo.files(*params.dockerfiles)
    for path in (*images, *(path for path in ctx.repo.files(*params.manifests) if path not in images)):
        try:
            text = ctx.repo.text(path)
            found = _dockerfile(text, path) if path in images else _yaml(text, path)
        except (CannotTell, Unreadable, yamltext.YamlError) as unable:
            gaps += [str(unable)] if path in images or "secret" in str(unable).lower() or _matters(path) else []
            continue
        if found is not None:
            examined += 1
            findings += found
    if not examined and not gaps:
        return nothing("Dockerfiles, compose files, manifests or workflows", (*params.dockerfiles, *params.manifests))
    evidence = Evidence(source=f"{counted(examined, 'file')} of builds and deployments")
    return Found(examined=examined, evidence=evidence, findings=tuple(findings), gaps=tuple(gaps))


def _matters(path: str) -> bool:
    """Whether a YAML file that cannot be read would have been one of ours; templates of charts are none."""
    return path.startswith(".github/workflows/") or "compose" in path.rpartition("/")[2]


def _dockerfile(text: str, path: str) -> list[Finding]:
    findings = []
    for found in dockerfile.instructions(text, name=path):
        if found.name in ("ARG", "ENV"):
            findings += [_stays(path, found.line, found.name, name) for name, value in _pairs(found.name, found.arguments) if _tells(found.name, name, value)]
    return findings


def _pairs(instruction: str, arguments: str) -> Iterator[tuple[str, str]]:
    """The names and values that an instruction sets."""
    if instruction == "ENV" and "=" not in arguments.split(maxsplit=1)[0]:
        name, _, value = arguments.partition(" ")
        yield name, value
        return
    for match in re.finditer(r"(?P<name>[\w.-]+)(?:=(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|\S*))?", arguments):
        yield match["name"], (match["value"] or "").strip("\"'")


def _tells(instruction: str, name: str, value: str) -> bool:
    """An ARG is filled by whoever builds, so its name is enough; an ENV that is empty or takes another variable is not."""
    return bool(NAME.match(name)) and (instruction == "ARG" or (bool(value) and not REFERENCE.search(value)) or value.startswith("$"))


def _yaml(text: str, path: str) -> list[Finding] | None:
    documents = yamltext.read_all(text, name=path, tagged=True)
    kinds = [_kind(document.data, path) for document in documents]
    if not any(kinds):
        return None
    return [finding for document, kind in zip(documents, kinds, strict=True) if kind for finding in _literals(document, kind, path)]


def _kind(data: Any, path: str) -> str:
    if not isinstance(data, dict):
        return ""
    if path.startswith(".github/workflows/") and "jobs" in data:
        return "workflow"
    if isinstance(data.get("services"), dict) and any(isinstance(one, dict) and {"image", "build"} & set(one) for one in data["services"].values()):
        return "compose file"
    return "manifest" if isinstance(data.get("kind"), str) and "apiVersion" in data and data["kind"] not in ENCRYPTED else ""


def _literals(document: Document, kind: str, path: str) -> Iterator[Finding]:
    if kind == "manifest" and document.data["kind"] == "Secret":
        yield from _secret(document, path)
        return
    for place, name, value in _settings(document.data, ()):
        line = document.line(place)
        if "build" in place and NAME.match(name):
            yield _stays(path, line, "a build argument", name)
        elif NAME.match(name) and isinstance(value, str | int) and not isinstance(value, bool) and not REFERENCE.search(str(value)):
            yield _literal(path, line, kind, name)
    for place, text in _texts(document.data, ()):
        for match in BUILD_ARG.finditer(text):
            if NAME.match(match["name"]):
                yield _stays(path, document.line(place), "a build argument", match["name"])


def _secret(document: Document, path: str) -> Iterator[Finding]:
    for key in ("data", "stringData"):
        values = document.data.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            if value and not REFERENCE.search(str(value)):
                yield _literal(path, document.line((key, name)), "Secret", str(name))


def _settings(data: Any, place: Path) -> Iterator[tuple[Path, str, object]]:
    """Name and value of everything that is set: in maps, in lists of `NAME=value`, in lists of names and values."""
    if isinstance(data, list):
        for number, value in enumerate(data):
            yield from _settings(value, (*place, number))
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in ("environment", "env", "args", "with"):
                yield from _set(value, (*place, key))
            yield from _settings(value, (*place, key))


def _set(scope: Any, place: Path) -> Iterator[tuple[Path, str, object]]:
    if isinstance(scope, dict):
        yield from (((*place, key), str(key), value) for key, value in scope.items())
    for number, one in enumerate(scope if isinstance(scope, list) else ()):
        if isinstance(one, str) and "=" in one:
            name, _, value = one.partition("=")
            yield (*place, number), name.lstrip("-"), value
        elif isinstance(one, dict) and isinstance(one.get("name"), str):
            yield (*place, number), one["name"], one.get("value", "")


def _texts(data: Any, place: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            below = (*place, key)
            if key == "build-args" and isinstance(value, str):
                yield below, "".join(f"--build-arg {line} " for line in value.splitlines())
            yield from _texts(value, below)
    elif isinstance(data, str):
        yield place, data


def _stays(path: str, line: int, how: str, name: str) -> Finding:
    return Finding(
        rule="build-time-secret",
        message=f"{how} {name} gives a secret to the build, and it stays in the image for everyone who can pull it",
        severity=Severity.HIGH,
        path=path,
        line=line,
        anchor=name,
        fix=f"give it to the one step that needs it with 'RUN --mount=type=secret,id={name.lower()}', or to the container when it starts",
    )


def _literal(path: str, line: int, kind: str, name: str) -> Finding:
    return Finding(
        rule="literal-secret",
        message=f"the {kind} sets {name} to a value that stands in the file",
        severity=Severity.HIGH,
        path=path,
        line=line,
        anchor=name,
        fix="take it from where the service runs: ${NAME} or a `secrets:` entry in compose, secretKeyRef in Kubernetes, ${{ secrets.NAME }} in a workflow",
    )


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="secrets")
