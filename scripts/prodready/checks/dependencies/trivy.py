"""Trivy over a bill of materials that we have written ourselves: every package of every system in one run, and no file of the repository."""

from __future__ import annotations

from secrets import token_hex

from prodready import sbom
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS
from prodready.checks.dependencies.flaws import Said
from prodready.checks.dependencies.voices import Heard, Question, Voice
from prodready.context import Context
from prodready.model import Finding
from prodready.readers.resolved import Key, Package
from prodready.scanners.trivy import database, job, packages, results
from prodready.tools.classify import Output, Reading
from prodready.tools.scan import scan

PLANTED = "planted"
_KNOWN = ("jinja2", "2.10")


def ask(ctx: Context, question: Question) -> Heard:
    """What it says about every package. Raises CannotTell."""
    folder, known = ctx.scratch(), database.opened(ctx, question.trivy_db, max_age=question.trivy_db_age)
    name = f"canary-{token_hex(8)}"
    canary = Package(system="pypi", name=_KNOWN[0], version=_KNOWN[1], path="")
    taken = {package.purl: package.key for package in question.packages}
    (folder / "bill.cdx.json").write_text(sbom.bill((*question.packages, canary), name=name, commit="", now=ctx.now), "utf-8")
    reader = _Reader(keys=taken, canary=canary.purl)
    work = job(
        "sbom", "--scanners", "vuln", *known.args, folder=folder, target="bill.cdx.json", cache=known.cache, parse=reader.read,
        inputs=frozenset(taken) - {canary.purl}, canary={canary.purl: PLANTED},
    )  # fmt: skip
    scanned = scan(ctx.run, work)
    made = known.dated()
    return Heard(
        tool=scanned.tool, sha256=scanned.sha256, said=tuple(reader.said), gaps=scanned.gaps, notes=(f"Trivy's database is of {made:%Y-%m-%d}",)
    )  # fmt: skip


VOICE = Voice(systems=frozenset(ECOSYSTEMS), ask=ask)


class _Reader:
    """Reads one report."""

    def __init__(self, *, keys: dict[str, Key], canary: str) -> None:
        self.keys, self.canary, self.said = keys, canary, list[Said]()

    def read(self, output: Output) -> Reading:
        """What is vulnerable, and which packages it names as looked up. Raises Malformed."""
        scanned, found = set[str](), list[Finding]()
        for result in results(output):
            scanned |= {one.purl for one in packages.listed(result)}
            for one in packages.vulnerable(result):
                rule = PLANTED if one.purl == self.canary else one.id
                found.append(Finding(rule=rule, message=one.title, severity=one.severity, path=one.purl))
                if key := self.keys.get(one.purl):
                    self.said.append(_said(key, one))
        return Reading(findings=tuple(found), scanned=scanned)


def _said(key: Key, one: packages.Vulnerable) -> Said:
    fixed = tuple(word.strip() for word in one.fixed.split(",") if word.strip())
    return Said(key=key, ids=(one.id,), fixed=fixed, words=one.title[:500], severity=one.severity if one.known else None, tool="trivy")
