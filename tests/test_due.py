"""Owners are held to the days their list gives them."""

from datetime import date
from pathlib import Path

import pytest

from prodready.due import dated, day
from programs import commit, prodready, report_of, repository, write

STARTED = date(2026, 11, 1)
LIST = """\
id: mini
title: Mini
pass_mark: 0
categories:
  - id: a
    title: A
    weight: 1
    sections:
      - title: TLS
        owner: DevOps
        due: 24h
        items:
          - {id: there, title: There, check: text_pattern, params: {files: [README.md], pattern: hello, mode: require}}
          - {id: absent, title: Absent, check: document, params: {paths: [NOTES.md]}}
          - {id: later, title: Later, check: document, params: {paths: [LATER.md]}, due: 2 weeks}
"""


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("24h", "2026-11-02 (24h)"), ("72 h", "2026-11-04 (72 h)"), ("30h", "2026-11-03 (30h)"), ("1 week", "2026-11-08 (1 week)"),
        ("2 weeks", "2026-11-15 (2 weeks)"), ("2026-12-01", "2026-12-01"), ("before the launch", "before the launch"), ("", ""),
    ],
)  # fmt: skip
def test_the_words_of_a_list_become_days(due, expected):
    assert expected == dated(due, STARTED)
    assert due == dated(due, None)


def test_a_day_that_is_none_is_no_day():
    assert (date(2026, 11, 2), None, None) == (day("2026-11-02 (24h)"), day("2026-13-02"), day("soon"))


def test_what_is_late_is_told_with_its_owner_and_what_holds_is_not(tmp_path: Path):
    folder = repository(tmp_path / "desk", {"README.md": "hello\n", "mini.yml": LIST, ".prodready.yml": "extends: mini.yml\nstarted: 2026-11-01\n"})
    ran = prodready("run", folder, "--out", tmp_path / "out", "--now", "2026-11-12T12:00:00Z")
    assert 0 == ran.code, ran.everything
    report = report_of(tmp_path / "out")
    assert ["overdue for 10 days, since 2026-11-02: 1 item of DevOps (absent)"] == [note for note in report["notes"] if "overdue" in note]
    assert {"there": "2026-11-02 (24h)", "absent": "2026-11-02 (24h)", "later": "2026-11-15 (2 weeks)"} == {item["id"]: item["due"] for item in report["items"]}
    write(folder, {".prodready.yml": "extends: mini.yml\nstarted: 2026-11-01\nitems: {absent: {due: 2026-11-30}}\n"})
    commit(folder, "More time")
    prodready("run", folder, "--out", tmp_path / "out", "--now", "2026-11-12T12:00:00Z")
    assert [] == [note for note in report_of(tmp_path / "out")["notes"] if "overdue" in note]
