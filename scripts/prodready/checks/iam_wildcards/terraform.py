"""Terraform: which blocks of a module can carry a policy, and their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.terraform import bodies
from prodready.terraform.hcl_syntax import Block
from prodready.terraform.modules import Module
from prodready.terraform.resource import Resource

KINDS = re.compile(
    r"^(?:aws_.*(?:polic|iam|permission|kms_key|role|access|domain|endpoint|repository|queue|topic|bucket|vault|secret|function_url).*"
    r"|google_.*iam.*|azurerm_role_.*|kubernetes_.*(?:role|manifest).*)$"
)
_CARRIES = re.compile(r"^(?:policy|content|assume_role_policy|inline_policy|access_polic(?:y|ies)|resource_policy|managed_policy_arns|permissions_boundary)$")


def resources(module: Module) -> Iterator[Resource]:
    """Every resource that can carry a policy, with its values."""
    kept = [block for block in module.folder.blocks if block.type == "resource" and len(block.labels) == 2 and _matters(block)]
    for block in kept:
        for each in bodies.instances(module.evaluator, block):
            yield Resource(
                kind=block.labels[0],
                name=".".join(block.labels),
                body=bodies.read(module.evaluator, block.body, each, block),
                path=block.path,
                line=block.line,
                planned=False,
            )
    yield from _calls(module)
    for block in module.folder.blocks:
        if (
            block.type == "data"
            and len(block.labels) == 2
            and block.labels[0] in ("aws_iam_policy_document", "google_iam_policy")
            and id(block) not in module.used
        ):
            body = {"json": module.encoded(block)} if block.labels[0].startswith("aws") else bodies.read(module.evaluator, block.body, {}, block)
            yield Resource(kind=block.labels[0], name=f"data.{'.'.join(block.labels)}", body=body, path=block.path, line=block.line, data=True, planned=False)


def _calls(module: Module) -> Iterator[Resource]:
    """Calls of modules from elsewhere: what they are given may be a policy."""
    for block in module.folder.blocks:
        if block.type == "module" and block.labels and module.child(block.labels[0]) is None:
            for each in bodies.instances(module.evaluator, block):
                body = bodies.read(module.evaluator, block.body, each, block)
                yield Resource(kind="module", name=f"module.{block.labels[0]}", body=body, path=block.path, line=block.line, planned=False)


def _matters(block: Block) -> bool:
    return bool(KINDS.match(block.labels[0])) or any(_CARRIES.match(key) for key in block.body.attributes)
