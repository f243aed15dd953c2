"""The POMs of Maven packages and their parents, brought by ``mvn`` for a project of ours. No plugin and no code of theirs is run.

Each package is imported as a POM: Maven reads it, and so all its parents, before it does anything, and the phase ``validate`` of a project that packs nothing
does nothing. One that is missing hides no other. Mirrors, proxies and credentials are those of this machine's Maven settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from re import compile as pattern

from prodready.checks.licences import pom
from prodready.checks.licences.declared import Declared
from prodready.checks.licences.unheard import heard
from prodready.context import Context
from prodready.readers.resolved import Package

DEADLINE = 240.0
"""Seconds for all of them together: Maven asks for one after the other."""
LIMIT = 4 * 1024 * 1024
"""Bytes of one POM; the largest public ones have less than one mebibyte."""
NAME = pattern(rf"{pom.PART.pattern}:{pom.PART.pattern}")
_PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>prodready</groupId><artifactId>asked</artifactId><version>0</version><packaging>pom</packaging>
<dependencyManagement><dependencies>
{}
</dependencies></dependencyManagement></project>
"""
_JAVA = "-XX:TieredStopAtLevel=1 -Xmx512m"
"""It reads some files and ends: compiling it with care would take longer than the reading."""
_WANTED = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version><type>pom</type><scope>import</scope></dependency>"


def read(ctx: Context, packages: Sequence[Package]) -> Iterator[tuple[str, Declared]]:
    """Package URL and what the package or its nearest parent says. Raises UnheardError when the repository did not answer for one of them."""
    into = ctx.scratch()
    home = into / "repository"
    wanted = (_WANTED.format(*package.name.split(":"), package.version) for package in packages if pom.PART.fullmatch(package.version))
    (into / "pom.xml").write_text(_PROJECT.format("\n".join(wanted)), "utf-8")
    argv = ("mvn", "--batch-mode", "--quiet", "--non-recursive", f"-Dmaven.repo.local={home}", "validate")
    ended = ctx.run.command(argv, cwd=into, env={"MAVEN_OPTS": _JAVA}, deadline=DEADLINE)
    for package in packages:
        group, _, artifact = package.name.partition(":")
        said = pom.said(pom.place(group, artifact, package.version), lambda path: _bytes(home / path), "the POM, or a parent's")
        if said:
            yield package.purl, said
    heard(ended, "mvn", ended.stdout.decode("utf-8", "replace"))


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(LIMIT)
