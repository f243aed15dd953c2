"""Advisories: whom they affect by the rules of each package system, how serious they are, and which names are one flaw."""

import json
import urllib.error
import urllib.request
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.checks.dependencies import cvss, lookalikes
from prodready.checks.dependencies.advisories import affects, fixes
from prodready.checks.dependencies.copy import Copy
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS, version
from prodready.checks.dependencies.endpoint import serving
from prodready.checks.dependencies.flaws import Said, distinct, said
from prodready.checks.dependencies.ignores import Ignore, notes, of
from prodready.model import Severity
from prodready.readers.resolved import Package

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def record(name="jinja2", *, known="CVE-2026-0001", events=({"introduced": "0"}, {"fixed": "2.10.1"}), ecosystem="PyPI", kind="ECOSYSTEM", **more):
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": kind, "events": list(events)}]}
    return {"id": known, "modified": "2026-01-30T00:00:00Z", "affected": [affected], **more}


def package(name="jinja2", at="2.10", system="pypi"):
    return Package(system=system, name=name, version=at, path="")


def shelf(*records):
    made = Copy(path="advisories", now=NOW)
    for one in records:
        made.add(one)
    return made


# --- how serious


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (CRITICAL, 9.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L", 3.7),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:4.0/AV:N", None),
        ("CVSS:5.0/AV:N", None),
        ("", None),
    ],
)
def test_a_vector_is_scored_as_its_specification_says(vector, score):
    assert score == cvss.base_score(vector)


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"CVSS:4.0/{text}") | st.text(max_size=60).map(lambda text: f"CVSS:3.1/{text}"))
def test_any_text_has_a_score_or_none(text):
    assert cvss.base_score(text) is None or 0 <= cvss.base_score(text) <= 10


def test_the_worst_of_all_names_counts_and_unknown_stays_unknown():
    low = record(severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L"}])
    word = record(database_specific={"severity": "MODERATE"})
    assert [Severity.LOW, Severity.MEDIUM, Severity.MEDIUM, None] == [cvss.severity(some) for some in ([low], [word], [low, word], [record()])]


def test_a_severity_beside_the_package_counts_too():
    one = record()
    one["affected"][0]["severity"] = [{"type": "CVSS_V3", "score": CRITICAL}]
    assert Severity.CRITICAL is cvss.severity([one])


# --- whom they affect

ZERO = {"introduced": "0"}


@pytest.mark.parametrize(
    ("at", "events", "hit"),
    [
        ("2.10", (ZERO, {"fixed": "2.10.1"}), True),
        ("2.10.1", (ZERO, {"fixed": "2.10.1"}), False),
        ("2.9", ({"introduced": "2.10"},), False),
        ("2.10rc1", ({"introduced": "2.10"},), False),
        ("2.10", ({"introduced": "2.10"},), True),
        ("3.0", (ZERO, {"last_affected": "2.10"}), False),
        ("2.10", (ZERO, {"last_affected": "2.10"}), True),
        ("3.5", ({"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, ZERO), True),
        ("2.5", ({"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, ZERO), False),
        ("2.5", (ZERO, {"fixed": "what?"}), True),
        ("what?", ({"introduced": "3"},), True),
    ],
)
def test_ranges_are_evaluated_as_osv_says(at, events, hit):
    assert hit is affects(record(events=events), package("Jinja2", at))


@pytest.mark.parametrize(
    ("system", "at", "events", "hit"),
    [
        ("npm", "4.17.20", (ZERO, {"fixed": "4.17.21"}), True),
        ("npm", "4.17.21-rc.1", (ZERO, {"fixed": "4.17.21"}), True),
        ("npm", "4.17.21", (ZERO, {"fixed": "4.17.21"}), False),
        ("npm", "10.0.0", ({"introduced": "9.0.0"},), True),
        ("npm", "1.0.0-alpha.9", ({"introduced": "1.0.0-alpha.10"},), False),
        ("golang", "v0.3.7", (ZERO, {"fixed": "0.3.8"}), True),
        ("golang", "v0.3.8", (ZERO, {"fixed": "0.3.8"}), False),
        ("golang", "v3.2.0+incompatible", (ZERO, {"fixed": "3.2.0"}), False),
        ("golang", "v0.0.0-20211202192323-5770296d904e", (ZERO, {"fixed": "0.0.0-20220314234659-1baeb1ce4c0b"}), True),
        ("golang", "v0.0.0-20220314234659-1baeb1ce4c0b", (ZERO, {"fixed": "0.0.0-20220314234659-1baeb1ce4c0b"}), False),
        ("cargo", "0.2.22", ({"introduced": "0.1.0"}, {"fixed": "0.2.23"}), True),
        ("cargo", "0.2.23", ({"introduced": "0.1.0"}, {"fixed": "0.2.23"}), False),
        ("maven", "2.9.10.7", (ZERO, {"fixed": "2.9.10.8"}), True),
        ("maven", "2.9.10.8", (ZERO, {"fixed": "2.9.10.8"}), False),
        ("maven", "2.15.0-rc1", ({"introduced": "2.13.0"}, {"fixed": "2.15.0"}), True),
        ("maven", "1.10", ({"introduced": "1.9"},), True),
        ("maven", "5.3.18.RELEASE", (ZERO, {"fixed": "5.3.18"}), False),
        ("gem", "1.0.b2", (ZERO, {"fixed": "1.0"}), True),
    ],
)
def test_each_system_orders_its_versions_its_own_way(system, at, events, hit):
    kind = "SEMVER" if ECOSYSTEMS[system].order == "SemverVersion" else "ECOSYSTEM"
    assert hit is affects(record("g:a", events=events, ecosystem=ECOSYSTEMS[system].osv, kind=kind), package("g:a", at, system))


@pytest.mark.parametrize("system", ECOSYSTEMS)
@given(text=st.text(max_size=20))
def test_any_text_is_a_version_or_none(system, text):
    known = version(system, text)
    assert known is None or known == version(system, text)


def test_a_range_of_commits_says_nothing_of_a_release():
    assert not affects(record(kind="GIT"), package())


def test_an_advisory_that_names_no_version_is_about_all_of_them():
    assert affects({"id": "MAL-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "jinja2"}}]}, package())


def test_an_advisory_for_the_same_name_elsewhere_is_about_another_package():
    assert not affects(record(ecosystem="npm"), package())


def test_a_listed_version_is_affected_however_it_is_written():
    listed = {"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "Zope.Interface"}, "versions": ["1.0.0"]}]}
    assert [True, False] == [affects(listed, package("zope-interface", at)) for at in ("1.0", "1.1")]


def test_only_later_versions_mend():
    one = record(events=(ZERO, {"fixed": "2.9"}, {"introduced": "2.10"}, {"fixed": "2.10.1"}, {"introduced": "3"}, {"fixed": "3.1"}))
    assert ["2.10.1", "3.1"] == list(fixes(one, package()))


KEYS = st.sampled_from(["id", "affected", "package", "ecosystem", "name", "versions", "ranges", "events", "type", "fixed", "introduced"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=9)


@given(st.recursive(LEAVES, lambda some: st.lists(some, max_size=3) | st.dictionaries(KEYS, some, max_size=4), max_leaves=12))
def test_no_record_breaks_the_reader(data):
    made = shelf(data, record())
    assert made.count + made.unreadable <= 2


@pytest.mark.parametrize("one", [{"id": "X"}, record(withdrawn="2026-01-01T00:00:00Z"), record(ecosystem="Nobody's")])
def test_withdrawn_and_foreign_records_are_no_advisories(one):
    assert 0 == shelf(one).count


@pytest.mark.parametrize("one", [None, 1, [], {}, {"id": 1}, {"id": "X", "affected": {}}])
def test_what_is_no_record_is_counted(one):
    assert 1 == shelf(one).unreadable


# --- which names are one flaw


def test_names_of_one_flaw_are_one_flaw_whoever_says_them():
    key = ("pypi", "a", "1")
    sayings = [Said(key=key, ids=(one, *more), tool=one[:4]) for one, more in [("PYSEC-1", ["CVE-1"]), ("GHSA-2", []), ("GHSA-1", ["CVE-1"])]]
    assert [("CVE-1", "GHSA-1", "PYSEC-1"), ("GHSA-2",)] == sorted(flaw.ids for flaw in distinct(sayings))
    assert [{"PYSE", "GHSA"}, {"GHSA"}] == [set(flaw.tools) for flaw in sorted(distinct(sayings), key=lambda flaw: flaw.ids)]


def test_a_name_in_two_packages_is_two_flaws():
    assert 2 == len(list(distinct(Said(key=("pypi", name, "1"), ids=("CVE-1",)) for name in "ab")))


@given(st.lists(st.sets(st.integers(0, 9), min_size=1, max_size=3), max_size=9), st.randoms(use_true_random=False))
def test_the_order_in_which_names_are_told_does_not_matter(named, random):
    sayings = [Said(key=("pypi", "a", "1"), ids=tuple(f"CVE-{one}" for one in sorted(names))) for names in named]
    mixed = random.sample(sayings, len(sayings))
    assert {flaw.ids for flaw in distinct(sayings)} == {flaw.ids for flaw in distinct(mixed)}


FACTS = {
    "jinja2": {
        "CVE-2019-10906": ("PYSEC-2019-217", "GHSA-462w-v97r-4m45", "2.10.1"), "CVE-2020-28493": ("PYSEC-2021-66", "GHSA-g3rq-g295-4j3m", "2.11.3"),
        "CVE-2024-22195": ("", "GHSA-h5c8-rqwp-cp95", "3.1.3"), "CVE-2024-34064": ("", "GHSA-h75v-3vvj-5mfj", "3.1.4"),
        "CVE-2024-56326": ("", "GHSA-q2x7-8rv6-6q7h", "3.1.5"), "CVE-2025-27516": ("", "GHSA-cpwx-vrp4-4pq7", "3.1.6"),
    },
    "requests": {
        "CVE-2018-18074": ("PYSEC-2018-28", "GHSA-x84v-xcm2-53pg", "2.20.0"), "CVE-2023-32681": ("PYSEC-2023-74", "GHSA-j8r2-6x86-q33q", "2.31.0"),
        "CVE-2024-35195": ("", "GHSA-9wx4-h78v-vm56", "2.32.0"), "CVE-2024-47081": ("", "GHSA-9hjg-9r4m-mvj7", "2.32.4"),
    },
}  # fmt: skip
"""Published flaws: CVE -> its names in PyPA's and GitHub's databases, and the version that mends it."""


def published(name):
    """The records of both databases about a package."""
    for cve, (pysec, ghsa, fixed) in FACTS[name].items():
        yield record(name, known=ghsa, aliases=[cve, *filter(None, [pysec])], events=(ZERO, {"fixed": fixed}), severity=[{"score": CRITICAL}])
        if pysec:
            yield record(name, known=pysec, aliases=[cve, ghsa], events=(ZERO, {"fixed": fixed}))


@pytest.mark.parametrize(("name", "at"), [("jinja2", "2.10"), ("requests", "2.19.0")])
def test_the_records_of_two_databases_are_one_flaw_for_each_cve(name, at):
    pin = package(name, at)
    flaws = list(distinct(said(pin, one) for one in published(name)))
    assert set(FACTS[name]) == {flaw.rule for flaw in flaws}
    assert {flaw.rule: flaw.fixed for flaw in flaws} == {cve: (fixed,) for cve, (_, _, fixed) in FACTS[name].items()}
    assert all(flaw.severity is Severity.CRITICAL for flaw in flaws)


# --- what is ignored

FLAW = next(distinct([Said(key=("pypi", "a", "1"), ids=("CVE-1", "GHSA-1"))]))


@pytest.mark.parametrize(
    ("entry", "hidden"),
    [
        ({"id": "GHSA-1"}, True), ({"id": "CVE-1", "package": "a"}, True), ({"id": "CVE-1", "package": "b"}, False), ({"id": "CVE-2"}, False),
        ({"id": "CVE-1", "until": date(2026, 1, 30)}, False), ({"id": "CVE-1", "until": date(2026, 1, 31)}, True),
    ],
)  # fmt: skip
def test_any_name_ignores_a_flaw_until_the_day(entry, hidden):
    one = Ignore(**{"reason": "no way to it", "until": date(2026, 12, 31), **entry})
    assert hidden is bool(of(FLAW, [one], NOW.date()))


def test_what_is_over_or_speaks_of_nothing_is_noted():
    over, idle = (Ignore(id=name, reason="…", until=until) for name, until in (("CVE-1", date(2026, 1, 1)), ("CVE-9", date(2026, 12, 31))))
    assert ["the ignored CVE-1 counts again: it was ignored until 2026-01-01", "nothing has the ignored CVE-9: remove the entry"] == list(
        notes([over, idle], [FLAW], NOW.date())
    )


# --- what is mistaken


@pytest.mark.parametrize(
    ("name", "other"),
    [
        *((slip, "requests") for slip in ("reqeusts", "requets", "requestss", "rekuests", "request")),
        ("python_dateutil", "python-dateutil"),
    ],
)
def test_a_slip_of_the_finger_is_seen(name, other):
    assert other == lookalikes.resembled("pypi", name)


@pytest.mark.parametrize("name", ["requests", "flask", "aaa", "prodready", "requests-cache", "stseuqer"])
def test_popular_short_and_other_names_are_no_slip(name):
    assert "" == lookalikes.resembled("pypi", name)


@given(st.text(alphabet="abc", max_size=7), st.text(alphabet="abc", max_size=7))
def test_slips_are_those_of_damerau(one, other):
    assert lookalikes.is_slip(one, other) is (distance(one, other) == 1)


def distance(one, other):
    """Optimal string alignment, by its recurrence."""
    rows = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


# --- the endpoint on loopback


def ask(url, body=None):
    request = urllib.request.Request(url, data=body if body is None else json.dumps(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def test_the_endpoint_answers_as_osv_does():
    query = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "version": "2.10"}
    other = {**query, "version": "3.0"}
    with serving(shelf(record())) as url:
        assert [record()] == ask(f"{url}/v1/query", query)["vulns"]
        assert {} == ask(f"{url}/v1/query", other)
        assert [1, 0] == [len(one.get("vulns", [])) for one in ask(f"{url}/v1/querybatch", {"queries": [query, other]})["results"]]
        assert record() == ask(f"{url}/v1/vulns/CVE-2026-0001")


@pytest.mark.parametrize("body", [1, [], {}, {"package": 1}, {"package": {"name": 1, "ecosystem": "PyPI"}, "version": "1"}])
def test_the_endpoint_refuses_what_is_no_query(body):
    with serving(shelf(record())) as url, pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{url}/v1/query", body)
    with refused.value as answer:
        assert 400 == answer.status
