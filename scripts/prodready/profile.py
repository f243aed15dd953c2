"""The shapes of the two YAML files people write: a profile, and a repository's own ``.prodready.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, field

from prodready.environment.rules import EnvironmentRules
from prodready.model import Exclusion, Role, SignoffRules, Stage, Waiver, When


class ItemEntry(Struct, frozen=True, kw_only=True):
    """One box of the checklist as written."""

    id: str
    """Stable and unique: lower-case words joined by dots or dashes."""
    title: str
    check: str
    """The id of a check: ``prodready list checks``."""
    params: Mapping[str, object] = field(default_factory=dict)
    """The check's own parameters: ``prodready explain CHECK``. ``{setting: NAME}`` takes a value of ``settings:``."""
    expect: str = ""
    """The bound, for example ``no findings >= high`` or ``>= 80 %``; the check's default when left out."""
    stage: Stage | None = None
    """From which stage on it is held; its section's when left out, else ``pr``."""
    required: bool | None = None
    """A required item blocks on its own, whatever the score; its section's when left out, else it does not."""
    weight: float = 1
    """Points within the category."""
    section: str = ""
    owner: str = ""
    due: str | date = ""
    """By when: a day, or the words of the list (``24h``, ``1 week``), which count from ``started:`` of the repository file."""
    max_age: str = ""
    """How old the evidence may be: ``7 d``, ``24 h``."""
    when: When = field(default_factory=When)
    why: str = ""
    how: str = ""


class SectionEntry(Struct, frozen=True, kw_only=True):
    """Items below one heading, and what holds for all of them that do not say otherwise."""

    title: str
    items: tuple[ItemEntry, ...]
    stage: Stage = Stage.PR
    required: bool = False
    owner: str = ""
    due: str | date = ""
    when: When = field(default_factory=When)


class CategoryEntry(Struct, frozen=True, kw_only=True):
    """A group of items that share a weight."""

    id: str
    title: str
    weight: float
    """Its share of the score; 0 for items that may block but are not scored."""
    items: tuple[ItemEntry, ...] = ()
    sections: tuple[SectionEntry, ...] = ()
    """Items below headings; both may be used."""


class ProfileFile(Struct, frozen=True, kw_only=True):
    """A whole profile."""

    id: str
    title: str
    pass_mark: float
    """The score (0 to 100) that must be reached."""
    checklist: tuple[str, ...] = ()
    """Where a repository keeps its Markdown copy of this list (gitignore patterns): its ticks are held against the evidence."""
    signoffs: SignoffRules = field(default_factory=SignoffRules)
    """Which roles must sign; the repository says who they are."""
    categories: tuple[CategoryEntry, ...]


class ItemChange(Struct, frozen=True, kw_only=True):
    """What a repository changes about an item of the profile; what is left out stays."""

    params: Mapping[str, object] | None = None
    """Merged over the item's own, key by key."""
    expect: str | None = None
    stage: Stage | None = None
    required: bool | None = None
    weight: float | None = None
    owner: str | None = None
    due: str | date | None = None
    max_age: str | None = None
    off: str | None = None
    """Switches the item off; the text is the reason, and every report shows it."""


class AddedItem(ItemEntry, frozen=True, kw_only=True):
    """An item of the repository's own."""

    category: str
    """The id of a category of the profile."""


class RepositoryFile(Struct, frozen=True, kw_only=True):
    """``.prodready.yml``: what this repository holds itself to."""

    started: date | None = None
    """The day on which work on the list began: ``due: 24h`` of its items counts from it."""
    extends: str = "starter"
    """A profile that ships with prodready, or the path of one in the repository."""
    pass_mark: float | None = None
    checklist: tuple[str, ...] | None = None
    """Where the Markdown checklist is whose ticks are held against the evidence; the profile's own places when left out."""
    items: Mapping[str, ItemChange] = field(default_factory=dict)
    """Changes by item id."""
    add: tuple[AddedItem, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    targets: Mapping[str, object] = field(default_factory=dict)
    """Addresses of running systems, by name."""
    exclude: tuple[Exclusion, ...] = ()
    environment: EnvironmentRules = field(default_factory=EnvironmentRules)
    """Items that only a machine inside can look at, and whose records of them are believed."""
    waivers: tuple[Waiver, ...] = ()
    waived_most: float | None = None
    """Points of the score that waivers may lend at most (10)."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Who signs for a role: people, teams, SSH principals, an environment."""
    signoffs: SignoffRules = field(default_factory=SignoffRules)
    """Which roles must sign: the profile's own are always among them."""


class PolicyText(Struct, frozen=True, kw_only=True):
    """A profile or repository file as read: its text, the name errors use, and where it came from."""

    text: str
    name: str
    source: str = "file"
    """``builtin``, ``file`` or ``base:<commit>``."""
