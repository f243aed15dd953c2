"""Reads the Terraform of a repository, and proves that every block that can carry a policy was seen."""

from __future__ import annotations

import posixpath
import re

from prodready.check import CannotTell
from prodready.checks.iam_wildcards import terraform, terraform_resources
from prodready.checks.iam_wildcards.documents import Reading
from prodready.context import Repo
from prodready.model import Finding, Severity
from prodready.readers.structured import Unreadable
from prodready.terraform import blocks, json_blocks
from prodready.terraform.blocks import source
from prodready.terraform.hcl_syntax import Block, HclError
from prodready.terraform.modules import Folder, Module, Modules

PATTERNS = ("*.tf", "*.tf.json", "*.tofu", "terraform.tfvars", "*.auto.tfvars")
_HEADER = re.compile(
    r'^[ \t]*(?:resource[ \t]+"?((?:aws_iam|aws_organizations_policy|google_\w*iam|azurerm_role|kubernetes_\w*role)[\w-]*)"?'
    r'|data[ \t]+"?(aws_iam_policy_document)"?)[ \t]+"?([\w-]+)"?[ \t]*\{',
    re.MULTILINE,
)
_HIDDEN = re.compile(r"/\*.*?\*/|<<-?([\w-]+)[ \t\r]*\n.*?^[ \t]*\1[ \t\r]*$", re.DOTALL | re.MULTILINE)


def read(repo: Repo, paths: tuple[str, ...], reading: Reading) -> None:
    """The policies of all Terraform files, module by module."""
    folders: dict[str, Folder] = {}
    for path in paths:
        folder = folders.setdefault(posixpath.dirname(path) or ".", Folder(posixpath.dirname(path) or "."))
        try:
            _file(repo.text(path, limit=4_000_000), path, folder, reading)
        except CannotTell as error:
            reading.out.gaps[error.reason] = None
    modules = Modules(repo, folders)
    roots = [Module(modules, folder) for folder in folders.values()]
    _judge([root for root in roots if not _is_called(root, roots, modules)], modules, reading)
    _judge([root for root in roots if _is_called(root, roots, modules) and root.folder.path not in modules.called], modules, reading)


def _is_called(module: Module, modules: list[Module], known: Modules) -> bool:
    """Whether another folder calls this one: then it is judged with the values it is given there."""
    return any(
        known.target(other.folder.path, source(block)) == module.folder.path
        for other in modules if other is not module for block in other.folder.blocks if block.type == "module"
    )  # fmt: skip


def _judge(modules: list[Module], known: Modules, reading: Reading) -> None:
    stack = list(modules)
    while stack:
        module = stack.pop()
        resources = list(terraform.resources(module))
        policies = terraform_resources.policies(resources, reading.out)
        others = sum(not resource.kind.startswith("aws_") for resource in resources)
        reading.take(policies, others=others)
        stack += [child for block in module.folder.blocks if block.type == "module" and block.labels and (child := module.child(block.labels[0]))]


def _file(text: str, path: str, folder: Folder, reading: Reading) -> None:
    try:
        if path.endswith(".tfvars"):
            folder.values |= blocks.values(text)
        elif path.endswith(".tf.json"):
            folder.blocks += json_blocks.parse(text, path)
        else:
            parsed = blocks.parse(text, path)
            folder.blocks += parsed
            _prove(text, path, parsed, reading)
    except (HclError, Unreadable) as error:
        line = getattr(error, "line", None) or next((int(found) for found in re.findall(r":(\d+): ", str(error))), 1)
        reading.examined += 1
        reading.out.add(
            Finding(
                rule="IAM-UNREADABLE", message=f"the file cannot be read as Terraform: {error}", severity=Severity.MEDIUM, path=path, line=line,
                fix="correct the file (terraform fmt names the place); until then nothing can be said about what it grants",
            )
        )  # fmt: skip


def _prove(text: str, path: str, parsed: list[Block], reading: Reading) -> None:
    """A second look that knows nothing of the grammar must see the same blocks."""
    seen = [(block.labels[0], block.labels[1]) for block in parsed if block.type in ("resource", "data") and len(block.labels) == 2]
    bare = _HIDDEN.sub(lambda match: "\n" * match[0].count("\n"), text)
    for match in _HEADER.finditer(bare):
        if (match[1] or match[2], match[3]) not in seen:
            reading.out.gaps[f"{path}:{bare.count(chr(10), 0, match.start()) + 1}: UNRESOLVED a block {match[1] or match[2]} that the reader did not see"] = (
                None
            )
