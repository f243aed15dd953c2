"""Bills of materials that go with images, held against what syft finds in them: an image that holds more than its bill says was built from something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodready.checks.containers.syft import Listing
from prodready.checks.containers.words import Rule
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.names import counted, few, shown
from prodready.readers.resolved import Package, bom

_WRITE = "write it from the image that is shipped, as the last step of its build: prodready sbom --image IMAGE.tar > bom.cdx.json"
MISSING = Rule(
    id="image-without-bill", severity=Severity.MEDIUM, fix=_WRITE,
    message="no bill of materials goes with the image: when the next hole is published, nobody knows whether it is in there",
)  # fmt: skip
LACKS = Rule(id="bill-lacks-packages", severity=Severity.MEDIUM, message="{}, and in no bill of materials", fix=_WRITE)
STALE = Rule(id="bill-names-more", severity=Severity.LOW, message="{}, and in no image", fix=_WRITE)


def read(ctx: Context, patterns: Sequence[str]) -> tuple[dict[str, tuple[Package, ...]], tuple[str, ...]]:
    """Path -> the packages of each bill that a build left, and what could not be read of them."""
    found = {path: bom.read(ctx.repo.text(path), path) for path in ctx.repo.outputs(*patterns)}
    return {path: told.packages for path, told in found.items()}, tuple(gap for told in found.values() for gap in told.gaps)


def faults(listings: Sequence[Listing], bills: dict[str, tuple[Package, ...]], *, whole: bool) -> Iterable[Finding]:
    """What is in an image and in no bill, and where every image was listed (``whole``) what is in a bill and in no image."""
    named = {package.purl for packages in bills.values() for package in packages}
    for listing in listings:
        if not bills:
            yield MISSING.at(listing.name, None)
        elif lost := [package for package in listing.packages if package.purl not in named]:
            yield LACKS.at(listing.name, None, f"{_words(lost)} in the image")
    held = {package.purl for listing in listings for package in listing.packages}
    for path, packages in bills.items() if listings and whole else ():
        if extra := [package for package in packages if package.purl not in held]:
            yield STALE.at(path, None, f"{_words(extra)} in the bill")


def _words(packages: Sequence[Package]) -> str:
    names = sorted({shown(f"{package.name} {package.version}") for package in packages})
    return f"{counted(len(names), 'package')} ({few(names)}) {'is' if len(names) == 1 else 'are'}"
