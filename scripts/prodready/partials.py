"""What other runs of the same commit saw: partial reports bring observations, never verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from prodready.model import Observation, Report, Unseen


def observations(partials: Sequence[Report], commit: str) -> dict[str, Observation]:
    """What the partial reports saw, by item id. Another commit's report, or two that differ, tell nothing."""
    seen: dict[str, Observation] = {}
    for partial in partials:
        for outcome in partial.outcomes:
            if not outcome.status.counts:
                continue
            theirs = outcome.observation if commit and partial.subject.commit == commit else _foreign(partial, commit)
            seen[outcome.item.id] = _agreed(seen.get(outcome.item.id), theirs)
    return seen


def _foreign(partial: Report, commit: str) -> Unseen:
    return Unseen(
        reason=f"the partial report is of commit {partial.subject.commit[:12] or 'none'}, this run gates {commit[:12] or 'none'}",
        remedy="make the partial reports in the same workflow run",
    )


def _agreed(first: Observation | None, second: Observation) -> Observation:
    if first is None or first == second:
        return second
    return Unseen(reason="two partial reports say different things about this item", remedy="let one job report each item")
