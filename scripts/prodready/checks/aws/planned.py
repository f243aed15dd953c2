"""Resources of the Terraform plans and states in JSON that lie in a repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.readers import structured
from prodready.readers.located import read_json
from prodready.terraform import plans
from prodready.terraform.resource import Resource


def planned(repo: Repo, paths: Sequence[str], gaps: list[str]) -> Iterator[Resource]:
    """The resources that the plans among the files state."""
    for path in paths:
        if not path.endswith(".json") or path.endswith(".tf.json"):
            continue
        try:
            document = read_json(repo.text(path, limit=32_000_000), path)
        except (structured.Unreadable, CannotTell) as error:
            gaps.append(f"{path} cannot be read: {error}")
            continue
        if isinstance(document.data, dict) and plans.is_plan(document.data):
            yield from plans.resources(document)
