"""Finds the policies of a repository: which files may hold some, what each file is, and its policies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct, field

from prodready.check import CannotTell
from prodready.checks.iam_wildcards import bindings, cloudformation, rbac, snapshots, statements, terraform_resources
from prodready.checks.iam_wildcards.policy import Kind, Policy
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.context import Repo
from prodready.model import Finding, Severity
from prodready.readers.located import MAX_BYTES, At, Plain, read_json, read_yaml
from prodready.readers.structured import Unreadable
from prodready.terraform import plans

PATTERNS = ("*.json", "*.yml", "*.yaml", "*.template")
_OTHERS = ("rbac.authorization", "bindings", "ncludedPermissions", "ssignableScopes", "roleAssignments")
"""Words of platforms other than AWS."""
WORDS = ("tatement", "anagedPolic", "AWS::", *_OTHERS, "resource_changes", "planned_values", "aws_iam", "PolicyDocument")
_ESCAPE = re.compile(r"\\[uUx][0-9A-Fa-f]")
"""A letter written as its number: any of the words may hide behind one."""
_ESCAPES = re.compile(r"\\(?:u|x|U0000)(00[0-9A-Fa-f]{2}|(?<=x)[0-9A-Fa-f]{2})")
_SURE = re.compile(r"PolicyDocument|AWS::|rbac\.authorization\.k8s\.io|Statement(?=.{0,400}Effect)", re.DOTALL)
_CEILING = re.compile(r"(?:^|[/_.-])(?:scps?|rcps?|service[-_]control[-_]polic(?:y|ies)|resource[-_]control[-_]polic(?:y|ies))(?:[/_.-]|$)", re.IGNORECASE)
_BOUNDARY = re.compile(r"(?:^|[/_.-])(?:permissions?[-_]?)?boundar(?:y|ies)(?:[/_.-]|$)", re.IGNORECASE)
_INSIDE = re.compile('"statement"', re.IGNORECASE)
MAX_DEPTH = 60


class Reading(Struct):
    """What the files hold so far."""

    out: Verdicts
    judge: Callable[[list[Policy]], None]
    """Judges the documents of one file or module, which are then forgotten: memory does not grow with their number."""
    kinds: Counter[str] = field(default_factory=Counter)
    statements: int = 0
    examined: int = 0

    def take(self, policies: list[Policy], *, others: int = 0) -> None:
        """Adds the documents of one file, and how many roles and bindings of other kinds it held."""
        self.examined += len(policies) + others
        self.statements += sum(len(policy.statements) for policy in policies)
        for policy in policies:
            self.kinds[policy.kind.value] += 1
        if policies:
            self.judge(policies)


def read(repo: Repo, paths: tuple[str, ...], reading: Reading) -> None:
    """The policies of JSON and YAML files."""
    for path in paths:
        try:
            text = repo.text(path, limit=MAX_BYTES)
        except CannotTell as error:
            reading.out.gaps[error.reason] = None
            continue
        if _ESCAPE.search(text) or any(word in text for word in WORDS):
            _file(path, text, reading)


def _file(path: str, text: str, reading: Reading) -> None:
    try:
        found = _read(path, text)
    except Unreadable as error:
        _unreadable(path, text, str(error), reading)
        return
    others = bool(_ESCAPE.search(text)) or any(word in text for word in _OTHERS)
    for document in found:
        _document(document, reading, others=others)


def _read(path: str, text: str) -> list[Plain]:
    """The documents of a file: JSON, or YAML, which may look like JSON at its beginning. Raises Unreadable."""
    yaml = path.endswith((".yml", ".yaml"))
    if not yaml or text.lstrip()[:1] in ("{", "["):
        try:
            return [read_json(text, path)]
        except Unreadable:
            if not yaml and (path.endswith(".json") or text.lstrip()[:1] in ("{", "[")):
                raise
    return read_yaml(text, path)


def _unreadable(path: str, text: str, why: str, reading: Reading) -> None:
    if not _SURE.search(_ESCAPES.sub(lambda match: chr(int(match[1], 16)), text)):
        return
    if "{{" in text:
        reading.out.gaps[f"{path}:1: UNRESOLVED template: render it and gate the result"] = None
        return
    line = re.search(r":(\d+): ", why)
    reading.examined += 1
    reading.out.add(
        Finding(
            rule="IAM-UNREADABLE", message=f"a file that speaks of permissions cannot be read: {why}", severity=Severity.MEDIUM, path=path,
            line=int(line[1]) if line else 1, fix="correct the file; until then nothing can be said about what it grants",
        )
    )  # fmt: skip


def _document(document: Plain, reading: Reading, *, others: bool) -> None:
    data = document.data
    if isinstance(data, dict):
        if plans.is_plan(data):
            reading.take(terraform_resources.policies(list(plans.resources(document)), reading.out))
            return
        if cloudformation.is_template(data) or cloudformation.is_serverless(data):
            reading.take(cloudformation.read(document, reading.out))
            return
        if snapshots.is_snapshot(data):
            reading.take(snapshots.read(document))
            return
    count = rbac.read(document, reading.out) + bindings.read(document, reading.out) if others else 0
    reading.take([_assume(policy) for policy in embedded(document)], others=count)


def _assume(policy: Policy) -> Policy:
    if policy.kind is not Kind.IDENTITY:
        return policy
    if _CEILING.search(policy.path):
        return policy.of(Kind.CEILING, assumed=f"its path is {policy.path}")
    if _BOUNDARY.search(policy.path):
        return policy.of(Kind.BOUNDARY, assumed=f"its path is {policy.path}")
    return policy


def embedded(document: Plain) -> Iterator[Policy]:
    """Every policy document anywhere in a document, also as JSON inside a text."""
    stack: list[tuple[At, object]] = [((), document.data)]
    while stack:
        at, value = stack.pop()
        if isinstance(value, str):
            yield from _inside(value, at, document)
        elif statements.looks_like(value):
            yield statements.read(value, at, document)
        elif isinstance(value, dict) and len(at) < MAX_DEPTH:
            stack += [((*at, str(key)), member) for key, member in value.items() if _may_hold(member)]
        elif isinstance(value, list) and len(at) < MAX_DEPTH:
            stack += [((*at, index), member) for index, member in enumerate(value) if _may_hold(member)]


def _may_hold(value: object) -> bool:
    return isinstance(value, (dict, list)) or (isinstance(value, str) and bool(_INSIDE.search(value)))


def _inside(text: str, at: At, document: Plain) -> Iterator[Policy]:
    try:
        inner = read_json(text, document.path)
    except Unreadable:
        return
    if statements.looks_like(inner.data):
        yield statements.read(inner.data, (), Plain(path=document.path, data=inner.data, known={(): document.line(at, text) or 1}))
