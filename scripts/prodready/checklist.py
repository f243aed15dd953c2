"""Stage 1: load and validate a profile, with the repository's own file applied on top."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from prodready import overlay, yamltext
from prodready.decode import DecodeError, decode, nearest
from prodready.model import Category, Checklist, Item
from prodready.profile import PolicyText, ProfileFile, RepositoryFile
from prodready.validate import ChecklistError, Validator, refuse

T = TypeVar("T")

_PACKAGED = Path(__file__).parent / "profiles"
PROFILES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "profiles"


def builtin() -> tuple[str, ...]:
    """The names of the profiles that ship with prodready."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yml")))


def shipped(name: str) -> tuple[Item, ...]:
    """The items of a profile that ships. Tests hold it valid, so that no check is loaded to say so again."""
    entry, _ = _read(find(name, PROFILES), ProfileFile)
    return tuple(item for category in entry.categories for item in overlay.items_of(category))


def load(profile: PolicyText, own: PolicyText | None = None) -> Checklist:
    """The checklist of a profile, changed as the repository's file says. Raises ChecklistError."""
    entry, document = _read(profile, ProfileFile)
    Validator(profile, document).profile(entry)
    base = _checklist(entry, profile)
    return base if own is None else _with_own(base, own)


def read_own(own: PolicyText) -> RepositoryFile:
    """The repository's file. Raises ChecklistError."""
    return _read(own, RepositoryFile)[0]


def find(name: str, root: Path) -> PolicyText:
    """The text of a profile by its shipped name or its path. Raises ChecklistError naming the nearest shipped one."""
    if name in builtin():
        return PolicyText(text=(PROFILES / f"{name}.yml").read_text("utf-8"), name=f"{name}.yml", source="builtin")
    path = root / name
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise ChecklistError(f"profile {name!r} is none of ours and as a file it {what}", nearest(name, builtin()))
    return read_policy(path, name)


def read_policy(path: Path, name: str) -> PolicyText:
    """A policy file's text. Raises ChecklistError when it is no readable UTF-8 file of sensible size."""
    try:
        if path.stat().st_size > yamltext.MAX_BYTES:
            raise ChecklistError(f"{name}: larger than {yamltext.MAX_BYTES:,} bytes", "a profile is a list people read: split it")
        return PolicyText(text=path.read_text("utf-8"), name=name)
    except UnicodeDecodeError as error:
        raise ChecklistError(f"{name}: byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise ChecklistError(f"{name}: cannot be read: {error.strerror}", "check the path and its permissions") from None


def _read(policy: PolicyText, into: type[T]) -> tuple[T, yamltext.Document]:
    try:
        document = yamltext.read(policy.text, name=policy.name)
        data = {} if document.data is None and into is RepositoryFile else document.data
        return decode(data, into), document
    except yamltext.YamlError as error:
        raise ChecklistError(str(error), "mend the YAML") from None
    except DecodeError as error:
        raise refuse(policy, document, error.mistakes) from None


def _checklist(entry: ProfileFile, policy: PolicyText) -> Checklist:
    categories = tuple(
        Category(id=category.id, title=category.title, weight=category.weight, items=overlay.items_of(category)) for category in entry.categories
    )
    return Checklist(
        id=entry.id, title=entry.title, pass_mark=entry.pass_mark, categories=categories, sha256=_sha256(policy.text), source=policy.source,
        markdown=entry.checklist,
        signoffs=entry.signoffs,
    )  # fmt: skip


def _with_own(base: Checklist, own: PolicyText) -> Checklist:
    file, document = _read(own, RepositoryFile)
    source = base.source if own.source == "file" and base.source != "builtin" else own.source
    return replace(overlay.apply(base, file, Validator(own, document)), sha256=_sha256(base.sha256 + own.text), source=source)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
