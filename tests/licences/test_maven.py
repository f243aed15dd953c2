"""Licences of Maven packages: what a POM says or inherits, and POMs that lie nowhere, brought by the real mvn from a repository on this machine."""

import functools
import json
import os
import shutil
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from listening import listening
from prodready import check, expectation
from prodready.checks.licences import pom
from prodready.checks.licences.algebra import Class, Classes
from prodready.checks.licences.conclude import conclude
from prodready.decode import decode
from prodready.judge import judge
from prodready.model import Item, Outcome, Status
from prodready.plan import Job
from prodready.readers.structured import Unreadable
from prodready.run import guarded
from prodready.world import World
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import repository
from test_advisories import NOW

XMLNS = 'xmlns="http://maven.apache.org/POM/4.0.0"'


def project(name, *licences, parent="", head=""):
    """A POM of ``org.acme`` in version 1; a licence is a name, or a name and an address."""
    up = f"<parent><groupId>org.acme</groupId><artifactId>{parent}</artifactId><version>1</version></parent>" if parent else ""
    rows = "".join(f"<license><name>{one.partition('@')[0]}</name><url>{one.partition('@')[2]}</url></license>" for one in licences)
    named = f"<licenses>{rows}</licenses>" if licences else ""
    coordinates = f"<groupId>org.acme</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>"
    return f"{head}<project {XMLNS}><modelVersion>4.0.0</modelVersion>{up}{coordinates}{named}</project>"


def said(poms, name="a"):
    """The expression of ``org.acme:a``, in a Maven repository of these POMs; None when it could not be told."""
    found = pom.said(pom.place("org.acme", name, "1"), lambda path: poms.get(path.split("/")[2], "").encode(), "here")
    return found and found.expression


# --- what a POM says or inherits


def test_the_licence_of_the_nearest_parent_is_inherited():
    assert said({"a": project("a", parent="b"), "b": project("b", parent="c"), "c": project("c", "MIT")}) == "MIT"
    assert said({"a": project("a", "ISC", parent="b"), "b": project("b", "MIT")}) == "ISC"


def test_a_pom_without_a_licence_and_without_a_parent_says_nothing():
    assert said({"a": project("a")}) == ""


@pytest.mark.parametrize(
    "poms",
    [
        {},
        {"a": project("a", parent="b")},
        {"a": project("a", parent="b"), "b": "<project><licenses><license><name>MIT"},
        {"a": "<html><body>Not found</body></html>"},
        {"a": project("a", parent="../../secrets")},
    ],
)
def test_a_parent_that_cannot_be_read_may_be_the_one_that_names_it(poms):
    assert said(poms) is None


def test_parents_without_an_end_are_not_followed_without_an_end():
    asked = []
    reading = lambda path: asked.append(path) or project("a", parent="a").encode()  # noqa: E731
    assert (pom.said(pom.place("org.acme", "a", "1"), reading, "here"), len(asked)) == (None, pom.PARENTS + 1)


BOMB = '<?xml version="1.0"?><!DOCTYPE project [<!ENTITY a "MIT"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<?xml version="1.0"?><!DOCTYPE project [<!ENTITY b SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("head", [BOMB, FILE])
def test_no_entity_is_expanded(head):
    text = project("a", "&b;", head=head)
    assert said({"a": text}) is None
    with pytest.raises(Unreadable, match="declares XML entities"):
        pom.read(text.encode(), "a.pom")


def test_a_licence_that_is_commented_out_is_none():
    text = project("a", "GPL-3.0-only").replace("<licenses>", "<!-- <licenses>").replace("</licenses>", "</licenses> -->")
    assert said({"a": text}) == ""


@pytest.mark.parametrize(
    ("licences", "expression", "level"),
    [
        (["The Apache Software License, Version 2.0"], "Apache-2.0", Class.ALLOW),
        (["Apache@http://www.apache.org/licenses/LICENSE-2.0.txt"], "Apache-2.0", Class.ALLOW),
        (["Our licence@https://www.apache.org/licenses/LICENSE-2.0.html"], "Apache-2.0", Class.ALLOW),
        (["EPL 2.0", "GPL2 w/ CPE"], "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0", Class.REVIEW),
        (["Eclipse Public License (EPL) 2.0", "GNU General Public License, version 2 with the GNU Classpath Exception",
          "Apache License, Version 2.0"], "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0 OR Apache-2.0", Class.ALLOW),
        (["A licence of our own (with no name) and more words than fit into a name of a hundred characters, all told", "MIT"],
         "LicenseRef-A-licence-of-our-own-with-no-name-and-more-words-than-fit-into-a-name-of-a-hundr OR MIT", Class.ALLOW),
        (["GNU General Public License, version 3"], "GPL-3.0-only", Class.DENY),
        (["GNU Lesser General Public License@http://www.gnu.org/licenses/old-licenses/lgpl-2.1.html"], "LGPL-2.1-only", Class.REVIEW),
        (["GNU Library General Public License v2.1 or later"], "LGPL-2.1-or-later", Class.REVIEW),
        (["The GNU General Public License, v2 with Universal FOSS Exception, v1.0"], "GPL-2.0-only WITH Universal-FOSS-exception-1.0", Class.DENY),
        (["The BSD 2-Clause License"], "BSD-2-Clause", Class.ALLOW),
        (["The GNU General Public License (GPL), Version 2, With Classpath Exception"], "GPL-2.0-only WITH Classpath-exception-2.0", Class.REVIEW),
        (["Ask Mara"], "NOASSERTION", Class.UNKNOWN),
    ],
)  # fmt: skip
def test_licences_of_a_pom_are_a_choice_among_the_names_and_addresses_people_write(licences, expression, level):
    found = conclude(pom.said(pom.place("org.acme", "a", "1"), lambda path: project("a", *licences).encode(), "here"), Classes())
    assert (expression, level) == (found.expression, found.level)


# --- the same with the real client


@dataclass
class Shelf:
    """A repository of Maven on this machine, the mvn that asks it and no other, and the gate over a bill of materials."""

    folder: object
    url: str = "http://127.0.0.1:9"

    def holds(self, **poms):
        for name, text in poms.items():
            path = self.folder / "served" / pom.place("org.acme", name, "1")
            path.parent.mkdir(parents=True)
            path.write_text(text)

    def asks(self, *names, version="1", group="org.acme", real=False) -> Outcome:
        bill = {"bomFormat": "CycloneDX", "components": [{"name": name, "purl": f"pkg:maven/{group}/{name}@{version}?type=jar"} for name in names]}
        root = repository(self.folder / "service", {"pom.xml": "<project/>", "bom.json": json.dumps(bill)})
        path = os.environ["PATH"] if real else f"{self.client()}{os.pathsep}{os.environ['PATH']}"
        processes = Processes(cache=self.folder / "cache", environ={**os.environ, "PATH": path})
        world = World(name="desk", repo=open_repo(root), processes=processes, http=RealHttp(), now=NOW)
        one, item = check.load("licences"), Item(id="licences", title="Licences", check="licences")
        seen = guarded(world.observe, Job(check_id="licences", check=one, params=decode({}, one.params), items=(item,)))
        return judge(item, seen, usual=expectation.parse(one.expect), now=NOW)

    def client(self):
        """mvn with settings of ours, as the settings of a machine would name a mirror."""
        (self.folder / "bin").mkdir()
        settings = self.folder / "settings.xml"
        mirror = f"<mirror><id>ours</id><mirrorOf>*</mirrorOf><url>{self.url}</url></mirror>"
        settings.write_text(f"<settings><mirrors>{mirror}</mirrors></settings>")
        program = self.folder / "bin" / "mvn"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("mvn")} --settings {settings} "$@"\n')
        program.chmod(0o755)
        return self.folder / "bin"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def shelf(tmp_path):
    if not shutil.which("mvn"):
        pytest.skip("mvn is not installed")
    (tmp_path / "served").mkdir()
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=tmp_path / "served"))) as server:
        yield Shelf(tmp_path, f"http://127.0.0.1:{server.server_port}")


@pytest.mark.integration
def test_what_a_parent_allows_passes(shelf):
    shelf.holds(a=project("a", parent="b"), b=project("b", "Apache License, Version 2.0"))
    outcome = shelf.asks("a")
    assert (Status.PASSED, True) == (outcome.status, "1 package (1 allow)" in outcome.observation.evidence.source), outcome.summary


@pytest.mark.integration
def test_what_a_parent_refuses_is_found_though_another_package_is_missing(shelf):
    shelf.holds(a=project("a", parent="b"), b=project("b", "GNU General Public License, version 3"))
    outcome = shelf.asks("gone", "a")
    assert (Status.FAILED, ["LICENCE-DENIED"]) == (outcome.status, [each.rule for each in outcome.observation.findings]), outcome.summary
    assert ["bom.json: org.acme:gone 1: nothing of it could be read"] == [gap.partition(";")[0] for gap in outcome.observation.gaps]


@pytest.mark.integration
def test_a_parent_that_the_repository_lacks_leaves_the_licence_unknown(shelf):
    shelf.holds(a=project("a", parent="b"))
    assert Status.UNKNOWN is shelf.asks("a").status


@pytest.mark.integration
def test_a_repository_that_does_not_answer_is_named_as_the_cause(shelf):
    shelf.url = "http://mara:horse-battery@127.0.0.1:9/maven"
    outcome = shelf.asks("a")
    assert (Status.UNKNOWN, True) == (outcome.status, "the package index 127.0.0.1:9 did not answer" in outcome.summary), outcome.summary
    assert "horse-battery" not in repr(outcome)


@pytest.mark.integration
def test_a_public_package_takes_its_licence_from_its_parent(shelf):
    outcome = shelf.asks("slf4j-api", group="org.slf4j", version="1.7.36", real=True)
    if "package index" in outcome.summary:
        pytest.skip(f"the public repository of Maven cannot be reached: {outcome.summary}")
    assert (Status.PASSED, True) == (outcome.status, "1 package (1 allow)" in outcome.observation.evidence.source), outcome.summary
