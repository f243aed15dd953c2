"""Stage 5: weights -> score; pure. ``100 × Σ w_c · earned_c / of_c ÷ Σ w_c`` over the categories in which something counts."""

from __future__ import annotations

from collections.abc import Mapping

from prodready.model import Category, CategoryScore, Checklist, Outcome, Score, Status


def score(checklist: Checklist, outcomes: Mapping[str, Outcome]) -> Score:
    """The weighted score over the items that have an outcome, by item id."""
    statuses = {item_id: outcome.status for item_id, outcome in outcomes.items()}
    total = sum(category.weight for category in checklist.categories)
    categories = tuple(_category(category, statuses, total) for category in checklist.categories)
    unwaived = {item_id: Status.FAILED if status is Status.WAIVED else status for item_id, status in statuses.items()}
    return Score(
        value=_weighted(categories),
        without_waivers=_weighted(tuple(_category(category, unwaived, total) for category in checklist.categories)),
        pass_mark=checklist.pass_mark,
        categories=categories,
    )


def _category(category: Category, statuses: Mapping[str, Status], total: float) -> CategoryScore:
    counted = [item for item in category.items if item.id in statuses and statuses[item.id].counts]
    return CategoryScore(
        id=category.id,
        title=category.title,
        weight=100 * category.weight / total,
        earned=sum(item.weight for item in counted if statuses[item.id].earns),
        of=sum(item.weight for item in counted),
    )


def _weighted(categories: tuple[CategoryScore, ...]) -> float:
    """0 when nothing counts: an empty checklist proves nothing."""
    counted = [category for category in categories if category.of]
    weight = sum(category.weight for category in counted)
    return sum(category.weight * category.percent for category in counted) / weight if weight else 0.0
