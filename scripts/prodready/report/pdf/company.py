"""What no check can see, for the SOC 2 Lite bundle: ``soc2.yml`` with people, risks, policies and pictures, read and held to its shape."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from prodready import yamltext
from prodready.decode import DecodeError, decode
from prodready.errors import ProdreadyError

LARGEST = 4 * 1024 * 1024
"""Bytes of one picture."""


class Person(Struct, frozen=True, kw_only=True):
    """One box of the organisation chart."""

    name: str
    role: str
    reports_to: str = ""


class Risk(Struct, frozen=True, kw_only=True):
    """One cell of the risk matrix."""

    risk: str
    likelihood: int
    """1 (rare) to 5 (almost certain)."""
    impact: int
    """1 (negligible) to 5 (severe)."""
    owner: str
    treatment: str

    def __post_init__(self) -> None:
        if not (1 <= self.likelihood <= 5 and 1 <= self.impact <= 5):
            raise ValueError("likelihood and impact are 1 to 5")

    @property
    def level(self) -> int:
        """Likelihood times impact, 1 to 25."""
        return self.likelihood * self.impact


class Retention(Struct, frozen=True, kw_only=True):
    """How long something is kept."""

    what: str
    kept: str
    where: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """Evidence that lies elsewhere: a run page of MLflow, a dashboard, a screenshot."""

    title: str
    address: str = ""
    """Where it is."""
    sha256: str = ""
    file: str = ""
    """A PNG or JPEG below the folder of this file that is printed in the bundle; its hash is computed."""

    def __post_init__(self) -> None:
        if not self.address and not self.file:
            raise ValueError("a page needs an address, or a file to print")


class Control(Struct, frozen=True, kw_only=True):
    """A criterion of SOC 2 and the items of the gate that back it."""

    id: str
    """For example ``CC6.1``."""
    title: str
    items: tuple[str, ...]


class Company(Struct, frozen=True, kw_only=True):
    """``soc2.yml``: what no check can see."""

    organisation: str
    period: str
    people: tuple[Person, ...]
    risks: tuple[Risk, ...]
    change_management: tuple[str, ...]
    """The policy, a paragraph each."""
    retention: tuple[Retention, ...]
    controls: tuple[Control, ...]
    pages: tuple[Page, ...] = ()


def read(path: Path) -> Company:
    """The company's file. Raises ProdreadyError naming the line and the key."""
    try:
        found = yamltext.read(path.read_text("utf-8"), name=path.name)
        return decode(found.data, Company)
    except (OSError, UnicodeDecodeError) as error:
        raise ProdreadyError(f"{path}: cannot be read: {error}", "write it as docs/reports.md shows, or name another with --company") from None
    except yamltext.YamlError as error:
        raise ProdreadyError(str(error), "mend the YAML") from None
    except DecodeError as error:
        raise ProdreadyError(f"{path}: {error}", "docs/reports.md shows one that is right") from None


def pictures(company: Company, folder: Path) -> dict[str, bytes]:
    """The pictures that are printed, by the name the document gives them. Raises ProdreadyError for what is none, or lies elsewhere."""
    return {picture_name(number, page): _picture(folder, page.file) for number, page in enumerate(company.pages) if page.file}


def picture_name(number: int, page: Page) -> str:
    """What the document calls the picture of a page."""
    return f"picture-{number}{'.png' if page.file.lower().endswith('.png') else '.jpg'}"


def _picture(folder: Path, name: str) -> bytes:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ProdreadyError(f"pages: {name} lies outside of {folder}", "copy the picture beside soc2.yml")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ProdreadyError(f"pages: {name} cannot be read: {error.strerror}", "name a PNG or JPEG below the folder of soc2.yml") from None
    if len(content) > LARGEST or not content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise ProdreadyError(f"pages: {name} is no PNG or JPEG of up to {LARGEST // 2**20} MiB", "save the screenshot as PNG")
    return content
