"""Alloy's configuration: every way through the graph of its components, from a source to a writer."""

from __future__ import annotations

from collections.abc import Iterator

from prodready.checks.log_pipeline import promtail
from prodready.checks.log_pipeline.alloy_syntax import Block, Reference, parse
from prodready.checks.log_pipeline.steps import Step, Way

MOST = 1000
"""Ways that are followed."""


def ways(text: str) -> Iterator[Way]:
    """The ways. Raises ValueError for what is not Alloy's, and for more ways than are followed."""
    components = {f"{block.name}.{block.label}": block for block in parse(text)}
    taken = 0
    for name, block in components.items():
        if block.name.startswith("loki.source."):
            for way in _follow(name, components, (), (name,)):
                taken += 1
                if taken > MOST:
                    raise ValueError(f"more than {MOST} ways")
                yield Way(name=" > ".join(way.name.split()), steps=way.steps, line=block.line)


def _follow(name: str, components: dict[str, Block], steps: tuple[Step, ...], trail: tuple[str, ...]) -> Iterator[Way]:
    block = components[name]
    here = (*steps, *_steps(block))
    if block.name == "loki.write":
        yield Way(name=" ".join(trail), steps=here)
        return
    targets = [target.text.removesuffix(".receiver") for target in _references(block.attributes.get("forward_to"))]
    if not targets:
        raise ValueError(f"{name} forwards to nothing that can be followed")
    for target in targets:
        if target not in components:
            raise ValueError(f"{name} forwards to {target}, which is not in this file")
        if target not in trail:
            yield from _follow(target, components, here, (*trail, target))


def _references(value: object) -> list[Reference]:
    return [one for one in value if isinstance(one, Reference)] if isinstance(value, list) else []


def _steps(block: Block) -> Iterator[Step]:
    match block.name:
        case "loki.relabel":
            yield from (promtail.relabel(rule.attributes) for rule in block.blocks if rule.name == "rule")
        case "loki.process":
            yield from _stages(block)
        case "loki.write":
            labels = block.attributes.get("external_labels")
            yield Step(adds=frozenset(labels) if isinstance(labels, dict) else frozenset())


def _stages(block: Block) -> Iterator[Step]:
    for stage in block.blocks:
        kind = stage.name.removeprefix("stage.")
        if kind == "match":
            yield from (promtail.sometimes(step) for step in _stages(stage))
        else:
            yield promtail.of_stage(kind, stage.attributes.get("values") or [])
