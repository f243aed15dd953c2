"""report.json is a contract: complete, valid by its published schema, read back strictly, the same bytes each time."""

import json
import math

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from goldens import assert_golden
from prodready.errors import ProdreadyError
from prodready.model import Finding, Found, Item, Measured, Outcome, Report, Severity, Status, Unseen
from prodready.report import json_v1, wire
from prodready.report.inert import dumped
from prodready.report.json_v1 import item_json, read, render
from reports import HOSTILE, evidence, outcomes, ready, reports, sample

SCHEMA = json.loads(json_v1.SCHEMA_FILE.read_text("utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)
VALID_ITEM = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["outcome"], "$defs": SCHEMA["$defs"]})

CONTRACT = {
    "": ["schema", "tool", "subject", "profile", "stage", "started", "seconds", "decision", "score", "items", "checks"],
    "tool": ["name", "version"],
    "subject": ["repository", "commit", "base", "dirty"],
    "profile": ["id", "title", "sha256", "source"],
    "decision": ["ready", "exit_code", "reasons"],
    "score": ["value", "without_waivers", "pass_mark", "categories"],
    "score.categories.0": ["id", "title", "weight", "earned", "of", "percent"],
    "items.0": [
        "id", "title", "category", "section", "stage", "status", "required", "check", "expect", "measured", "examined", "summary", "seconds",
        "evidence", "waiver", "findings",
    ],
    "items.0.evidence": ["source", "tool", "sha256", "collected", "expires"],
    "items.0.findings.0": ["rule", "message", "severity", "path", "line", "fix", "fingerprint", "suppressed"],
    "checks.0": ["id", "ran", "why_not", "tool", "examined", "seconds"],
}  # fmt: skip


def at(data, path):
    for part in filter(None, path.split(".")):
        data = data[int(part)] if part.isdigit() else data[part]
    return data


def one_finding_each(*findings: Finding) -> Report:
    report = ready()
    (outcome,) = report.outcomes
    return replace(report, outcomes=tuple(replace(outcome, observation=Found(examined=1, evidence=evidence("x"), findings=(f,))) for f in findings))


def changed(path: str, value: object) -> str:
    data = json.loads(render(sample()))
    head, _, last = path.rpartition(".")
    at(data, head)[int(last) if last.isdigit() else last] = value
    return json.dumps(data)


@pytest.mark.parametrize("path", CONTRACT)
def test_every_key_of_the_contract_is_there_in_its_order(path):
    keys = list(at(json.loads(render(sample())), path))
    assert CONTRACT[path] == keys[: len(CONTRACT[path])]


def test_the_sample_looks_as_it_did():
    assert_golden("report.json", render(sample()))


def test_the_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("shape", "where"), [(wire.Report, SCHEMA), (wire.Item, SCHEMA["$defs"]["item"]), (wire.Finding, SCHEMA["$defs"]["finding"])])
def test_the_schema_describes_what_is_written(shape, where):
    assert list(shape.__struct_fields__) == list(where["properties"])


@settings(deadline=None)
@given(reports())
def test_any_report_is_valid_by_the_schema_and_survives_the_way_there_and_back(report):
    text = render(report)
    VALID.validate(json.loads(text))
    assert text == render(read(text))


@settings(deadline=None)
@given(reports())
def test_no_text_can_hide_or_reorder_what_a_person_reads_in_the_file(report):
    text = render(report)
    assert text.encode("utf-8")
    assert not [sign for sign in text if sign != "\n" and (ord(sign) < 32 or sign in "\u007f\u0085\u200b\u200f\u202e\u2028\u2066\u2069\ufeff")]


@given(outcomes())
def test_one_outcome_is_an_item_without_the_keys_of_a_profile(outcome):
    data = json.loads(item_json(outcome))
    VALID_ITEM.validate(data)
    assert set() == wire.PROFILE_KEYS & set(data)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**5000)], ids=["nan", "inf", "-inf", "huge", "-huge"])
def test_a_number_that_json_lacks_is_told_by_name(value):
    seen = Measured(value=value, evidence=evidence("x"))
    outcome = Outcome(item=Item(id="a", title="A", check="document"), status=Status.UNKNOWN, summary="", observation=seen)
    assert isinstance(json.loads(item_json(outcome), parse_constant=pytest.fail)["measured"], str)


@pytest.mark.parametrize("value", [True, 3, 3.5, 10**20, "A+"])
def test_a_measured_value_keeps_its_type(value):
    report = ready()
    report = replace(report, outcomes=(replace(report.outcomes[0], observation=Measured(value=value, evidence=evidence("x"))),))
    (outcome,) = read(render(report)).outcomes
    assert (value, type(value)) == (outcome.observation.value, type(outcome.observation.value))


def test_equal_fingerprints_are_numbered_across_the_whole_report():
    finding = Finding(rule="B602", message="shell", severity=Severity.HIGH, path="a.py", line=1)
    items = json.loads(render(one_finding_each(finding, replace(finding, line=9), finding)))["items"]
    print_ = finding.fingerprint
    assert [print_, f"{print_}-2", f"{print_}-3"] == [item["findings"][0]["fingerprint"] for item in items]


def test_a_file_name_that_is_no_text_does_not_stop_the_report():
    finding = Finding(rule="r", message="m", severity=Severity.LOW, path="a\udcff.py")
    (item,) = json.loads(render(one_finding_each(finding)))["items"]
    assert "a\\udcff.py" == item["findings"][0]["path"]


def test_findings_beyond_the_limit_are_counted_not_lost_in_silence():
    finding = Finding(rule="r", message="m", severity=Severity.LOW)
    report = ready()
    many = Found(examined=1, evidence=evidence("x"), findings=(finding,) * (json_v1.MAX_FINDINGS + 5))
    (item,) = json.loads(render(replace(report, outcomes=(replace(report.outcomes[0], observation=many),))))["items"]
    assert (json_v1.MAX_FINDINGS, ["5 more findings were left out of this report"]) == (len(item["findings"]), item["notes"])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no JSON"),
        ("[]", "expected a mapping"),
        ("{}", "schema"),
        ("[" * 200_000, "too deeply"),
        ('{"schema": NaN}', "NaN"),
        ('{"seconds": 1e999}', "1e999"),
        ('{"seconds": ' + "9" * 5000 + "}", "too long"),
        ('{"sceduhle": 1}', "sceduhle"),
        ('{"stage": "pr", "stage": "pr"}', "twice"),
        ('{"items": [' + "0," * 20_000 + "0]}", "items"),
    ],
)
def test_what_is_no_report_is_refused_with_the_key(text, word):
    with pytest.raises(ProdreadyError, match=word.replace("+", r"\+")):
        read(text)


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("schema", "prodready/report/v2", "schema"),
        ("tool.name", "other", "tool.name"),
        ("started", "yesterday", "started"),
        ("started", "2026-11-24T12:00:00", "zone"),
        ("stage", "prod", "stage"),
        ("seconds", -1, "seconds"),
        ("seconds", True, "seconds"),
        ("decision.ready", True, "decision.ready"),
        ("items.0.status", "great", r"items\[0\].status"),
        ("items.0.examined", "12", r"items\[0\].examined"),
        ("items.0.evidence", None, r"items\[0\].evidence"),
        ("items.0.evidence.collected", "x", r"items\[0\].evidence.collected"),
        ("items.0.findings.0.severity", "mild", r"findings\[0\].severity"),
        ("items.2.waiver.until", "soon", r"items\[2\].waiver.until"),
        ("items.3.measured", None, r"items\[3\].measured"),
        ("items.4.status", "passed", r"items\[4\] was not seen"),
        ("checks.0.ran", 1, r"checks\[0\].ran"),
    ],
)
def test_a_forged_or_broken_report_is_refused_with_the_key(path, value, word):
    with pytest.raises(ProdreadyError, match=word):
        read(changed(path, value))


def test_a_missing_key_is_named():
    data = json.loads(render(sample()))
    del data["items"][1]["required"]
    with pytest.raises(ProdreadyError, match=r"items\[1\]: 'required' is missing"):
        read(json.dumps(data))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_no_json_at_all_makes_the_reader_crash(data):
    with pytest.raises(ProdreadyError):
        read(json.dumps(data))


def test_what_was_not_seen_comes_back_as_not_seen():
    outcome = read(render(sample())).outcomes[4]
    assert Unseen(reason="zizmor was stopped after 120 s", remedy="raise --deadline, or look why it hangs") == outcome.observation


def test_hostile_words_come_back_as_they_were():
    finding = Finding(rule="r", message=HOSTILE.replace("\udcff", ""), severity=Severity.LOW)
    assert finding == read(render(one_finding_each(finding))).outcomes[0].observation.findings[0]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(max_codepoint=126))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\', max_size=3), inner, max_size=3), max_leaves=12)


@given(VALUES)
def test_reports_are_written_as_the_json_module_indents(data):
    assert dumped(data) == json.dumps(data, ensure_ascii=False, indent=2)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_no_json_number_is_never_written(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumped({"measured": [number]})
