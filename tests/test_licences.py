"""Truth tables of licence expressions, and what packages say in all the ways they say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.checks.licences.algebra import Class, Classes
from prodready.checks.licences.conclude import conclude, spelled
from prodready.checks.licences.declared import Declared, of_metadata

OF_EACH = {Class.ALLOW: "MIT", Class.REVIEW: "LGPL-2.1-only", Class.UNKNOWN: "LicenseRef-nobody", Class.DENY: "GPL-3.0-only"}
PAIRS = [(one, other) for one in Class for other in Class]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_or_takes_the_least_and_and_takes_the_most(one, other):
    judge = Classes().judge
    assert min(one, other) == judge(f"{OF_EACH[one]} OR {OF_EACH[other]}").level
    assert max(one, other) == judge(f"{OF_EACH[one]} AND {OF_EACH[other]}").level


TREES = st.recursive(
    st.sampled_from(list(Class)).map(lambda level: (OF_EACH[level], level)),
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), inner, inner).map(
        lambda tree: (f"({tree[1][0]} {tree[0]} {tree[2][0]})", (max if tree[0] == "AND" else min)(tree[1][1], tree[2][1]))
    ),
    max_leaves=8,
)


@given(TREES)
def test_an_expression_of_any_depth_is_its_truth_table(tree):
    words, level = tree
    assert level == Classes().judge(words).level


@given(st.text(max_size=60))
def test_no_words_break_the_judgement(words):
    assert Classes().judge(words).level in Class
    spelled(words)


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("GPL-2.0", Class.DENY), ("GPL-2.0+", Class.DENY), ("AGPL-3.0-or-later", Class.DENY), ("SSPL-1.0", Class.DENY), ("BUSL-1.1", Class.DENY),
        ("CC-BY-NC-4.0", Class.DENY), ("Elastic-2.0", Class.DENY), ("OSL-3.0", Class.DENY), ("LGPL-3.0-or-later", Class.REVIEW), ("EPL-2.0", Class.REVIEW),
        ("CDDL-1.0", Class.REVIEW), ("EUPL-1.2", Class.REVIEW), ("MPL-2.0", Class.ALLOW), ("Apache-2.0+", Class.ALLOW), ("Python-2.0", Class.ALLOW),
        ("GPL-2.0-only WITH Classpath-exception-2.0", Class.REVIEW), ("GPL-3.0-or-later WITH GCC-exception-3.1", Class.REVIEW),
        ("GPL-2.0-only WITH Universal-FOSS-exception-1.0", Class.DENY), ("GPL-2.0-or-later WITH openvpn-openssl-exception", Class.DENY),
        ("Apache-2.0 WITH LLVM-exception", Class.ALLOW), ("MIT WITH no-such-exception", Class.UNKNOWN), ("GPL-2.0-only WITH no-such-exception", Class.DENY),
        ("LicenseRef-x OR MIT", Class.ALLOW),
        ("GPL-2.0-only OR GPL-3.0-only", Class.DENY), ("", Class.UNKNOWN), ("MIT,", Class.UNKNOWN), ("GPL v3", Class.UNKNOWN),
    ],
)  # fmt: skip
def test_a_licence_is_of_its_class(words, level):
    assert level == Classes().judge(words).level


def test_a_policy_changes_single_licences_and_nothing_by_substring():
    classes = Classes(overrides={"gpl-3.0-only": Class.ALLOW})
    assert classes.judge("GPL-3.0-only").level is Class.ALLOW
    assert classes.judge("AGPL-3.0-only").level is Class.DENY
    assert classes.judge("LGPL-3.0-only").level is Class.REVIEW


def test_the_side_that_was_chosen_is_told():
    assert Classes().judge("GPL-2.0-only OR BSD-3-Clause").chosen == "BSD-3-Clause"
    assert Classes().judge("MIT OR ISC").chosen == ""


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("Apache 2.0", "Apache-2.0"), ("The MIT License", "MIT"), ("MIT/Apache-2.0", "Apache-2.0 OR MIT"),
        ("GPLv3+", "GPL-3.0-or-later"), ("BSD 3-Clause License", "BSD-3-Clause"),
        ("Apache License, Version 2.0", "Apache-2.0"), ("UNLICENSED", ""),
        ("SEE LICENSE IN LICENSE.txt", ""), ("BSD", ""), ("(MIT OR Apache 2.0)", "(MIT OR Apache-2.0)"),
        ("GPL-compatible", ""), ("Unlicense", "Unlicense"), ("PSF", "PSF-2.0"),
    ],
)  # fmt: skip
def test_names_people_write_are_spelled_as_spdx_does(words, expression):
    assert expression == spelled(words)


ISC = (
    "ISC License\n\nCopyright (c) 2020 Mara\n\nPermission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby "
    "granted, provided that the above copyright notice and this permission notice appear in all copies.\n\n"
    'THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF '
    "MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES "
    "WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN "
    "CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.\n"
)
TERMS = "You may not use this software against payment, nor offer it to others as a service, nor remove this sentence from any copy of it. " * 8


@pytest.mark.parametrize(
    ("said", "expression", "level"),
    [
        (Declared(expression="MIT", words="GPL", classifiers=()), "MIT", Class.ALLOW),
        (Declared(expression="MIT", classifiers=("License :: OSI Approved :: GNU General Public License v3 (GPLv3)",)), "MIT", Class.REVIEW),
        (Declared(words="GPL v3"), "GPL-3.0-only", Class.DENY),
        (Declared(classifiers=("License :: OSI Approved :: MIT License",)), "MIT", Class.ALLOW),
        (Declared(classifiers=("License :: OSI Approved",)), "NOASSERTION", Class.UNKNOWN),
        (Declared(classifiers=("License :: OSI Approved :: BSD License",)), "BSD-3-Clause", Class.ALLOW),
        (
            Declared(classifiers=("License :: OSI Approved :: MIT License", "License :: OSI Approved :: GNU General Public License v2 (GPLv2)")),
            "MIT AND GPL-2.0-only",
            Class.DENY,
        ),
        (Declared(texts=(ISC,)), "ISC", Class.ALLOW),
        (Declared(texts=(ISC + TERMS,)), "NOASSERTION", Class.UNKNOWN),
        (Declared(words=ISC), "ISC", Class.ALLOW),
        (Declared(texts=("Ask Mara.",)), "NOASSERTION", Class.UNKNOWN),
        (Declared(), "NOASSERTION", Class.UNKNOWN),
    ],
)
def test_the_first_source_that_says_something_decides(said, expression, level):
    found = conclude(said, Classes())
    assert (expression, level) == (found.expression, found.level)


def test_core_metadata_is_read_whatever_its_version():
    said = of_metadata("Metadata-Version: 2.4\nName: x\nLicense-Expression: MIT\nClassifier: License :: OSI Approved :: MIT License\n\nText\n", [], "x")
    assert ("MIT", ("License :: OSI Approved :: MIT License",)) == (said.expression, said.classifiers)
