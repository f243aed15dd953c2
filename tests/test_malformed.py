"""Whatever people or programs write into our files, nobody sees a traceback: a mistake is told with the file it is in, or the file is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.test_launches import LAUNCH
from prodready import checklist, drilling, launching
from prodready.boxes import doubts, outline
from prodready.boxes.skeleton import Skeleton
from prodready.boxes.suggest import Library
from prodready.errors import ProdreadyError
from prodready.evidence import record
from prodready.history import _parsed
from prodready.profile import PolicyText
from prodready.report import json_v1
from prodready.report.pdf import company
from reports import sample
from test_checklist import OWN, PROFILE
from test_report_pdf import COMPANY

ROOT = Path(__file__).parents[1]
LISTS = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "profiles" / "sources").glob("*.md")))[:6000]
REPORT = json.loads(json_v1.render(sample()))
DRILL = (ROOT / "examples" / "desk" / "drills" / "kill-pnl.yml").read_text("utf-8")
LIBRARY = Library([item for name in checklist.builtin() for item in checklist.shipped(name)])
ODD = ["", "\0", "\ufeff", "\u202e", "[", "{", "}", ": ", "- ", "&a *a", "!!python/object:x", "<<: ", "'", '"', "|", "`", "\t", "1e999", ".nan", "\r", "~"]
ODD += ["9" * 400, "[" * 500, "\ud7ff", "null", "true", "2026-02-31", "-1", "x" * 3000]


@st.composite
def spoiled(draw, text):
    """The text with a few places cut, doubled or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(st.sampled_from([*ODD, text[start:end] * 2])) + text[end:]
    return text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=8) | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def misshapen(draw, data):
    """The data with one place, however deep, replaced by anything, or gone."""
    copy = json.loads(json.dumps({"": data}))
    place, key = copy, ""
    while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
        place = place[key]
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    if draw(st.booleans()) and isinstance(place, dict) and key:
        del place[key]
    else:
        place[key] = draw(JSON)
    return copy[""]


def told(read, *, names=""):
    """That it is read, or refused in words that name the file."""
    try:
        read()
    except ProdreadyError as error:
        assert error.message
        assert names in error.message


@settings(deadline=None)
@given(spoiled(PROFILE))
def test_a_spoiled_profile_is_told_with_its_file(text):
    told(lambda: checklist.load(PolicyText(text=text, name="mini.yml")), names="mini.yml")


@settings(deadline=None)
@given(spoiled(OWN))
def test_a_spoiled_repository_file_is_told_with_its_file(text):
    told(lambda: checklist.load(PolicyText(text=PROFILE, name="mini.yml"), PolicyText(text=text, name=".prodready.yml")), names=".prodready.yml")


@settings(deadline=None)
@given(spoiled(LISTS))
def test_a_spoiled_checklist_is_read_doubted_and_made_a_profile(text):
    found = outline.read(text)
    assert all(one.line >= 0 for one in doubts.doubts(found))
    assert Skeleton(outline=found, library=LIBRARY, source="list.md").text()


@settings(deadline=None)
@given(misshapen(REPORT))
def test_a_misshapen_report_is_told(data):
    told(lambda: json_v1.read(json.dumps(data)))


@settings(deadline=None)
@given(spoiled(json_v1.render(sample())[:20_000]))
def test_a_cut_report_is_told(text):
    told(lambda: json_v1.read(text))


@settings(deadline=None)
@given(JSON)
def test_what_is_no_line_of_a_history_is_told(data):
    told(lambda: _parsed(json.dumps(data)))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Writes a text to a file and gives its path."""
    folder = tmp_path_factory.mktemp("written")

    def write(name, text):
        (folder / name).write_text(text, "utf-8", "surrogatepass")
        return folder / name

    return write


@settings(deadline=None)
@given(text=spoiled(DRILL))
def test_a_spoiled_drill_is_told_with_its_file(written, text):
    path = written("drill.yml", text)
    told(lambda: drilling.wish(str(path), {}), names="drill.yml")


@settings(deadline=None)
@given(data=misshapen(LAUNCH))
def test_a_misshapen_launch_is_told_with_its_file(written, data):
    path = written("launch.yml", json.dumps(data))
    told(lambda: launching.read(path), names="launch.yml")


@settings(deadline=None)
@given(text=spoiled(COMPANY))
def test_a_spoiled_company_file_is_told_with_its_file(written, text):
    path = written("soc2.yml", text)
    told(lambda: company.read(path), names="soc2.yml")


@settings(deadline=None)
@given(JSON.filter(lambda data: "Infinity" not in json.dumps(data) and "NaN" not in json.dumps(data)), st.booleans())
def test_what_is_no_record_is_refused_in_words(data, sealed):
    """Also when whoever wrote it computed the hash anew."""
    whole = {"schema": record.SCHEMA, **(data if isinstance(data, dict) else {"id": data})}
    if sealed:
        whole["sha256"] = record.digest(whole)
    with pytest.raises(ValueError, match=r"."):
        record.parse(json.dumps(whole))
