"""The formats for machines, each read back by a program that is not ours, on a small and on a large report."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

import npm
from goldens import assert_golden
from locked import interpreter
from prodready import rules
from prodready.model import Finding, Found, Severity, Status
from prodready.readers import sarif as sarif_reader
from prodready.readers.structured import Unreadable
from prodready.report import EXTENSIONS, RENDERERS, sarif, table
from prodready.report.escape import markdown
from programs import MINI, prodready, write
from reports import evidence, large, ready, reports, sample

HERE = Path(__file__).parent / "formats"
SCHEMA = ("@microsoft/jest-sarif", "1.0.0-beta.0", "sha512-A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A==")
VALIDATOR = ("@microsoft/sarif-multitool-linux", "5.7.0", "sha512-NxUbpq6ISCWoTQ/NfOYEwEDKq1Heka/rMoJ5R5LMydcAZQX/X7g5mWHcgxDub+0M07LC96tZ5LZHvF1Qy3gjTA==")
MACHINES = ("sarif", "junit", "oscal", "intoto", "cyclonedx")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder of formats for each report."""
    made = {}
    for name, report in (("sample", sample()), ("ready", ready()), ("large", large())):
        made[name] = tmp_path_factory.mktemp(name)
        for kind in MACHINES:
            (made[name] / f"report.{EXTENSIONS[kind]}").write_text(RENDERERS[kind](report), "utf-8")
    return made


@pytest.fixture(scope="module")
def read(folders):
    python = interpreter(HERE / "readers.lock", what="the readers of the formats")
    found = {}
    for name, folder in folders.items():
        ended = subprocess.run([python, "-I", HERE / "read.py", folder], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr[-3000:]
        found[name] = json.loads(ended.stdout)
    return found


@pytest.mark.integration
def test_sarif_tools_counts_what_we_found(read):
    counts = {name: (found["report.sarif"]["tools"], found["report.sarif"]["count"]) for name, found in read.items()}
    assert {"sample": (["prodready"], 9), "ready": (["prodready"], 0), "large": (["prodready"], 5017)} == counts


@pytest.mark.integration
def test_junitparser_sees_a_failure_for_what_failed_and_an_error_for_what_nobody_could_tell(read):
    assert {"tests": 11, "kinds": {"Error": 3, "Failure": 4, "NoneType": 2, "Skipped": 2}} == read["sample"]["report.junit.xml"]
    assert {"tests": 2, "kinds": {"NoneType": 2}} == read["ready"]["report.junit.xml"]


@pytest.mark.integration
def test_trestle_validates_the_assessment_results(read):
    assert {"not-satisfied": 7, "satisfied": 2} == read["sample"]["report.oscal.json"]["states"]
    assert (50, "Production readiness of acme/desk") == (read["large"]["report.oscal.json"]["observations"], read["large"]["report.oscal.json"]["title"])


@pytest.mark.integration
def test_in_toto_validates_the_statement_and_its_predicate(read):
    assert {"result": "FAILED", "passed": 2, "failed": 6, "subjects": 2} == read["sample"]["report.intoto.json"]
    assert "PASSED" == read["ready"]["report.intoto.json"]["result"]


@pytest.mark.integration
def test_cyclonedx_validates_the_reference(read):
    assert ["None"] * 3 == [found["report.cdx.json"]["error"] for found in read.values()]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["sample", "ready", "large"])
def test_the_log_is_valid_by_the_schema_of_sarif(folders, name):
    schema = json.loads((npm.unpacked(*SCHEMA) / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8-sig"))
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(json.loads((folders[name] / "report.sarif").read_text("utf-8"))))
    assert [] == [error.message for error in errors]


@pytest.mark.integration
@pytest.mark.parametrize("name", ["sample", "ready", "large"])
def test_the_validator_of_sarifs_authors_finds_nothing_that_github_would_refuse(folders, name, tmp_path):
    program = npm.unpacked(*VALIDATOR) / "Sarif.Multitool"
    program.chmod(0o755)
    command = [program, "validate", folders[name] / "report.sarif", "--rule-kind", "Sarif;Ghas", "--output", tmp_path / "found.sarif", "--quiet", "true"]
    environ = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(tmp_path)}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert (tmp_path / "found.sarif").is_file(), ended.stdout + ended.stderr
    log = json.loads((tmp_path / "found.sarif").read_text("utf-8-sig"))
    found = [(result["ruleId"], result.get("level", "warning"), result["message"]) for run in log["runs"] for result in run.get("results", [])]
    assert [] == [one for one in found if one[1] == "error"]


def test_the_formats_look_as_they_did():
    for kind in (*MACHINES, "badge", "csv"):
        text = RENDERERS[kind](sample())
        assert_golden(f"report.{EXTENSIONS[kind]}", text.replace("\r\n", "\n"))


def log_of(report):
    return json.loads(sarif.render(report))["runs"][0]


def with_findings(*findings):
    report = ready()
    seen = Found(examined=1, evidence=evidence("x"), findings=findings)
    return replace(report, outcomes=(replace(report.outcomes[0], status=Status.FAILED, observation=seen),))


def test_a_fingerprint_stays_when_the_line_moves():
    one = Finding(rule="B602", message="shell", severity=Severity.HIGH, path="a.py", line=3)
    before, after = (log_of(with_findings(finding))["results"][0] for finding in (one, replace(one, line=90)))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert (3, 90) == tuple(result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in (before, after))


@pytest.mark.parametrize(("check_id", "rule"), [(check_id, rule) for check_id in ("iam_wildcards", "licences") for rule in rules.rules(check_id).values()])
def test_a_log_says_of_each_rule_what_it_is_about_and_where_to_read_on(check_id, rule):
    report = with_findings(Finding(rule=rule.id, message="m", severity=Severity.HIGH, path="p.json", line=3, fix="write the name"))
    item = replace(report.outcomes[0].item, check=check_id)
    run = log_of(replace(report, outcomes=(replace(report.outcomes[0], item=item),)))
    (told,) = run["tool"]["driver"]["rules"]
    assert (rule.help, f"{check_id}/{rule.id}") == (told["helpUri"], told["id"])
    assert told["shortDescription"]["text"].startswith(rule.title)
    assert told["fullDescription"]["text"] == rule.why
    assert told["help"]["text"] == f"{rule.why} What to do, by the first place: write the name"
    assert told["help"]["markdown"].endswith(f"[More]({rule.help})")
    assert run["results"][0]["message"]["text"] == "m. What to do: write the name"


def test_an_arn_that_is_copied_from_the_help_holds_no_sign_that_nobody_sees():
    arn = "arn:aws:sqs:eu-west-1:<account>:orders"
    run = log_of(with_findings(Finding(rule="r", message="m", severity=Severity.HIGH, path="p.json", line=3, fix=f"write {arn}, not :tada: or @octocat")))
    assert run["results"][0]["message"]["text"] == f"m. What to do: write {arn}, not :tada: or @octocat"
    assert markdown(f"write {arn}") == "write arn:aws:sqs:eu-west-1:&lt;account&gt;:orders"
    assert markdown("not :tada: or @octocat") == "not :&#8203;tada: or @&#8203;octocat"


@pytest.mark.parametrize(
    ("fix", "shown"),
    [
        ('write "Resource": "arn:aws:sqs:<region>:<account>:<QueueName>"', '\n\n```text\nwrite "Resource": "arn:aws:sqs:<region>:<account>:<QueueName>"\n```'),
        ('write "```"', '\n\n````text\nwrite "```"\n````'),
        ("name @mara", " name @&#8203;mara"),
    ],
)
def test_what_to_write_can_be_copied_from_the_help_as_it_stands(fix, shown):
    report = with_findings(Finding(rule="IAM-RESOURCE-STAR", message="m", severity=Severity.HIGH, path="p.json", line=3, fix=fix))
    item = replace(report.outcomes[0].item, check="iam_wildcards")
    (told,) = log_of(replace(report, outcomes=(replace(report.outcomes[0], item=item),)))["tool"]["driver"]["rules"]
    assert f"What to do, by the first place:{shown}\n\n[More]" in told["help"]["markdown"]


def test_a_report_of_others_names_no_folder_to_read_rules_from():
    assert rules.rules("../checks/iam_wildcards") == {}


def test_what_github_cannot_take_is_cut_from_the_least_and_told():
    hits = tuple(Finding(rule="r", message=f"m{n}", severity=Severity(n % 5), path=f"{n}.py") for n in range(sarif.MOST + 40))
    run = log_of(with_findings(*hits))
    assert sarif.MOST == len(run["results"])
    assert 4_968 == sum(result["level"] == "none" for result in run["results"])
    assert "40 results of the least severity were left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_paths_are_relative_to_the_repository_and_encoded():
    finding = Finding(rule="r", message="m", severity=Severity.HIGH, path="a b/ö#1.py")
    (result,) = json.loads(sarif.render(with_findings(finding), prefix="services/a"))["runs"][0]["results"]
    assert "services/a/a%20b/%C3%B6%231.py" == result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_a_run_that_could_not_tell_is_no_success_and_our_own_reader_refuses_it():
    assert [False, True] == [log_of(report)["invocations"][0]["executionSuccessful"] for report in (sample(), ready())]
    with pytest.raises(Unreadable):
        sarif_reader.read(json.loads(sarif.render(sample())), name="report.sarif", root="/x")


def test_severities_come_back_as_they_were():
    hits = tuple(Finding(rule=f"r{severity.value}", message="m", severity=severity, path="a.py") for severity in Severity)
    (result,) = sarif_reader.read(json.loads(sarif.render(with_findings(*hits))), name="report.sarif", root="/x")
    assert sorted(Severity) == sorted(finding.severity for finding in result.findings)


def test_waived_and_suppressed_findings_say_so():
    suppressed = [result["suppressions"][0]["justification"] for result in log_of(sample())["results"] if "suppressions" in result]
    assert ["base: .bandit"] == suppressed


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "\t=1"])
def test_a_spreadsheet_computes_no_cell(start):
    assert not table.cell(start).lstrip().startswith(("=", "+", "-", "@", "|"))


def test_every_item_is_a_row_of_the_table():
    rows = list(csv.DictReader(io.StringIO(table.render(sample()))))
    assert [outcome.item.id for outcome in sample().outcomes] == [row["id"] for row in rows]
    assert ("71.5 %", "Dana Levi", "2026-12-01") == (rows[3]["measured"], rows[2]["waived by"], rows[2]["until"])


@pytest.mark.parametrize(("code", "ready_", "message", "colour"), [(0, True, "ready 100.0", "brightgreen"), (3, False, "unknown 100.0", "blueviolet")])
def test_the_badge_tells_the_verdict(code, ready_, message, colour):
    report = ready()
    shown = json.loads(RENDERERS["badge"](replace(report, decision=replace(report.decision, exit_code=code, ready=ready_))))
    assert {"schemaVersion": 1, "label": "prodready", "message": message, "color": colour, "isError": code == 3} == shown


@settings(deadline=None, max_examples=40)
@given(reports())
def test_any_report_can_be_written_in_every_format_and_twice_the_same(report):
    for kind in (*MACHINES, "badge", "csv"):
        assert RENDERERS[kind](report) == RENDERERS[kind](report)


def test_the_input_of_the_action_writes_the_log_beside_the_report(tmp_path):
    folder = write(tmp_path / "s", {"README.md": "hello", "mini.yml": MINI})
    ended = prodready("action", "run", env={
        "PRODREADY_SARIF": "file", "PRODREADY_PROFILE": "mini.yml", "PRODREADY_PATH": str(folder), "PRODREADY_OUT": str(tmp_path / "out"),
    })  # fmt: skip
    assert (0, "2.1.0") == (ended.code, json.loads((tmp_path / "out" / "report.sarif").read_text("utf-8"))["version"]), ended.everything
