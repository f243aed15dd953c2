"""Stage 1, second half: what a repository's own ``.prodready.yml`` changes, and what it weakens, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec.structs import replace

from prodready import check, expectation
from prodready.decode import nearest
from prodready.due import dated
from prodready.model import Category, Checklist, Item, When
from prodready.profile import CategoryEntry, ItemChange, ItemEntry, RepositoryFile, SectionEntry
from prodready.validate import Validator

_BARE = SectionEntry(title="", items=())
"""Around an item below no heading."""


def items_of(category: CategoryEntry) -> tuple[Item, ...]:
    """The items of a category, those of its sections last."""
    below = (from_entry(entry, section) for section in category.sections for entry in section.items)
    return (*map(from_entry, category.items), *below)


def from_entry(entry: ItemEntry, section: SectionEntry = _BARE) -> Item:
    """The item an entry describes; what it leaves out, its section says."""
    return Item(
        id=entry.id, title=entry.title, check=entry.check, params=entry.params, stage=entry.stage or section.stage,
        required=section.required if entry.required is None else entry.required,
        expect=expectation.parse(entry.expect) if entry.expect else None,
        weight=entry.weight, section=entry.section or section.title, owner=entry.owner or section.owner, due=str(entry.due or section.due),
        max_age=entry.max_age, when=section.when if entry.when == When() else entry.when, why=entry.why, how=entry.how,
    )  # fmt: skip


def apply(base: Checklist, file: RepositoryFile, validator: Validator) -> Checklist:
    """The checklist with the repository's changes. Raises ChecklistError."""
    _validate(file, base, validator)
    categories = tuple(
        replace(category, items=tuple(_changed(item, file.items.get(item.id), file.started) for item in category.items) + _added(file, category.id))
        for category in base.categories
    )
    return replace(
        base,
        categories=(*categories, *_homeless(base, file)),
        pass_mark=base.pass_mark if file.pass_mark is None else file.pass_mark,
        waivers=file.waivers,
        waived_most=base.waived_most if file.waived_most is None else file.waived_most,
        roles=file.roles,
        signoffs=file.signoffs.over(base.signoffs),
        settings=file.settings,
        targets=file.targets,
        exclude=file.exclude,
        environment=file.environment,
        markdown=base.markdown if file.checklist is None else file.checklist,
        bypasses=_bypasses(base, file),
    )


def _validate(file: RepositoryFile, base: Checklist, validator: Validator) -> None:
    known = {item.id: item for item in base.items}
    for item_id, change in file.items.items():
        if item_id in known:
            validator.expect(change.expect or "", known[item_id].check, ("items", item_id, "expect"), params={**known[item_id].params, **(change.params or {})})
            validator.age(change.max_age or "", ("items", item_id, "max_age"))
            validator.number(1 if change.weight is None else change.weight, ("items", item_id, "weight"))
        elif file.extends == base.id:
            validator.mistake(("items", item_id), f"the profile {base.id!r} has no item {item_id!r}; {nearest(item_id, list(known))}")
        if change.off is not None and not change.off.strip():
            validator.mistake(("items", item_id, "off"), "say why the item is switched off")
    for index, added in enumerate(file.add):
        validator.item(added, ("add", index))
        if added.id in known:
            validator.mistake(("add", index, "id"), f"{added.id!r} is an item of the profile: change it under 'items:'")
        if file.extends == base.id and added.category not in {category.id for category in base.categories}:
            validator.mistake(
                ("add", index, "category"), f"no category {added.category!r}; {nearest(added.category, [category.id for category in base.categories])}"
            )
    for index, waiver in enumerate(file.waivers):
        if waiver.item not in known and waiver.item not in {added.id for added in file.add}:
            validator.mistake(("waivers", index, "item"), f"there is no item {waiver.item!r}; {nearest(waiver.item, list(known))}")
    validator.people(file)
    validator.environment(file, [*known, *(added.id for added in file.add)])
    validator.number(base.pass_mark if file.pass_mark is None else file.pass_mark, ("pass_mark",), low=0, high=100)
    validator.done()


def _changed(item: Item, change: ItemChange | None, started: date | None) -> Item:
    if change is None:
        return replace(item, due=dated(item.due, started))
    given: Mapping[str, object] = {
        name: value
        for name in ("stage", "required", "weight", "owner", "max_age", "off")
        if (value := getattr(change, name)) is not None
    }  # fmt: skip
    params = {**item.params, **(change.params or {})}
    due = dated(item.due if change.due is None else str(change.due), started)
    return replace(item, params=params, due=due, expect=expectation.parse(change.expect) if change.expect else item.expect, **given)


def _homeless(base: Checklist, file: RepositoryFile) -> Iterator[Category]:
    """Categories for items that were added to another profile than the one that is held: run and shown, not scored."""
    for name in dict.fromkeys(entry.category for entry in file.add):
        if name not in {category.id for category in base.categories}:
            yield Category(id=name, title=f"Added to the category {name} of {file.extends}", weight=0, items=_added(file, name))


def _added(file: RepositoryFile, category: str) -> tuple[Item, ...]:
    return tuple(replace(from_entry(entry), due=dated(str(entry.due), file.started)) for entry in file.add if entry.category == category)


def _bypasses(base: Checklist, file: RepositoryFile) -> tuple[str, ...]:
    lines = []
    if file.pass_mark is not None and file.pass_mark < base.pass_mark:
        lines.append(f"pass mark lowered from {base.pass_mark:g} to {file.pass_mark:g}")
    if file.waived_most is not None and file.waived_most > base.waived_most:
        lines.append(f"waivers may lend {file.waived_most:g} points instead of {base.waived_most:g}")
    if file.signoffs.over(base.signoffs).change == ():
        lines.append("nobody has to sign a change that weakens the gate (signoffs: change: [])")
    if not file.signoffs.distinct:
        lines.append("one person may sign for several roles (signoffs: distinct: false)")
    for item in base.items:
        lines += _weakened(item, file.items.get(item.id))
    return (*lines, *(f"{', '.join(exclusion.files)} left out: {exclusion.reason}" for exclusion in file.exclude))


def _weakened(item: Item, change: ItemChange | None) -> list[str]:
    if change is None:
        return []
    lines = []
    if change.off:
        lines.append(f"{item.id} switched off: {change.off}")
    if change.required is False and item.required:
        lines.append(f"{item.id} no longer required")
    if change.weight is not None and change.weight < item.weight:
        lines.append(f"{item.id} weighs {change.weight:g} instead of {item.weight:g}")
    if change.expect:
        lines.append(f"{item.id} expects '{change.expect}' instead of '{item.expect or check.load(item.check).expect}'")
    if other := [key for key, value in (change.params or {}).items() if item.params.get(key) != value]:
        lines.append(f"{item.id} has other parameters: {', '.join(other)}")
    if change.stage is not None and change.stage != item.stage:
        lines.append(f"{item.id} moved from stage {item.stage} to {change.stage}")
    return lines
