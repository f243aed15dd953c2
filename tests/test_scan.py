"""How the end of a scanner is read: what does not add up is no verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Completed, Ended
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, classify, each, gaps, json_of, want
from prodready.tools.scan import lowered, numbered, printable

ENDED = Completed(program="scanner 1.0", ended=Ended.EXITED, code=1, stdout=b"", stderr=b"first\nlast words\n", seconds=1.0)
PLANTED = Finding(rule="flaw", message="planted", severity=Severity.HIGH, path="canary")
FOUND = Finding(rule="flaw", message="real", severity=Severity.HIGH, path="a.py")
CLEAN = Reading(findings=(PLANTED,), scanned=("a.py", "b.py", "canary"))


def read(reading=CLEAN, *, ended=ENDED, report=b"{}", **more):
    def parse(output):
        if isinstance(reading, Exception):
            raise reading
        return reading

    manner = Manner(
        codes={0: Says.NOTHING, 1: Says.SOMETHING, 2: Says.EITHER}, parse=parse, inputs=frozenset({"a.py", "b.py"}),
        canary=Canary(faults={"canary": "flaw"}), **more,
    )  # fmt: skip
    return classify(ended, Output(report=report, stderr=""), manner)


def why_not(*args, **more):
    with pytest.raises(CannotTell) as caught:
        read(*args, **more)
    assert caught.value.remedy
    return caught.value.reason


def test_only_the_planted_fault_is_clean():
    assert ((), {}) == (read().findings, read().unread)


def test_the_planted_fault_is_never_among_the_findings():
    assert (FOUND,) == read(replace(CLEAN, findings=(PLANTED, FOUND))).findings


def test_an_input_that_is_not_mentioned_is_a_gap():
    assert {"b.py"} == set(read(replace(CLEAN, scanned=("a.py",))).unread)


def test_an_input_that_could_not_be_read_keeps_its_reason():
    assert {"b.py": "broken"} == read(replace(CLEAN, unread={"b.py": "broken", "canary": "never mind"})).unread


def test_an_unknown_exit_code_says_so_with_the_last_words():
    assert "scanner 1.0 failed with exit code 9: last words" == why_not(ended=replace(ENDED, code=9))


def test_the_last_words_of_a_program_that_handles_secrets_are_not_shown():
    assert "scanner 1.0 failed with exit code 9" == why_not(ended=replace(ENDED, code=9), quotable=False)


@pytest.mark.parametrize("ended", [ended for ended in Ended if ended is not Ended.EXITED])
def test_a_program_that_did_not_exit_tells_nothing(ended):
    assert "scanner 1.0" in why_not(ended=replace(ENDED, ended=ended, code=-9))


@pytest.mark.parametrize("report", [b"", b" \n"])
def test_no_report_is_not_an_empty_report(report):
    assert "left no report" in why_not(report=report)


@pytest.mark.parametrize("error", [Malformed("odd"), RecursionError()])
def test_what_cannot_be_parsed_is_no_verdict(error):
    assert "is not understood" in why_not(error)


@pytest.mark.parametrize(("code", "findings"), [(0, (PLANTED,)), (0, (PLANTED, FOUND)), (1, ())])
def test_exit_code_and_findings_must_agree(code, findings):
    assert "contradicts itself" in why_not(replace(CLEAN, findings=findings), ended=replace(ENDED, code=code))


@pytest.mark.parametrize("findings", [(), (FOUND,), (replace(PLANTED, rule="other"),)])
def test_without_the_planted_fault_silence_proves_nothing(findings):
    assert "planted" in why_not(replace(CLEAN, findings=findings), ended=replace(ENDED, code=2))


def test_a_report_about_another_place_is_refused():
    assert "not given" in why_not(replace(CLEAN, findings=(PLANTED, replace(FOUND, path="/etc/passwd"))))


@given(st.binary(max_size=60))
def test_any_bytes_are_one_json_document_or_malformed(raw):
    try:
        json_of(raw)
    except Malformed as error:
        assert "not" in str(error)


@pytest.mark.parametrize("data", [None, [], {}, {"key": True}, {"key": "1"}])
def test_a_value_of_another_type_is_malformed(data):
    with pytest.raises(Malformed):
        want(data, "key", int)
    with pytest.raises(Malformed):
        list(each(data, "key"))


def test_gaps_are_bounded_and_say_how_many_are_missing():
    lines = gaps({f"{number:04}.py": "why" for number in range(500)})
    assert (101, "0000.py: why", "and 400 more inputs") == (len(lines), lines[0], lines[-1])


@given(st.lists(st.tuples(st.sampled_from(["R1", "R2"]), st.sampled_from(["a", "b"]), st.integers(1, 99)), max_size=12), st.integers(1, 1000))
def test_fingerprints_differ_and_stay_when_all_lines_move(places, shift):
    def prints(by):
        moved = [Finding(rule=rule, message="m", severity=Severity.LOW, path=path, line=line + by) for rule, path, line in places]
        return {one.fingerprint for one in numbered(moved)}

    assert len(places) == len(prints(0))
    assert prints(0) == prints(shift)


def test_lowered_ends_at_note():
    assert [Severity.NOTE, Severity.NOTE, Severity.LOW, Severity.MEDIUM, Severity.HIGH] == [lowered(severity) for severity in Severity]


def test_a_name_that_is_no_text_is_known_as_tools_print_it():
    assert "bad\ufffd.txt" == printable("bad\udcff.txt")
