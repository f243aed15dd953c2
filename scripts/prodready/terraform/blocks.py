"""Files of Terraform: their blocks, and the values of a ``.tfvars`` file."""

from __future__ import annotations

from typing import Any

from prodready.terraform import hcl_parser
from prodready.terraform.hcl_syntax import Block, Literal


def parse(text: str, path: str) -> list[Block]:
    """The blocks of a ``.tf`` file. Raises HclError."""
    blocks = hcl_parser.parse(text).blocks
    for block in blocks:
        block.path = path
    return blocks


def values(text: str) -> dict[str, Any]:
    """The trees of a ``.tfvars`` file. Raises HclError."""
    return {name: tree for name, (tree, _) in hcl_parser.parse(text).attributes.items()}


def source(block: Block) -> Any:
    """Where a ``module`` block takes its module from; None where that is not written literally."""
    found = block.body.attributes.get("source")
    return found[0].value if found and isinstance(found[0], Literal) else None
