"""Promtail's configuration: one way for each scrape configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodready.checks.log_pipeline.steps import Step, Way
from prodready.readers import structured


def ways(text: str, name: str) -> Iterator[Way]:
    """The ways. Raises ValueError."""
    (document,) = structured.read(text, name=name, kind="yaml")
    try:
        outer = [
            Step(adds=frozenset(map(str, (client.get("external_labels") or {}))))
            for client in document.data.get("clients") or ()
        ]  # fmt: skip
        for index, scrape in enumerate(document.data.get("scrape_configs") or ()):
            steps = (*map(relabel, scrape.get("relabel_configs") or ()), *_stages(scrape.get("pipeline_stages") or ()), *outer)
            yield Way(name=f"job {scrape.get('job_name')}", steps=steps, line=document.line(("scrape_configs", index)))
    except (AttributeError, TypeError, KeyError) as error:
        raise ValueError(str(error)) from None


def relabel(rule: Mapping[str, Any]) -> Step:
    """A rule of relabelling; the same in Promtail and Alloy."""
    action, pattern = rule.get("action", "replace"), rule.get("regex", "(.*)")
    if not isinstance(action, str) or not isinstance(pattern, str):
        raise ValueError("a rule of relabelling is calculated: write its action and regex as text")  # noqa: TRY004 - one error for all that cannot be read
    if action == "labeldrop":
        return Step(drops_like=pattern)
    if action == "labelkeep":
        return Step(keeps_like=pattern)
    if action in ("replace", "lowercase", "uppercase", "hashmod") and rule.get("target_label"):
        return Step(adds=frozenset((str(rule["target_label"]),)))
    return Step()


def _stages(stages: Any) -> Iterator[Step]:
    for stage in stages:
        for kind, body in stage.items():
            if kind == "match":
                yield from (sometimes(step) for step in _stages((body or {}).get("stages") or ()))
            else:
                yield of_stage(str(kind).replace("labelallow", "label_keep").replace("labeldrop", "label_drop"), body)


def of_stage(kind: str, body: Any) -> Step:
    """A stage of processing, by Alloy's name. Raises ValueError for labels that are calculated: what is kept or dropped then, nobody can tell."""
    listed = body if isinstance(body, list | dict) else [body]
    if kind in ("labels", "static_labels", "label_drop", "label_keep") and not all(isinstance(name, str) for name in listed):
        raise ValueError(f"the labels of {kind} are calculated: write them as a list of texts")
    names = frozenset(map(str, listed))
    match kind:
        case "labels" | "static_labels":
            return Step(adds=names)
        case "label_drop":
            return Step(drops=names)
        case "label_keep":
            return Step(keeps=names)
        case _:
            return Step()


def sometimes(step: Step) -> Step:
    """The step where it happens to some lines only."""
    return Step(adds=step.adds, sometimes=True)
