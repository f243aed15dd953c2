"""Terraform modules: what every name in a folder stands for, variables, locals, data and calls of local modules among them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.terraform import bodies, marks
from prodready.terraform.documents import document
from prodready.terraform.hcl_functions import Encoded
from prodready.terraform.hcl_syntax import Block
from prodready.terraform.hcl_values import Evaluator
from prodready.terraform.known import Unknown

MAX_CALLS = 300


@dataclass(slots=True)
class Folder:
    """The blocks of one folder."""

    path: str
    blocks: list[Block] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    """Trees of ``terraform.tfvars`` and ``*.auto.tfvars``."""


@dataclass(slots=True)
class Modules:
    """All folders of a repository, by path."""

    repo: Repo
    folders: Mapping[str, Folder]
    calls: int = 0
    called: set[str] = field(default_factory=set)

    def target(self, caller: str, source: Any) -> str:
        """The folder that a module call names; empty when it is not in the repository."""
        if not isinstance(source, str) or not source.startswith("."):
            return ""
        found = posixpath.normpath(posixpath.join(caller, source))
        return found if found in self.folders else ""


class Module:
    """One folder with the values its variables have: a world for its expressions."""

    def __init__(self, modules: Modules, folder: Folder, given: Mapping[str, Any] | None = None, depth: int = 0) -> None:
        self.modules, self.folder, self.depth = modules, folder, depth
        self.given = given
        self.evaluator = Evaluator(self)
        self.busy: set[tuple[str, ...]] = set()
        self.memo: dict[tuple[str, ...], Any] = {}
        self.used: set[int] = set()
        self.index: dict[tuple[str, ...], Block] = {}
        self.locals: dict[str, Any] = {}
        self.children: dict[str, Module] = {}
        for block in folder.blocks:
            if block.type == "locals":
                self.locals |= {name: tree for name, (tree, _) in block.body.attributes.items()}
            else:
                self.index.setdefault((block.type, *block.labels), block)

    def name(self, steps: tuple[str, ...]) -> Any:
        """The value of a name; looked up once, and Unknown where it depends on itself."""
        if steps in self.memo:
            return self.memo[steps]
        if steps in self.busy:
            return Unknown(".".join(steps))
        self.busy.add(steps)
        try:
            found = self.memo[steps] = self.lookup(steps)
        finally:
            self.busy.discard(steps)
        return found

    def lookup(self, steps: tuple[str, ...]) -> Any:
        root = steps[0]
        if root == "var" and len(steps) > 1:
            return self.below(self.variable(steps[1]), steps[2:])
        if root == "local" and len(steps) > 1:
            tree = self.locals.get(steps[1])
            return self.below(self.evaluator.value(tree, {}), steps[2:]) if tree is not None else Unknown(".".join(steps))
        if root == "module" and len(steps) > 2:
            return self.output(steps)
        if root == "data" and len(steps) > 2:
            return self.data(steps)
        if root in ("path", "terraform"):
            return (
                {"module": self.folder.path, "root": self.folder.path, "cwd": "."}.get(steps[-1], marks.reference(".".join(steps)))
                if root == "path"
                else marks.reference(".".join(steps))
            )
        if root in ("each", "count", "self", "var", "local", "module", "data") or len(steps) < 2:
            return Unknown(".".join(steps))
        return self.attribute(steps)

    def below(self, found: Any, steps: tuple[str, ...]) -> Any:
        from prodready.terraform.hcl_values import _member

        for step in steps:
            found = _member(found, step)
        return found

    def variable(self, name: str) -> Any:
        if self.given is not None and name in self.given:
            return self.given[name]
        if self.given is None and name in self.folder.values:
            return self.evaluator.value(self.folder.values[name], {})
        block = self.index.get(("variable", name))
        if block is None or "default" not in block.body.attributes:
            return Unknown(f"var.{name}")
        return self.evaluator.value(block.body.attributes["default"][0], {})

    def output(self, steps: tuple[str, ...]) -> Any:
        child = self.child(steps[1])
        block = child.index.get(("output", steps[2])) if child else None
        if child is None or block is None or "value" not in block.body.attributes:
            return Unknown(".".join(steps))
        return self.below(child.evaluator.value(block.body.attributes["value"][0], {}), steps[3:])

    def child(self, name: str) -> Module | None:
        """The module that a call stands for, when it is a folder of the repository."""
        if name in self.children:
            return self.children[name]
        block = self.index.get(("module", name))
        source = self.evaluator.value(block.body.attributes["source"][0], {}) if block and "source" in block.body.attributes else None
        target = self.modules.target(self.folder.path, source)
        if block is None or not target or self.depth > 8 or self.modules.calls >= MAX_CALLS:
            return None
        self.modules.calls += 1
        each = {} if not {"for_each", "count"} & block.body.attributes.keys() else {"each": Unknown("each"), "count": Unknown("count")}
        given = {
            key: self.evaluator.value(tree, each)
            for key, (tree, _) in block.body.attributes.items()
            if key not in ("source", "version", "count", "for_each", "providers", "depends_on")
        }
        self.children[name] = Module(self.modules, self.modules.folders[target], given, self.depth + 1)
        self.modules.called.add(target)
        return self.children[name]

    def data(self, steps: tuple[str, ...]) -> Any:
        kind, name, rest = steps[1], steps[2], steps[3:]
        block = self.index.get(("data", kind, name))
        if kind == "aws_iam_policy_document" and block and rest[:1] in (("json",), ("minified_json",)):
            self.used.add(id(block))
            return self.encoded(block)
        if kind == "aws_partition" and rest[:1] == ("partition",):
            return "aws"
        if kind == "aws_iam_policy" and block:
            attributes = {key: self.evaluator.value(tree, {}) for key, (tree, _) in block.body.attributes.items()}
            return attributes.get("arn") or (
                f"arn:aws:iam::aws:policy/{attributes['name']}" if isinstance(attributes.get("name"), str) else Unknown(".".join(steps))
            )
        if (
            kind
            in (
                "external",
                "http",
                "terraform_remote_state",
                "template_file",
                "aws_ssm_parameter",
                "local_file",
                "aws_secretsmanager_secret_version",
                "vault_generic_secret",
            )
            or not rest
        ):
            return Unknown(".".join(steps))
        return marks.reference(".".join(steps))

    def encoded(self, block: Block) -> Any:
        key = ("encoded", str(id(block)))
        if key in self.busy:
            return Unknown(".".join(block.labels))
        if key not in self.memo:
            self.busy.add(key)
            each = bodies.first_each(self.evaluator, block)
            self.memo[key] = Encoded(document(bodies.read(self.evaluator, block.body, each, block), block.line), block.line)
            self.memo[key].path = block.path
            self.busy.discard(key)
        return self.memo[key]

    def attribute(self, steps: tuple[str, ...]) -> Any:
        """An attribute of a resource: what the file sets where that is a document, else a reference to it."""
        block = self.index.get(("resource", *steps[:2]))
        if block and len(steps) > 2 and steps[2] in ("policy", "json", "assume_role_policy", "content") and steps[2] in block.body.attributes:
            return self.evaluator.value(block.body.attributes[steps[2]][0], bodies.first_each(self.evaluator, block))
        return marks.reference(".".join(steps))

    def read(self, path: str) -> Any:
        if marks.is_unknown(path) or marks.referred(path):
            return Unknown(f"file({marks.shown(path)})")
        inside = path if path.startswith(f"{self.folder.path}/") else posixpath.join(self.folder.path, path)
        try:
            return self.modules.repo.text(posixpath.normpath(inside), limit=2_000_000)
        except (CannotTell, ValueError):
            return Unknown(f"file({path})")
