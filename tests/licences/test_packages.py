"""Real packages, each labelled by hand: what is concluded from the facts of their metadata is what a person reads there."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from prodready.checks.licences import conclude
from prodready.checks.licences.algebra import Class, Classes
from prodready.checks.licences.declared import Declared

PACKAGES = yaml.safe_load((Path(__file__).parent / "packages.yml").read_text("utf-8"))


@pytest.fixture(autouse=True)
def recognised(monkeypatch):
    """The texts are written as the licences that were recognised in them, so that no text of others is kept here."""

    def read(text):
        ids = [] if text == "?" or " " in text else text.removesuffix("!").split("+")
        return [word for word in ids if word], 1000 if text.endswith("!") else 0

    monkeypatch.setattr(conclude, "_identified", read)


def concluded(package):
    tags = tuple(f"License :: {tag}" for tag in package.get("classifiers", ()))
    said = Declared(expression=package.get("expression", ""), words=package.get("words", ""), classifiers=tags, texts=tuple(package.get("texts", ())))
    return conclude.conclude(said, Classes())


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: f"{package['name']}-{package['version']}")
def test_the_licence_of_a_real_package_is_the_one_a_person_reads(package):
    found = concluded(package)
    assert (found.expression, found.level.word) == (package.get("ours", package["label"]), package["class"])
    assert Classes().judge(package["label"]).level is Class[package["class"].upper()]


def test_the_suite_is_large_and_holds_every_way_of_saying_it():
    ways = Counter(concluded(package).source for package in PACKAGES)
    assert sum(ways.values()) >= 200
    assert set(ways) == {"License-Expression", "License", "classifier", "licence text", "family"}
    assert {package["class"] for package in PACKAGES} == {"allow", "review", "deny"}


def test_words_other_than_the_label_are_few_and_have_a_reason():
    others = [package for package in PACKAGES if "ours" in package]
    assert len(others) <= 5
    assert all(package["because"] and package["ours"] != package["label"] for package in others)


@pytest.mark.parametrize(
    ("package", "expression", "level"),
    [
        ({"classifiers": ["OSI Approved :: MIT License"], "texts": ["GPL-3.0-only"]}, "MIT", Class.REVIEW),
        ({"words": "MIT", "texts": ["AGPL-3.0-only"]}, "MIT", Class.REVIEW),
        ({"words": "MIT", "texts": ["Apache-2.0"]}, "MIT", Class.ALLOW),
        ({"words": "LGPL", "texts": ["GPL-3.0-only", "LGPL-3.0-only"]}, "LGPL-3.0-only", Class.REVIEW),
        ({"texts": ["GPL-3.0-only", "LGPL-3.0-only"]}, "GPL-3.0-only AND LGPL-3.0-only", Class.DENY),
        ({"texts": ["either of the licenses", "MIT", "GPL-3.0-only"]}, "MIT OR GPL-3.0-only", Class.ALLOW),
        ({"texts": ["MIT", "GPL-3.0-only"]}, "MIT AND GPL-3.0-only", Class.DENY),
    ],
)
def test_licence_files_are_held_against_what_the_package_says(package, expression, level):
    found = concluded(package)
    assert (found.expression, found.level) == (expression, level)
