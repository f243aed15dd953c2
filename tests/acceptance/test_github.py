"""What GitHub itself says and does: every payload it publishes, every way its API can fail, people who sign through it, and the numbers 1 to 29."""

import re
from collections import Counter
from pathlib import Path

import pytest

from fake_github.packages import WEBHOOKS, member
from prodready.errors import ProdreadyError
from prodready.github.event import Kind, of_payload
from pulls import PROFILE

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent.parent
SHA = "c" * 40
CHANGES = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "merge_group")


# Payloads


def examples():
    return [(event["name"], payload) for event in member(WEBHOOKS, "api.github.com/index.json") for payload in event["examples"]]


def test_22_every_payload_that_github_publishes_is_classified():
    kinds = Counter(of_payload(name, payload, sha=SHA).kind for name, payload in examples())
    assert kinds.total() == len(examples()) > 150
    assert {Kind.PULL_REQUEST, Kind.MERGE_GROUP, Kind.PUSH, Kind.WORKFLOW_RUN, Kind.WORKFLOW_DISPATCH, Kind.OTHER} <= set(kinds)


def test_22_of_a_change_the_pull_request_and_its_base_are_found():
    for name, payload in examples():
        if name in CHANGES:
            event = of_payload(name, payload, sha=SHA)
            assert event.pr == (104 if name == "merge_group" else payload["pull_request"]["number"])
            base = payload["merge_group"]["base_sha"] if name == "merge_group" else payload["pull_request"]["base"]["sha"]
            assert (base, 40) == (event.base_sha, len(base))


def test_22_an_odd_queue_is_never_guessed():
    (payload, *_) = [payload for name, payload in examples() if name == "merge_group"]
    payload["merge_group"]["head_ref"] = "refs/heads/main"
    with pytest.raises(ProdreadyError):
        of_payload("merge_group", payload, sha=SHA)


# Faults


LIMIT = {"message": "You have exceeded a secondary rate limit.", "headers": {"Retry-After": "3600"}}
FAULTS = {
    "403": {"status": 403, "message": "Resource not accessible by integration"},
    "404": {"status": 404, "message": "Not Found"},
    "409": {"status": 409, "message": "Conflict"},
    "410": {"status": 410, "message": "Gone"},
    "422": {"status": 422, "message": "Validation Failed"},
    "429": {"status": 429, **LIMIT},
    "secondary limit": {"status": 403, **LIMIT},
    "500": {"status": 500},
    "502 after it was stored": {"status": 502, "stored": True},
    "503": {"status": 503},
    "truncated JSON": {"status": 200, "raw": b'{"id": 1, "bo'},
    "no answer": {"hang": True},
}


def test_25_a_check_run_of_what_could_not_be_told_or_is_awaited_is_never_one_that_passes(pull):
    pull.environ = {"PRODREADY_CHECK_RUN": "true"}
    report = "check: test_report, params: {files: [no.xml], measure: failed}, expect: <= 0, required: true"
    unclear = f"{PROFILE}      - {{id: own.report, title: A report, {report}}}\n"
    pull.base({"profile.yml": unclear}).change({"desk.py": "x = 2\n"})
    assert (3, ["failure"]) == (pull.gate().code, [run["conclusion"] for run in pull.github.check_runs.values()])
    pull.base({"profile.yml": PROFILE, ".prodready.yml": BOTH})
    assert "success" not in {run["conclusion"] for run in pull.github.check_runs.values()}


def test_25_after_a_lost_answer_the_check_run_of_an_earlier_run_of_the_commit_is_not_taken_for_ours(pull, monkeypatch):
    monkeypatch.setattr("prodready.github.retry.ATTEMPTS", 0)
    pull.environ = {"PRODREADY_CHECK_RUN": "true"}
    pull.base().change({"desk.py": "x = 2\n"})
    pull.gate()
    pull.github.reviews.append(pull.review("CHANGES_REQUESTED"))
    pull.github.trouble("POST", "/check-runs", times=1, status=502)
    pull.gate()
    assert 2 == len(pull.github.check_runs)
    pull.github.trouble("POST", "/check-runs", times=1, status=502, stored=True)
    pull.gate()
    assert 3 == len(pull.github.check_runs)
    pull.github.violations.clear()


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_25_however_the_api_fails_exit_code_and_summary_are_right(pull, monkeypatch, fault, good):
    """Every request of every kind fails in that way, as often as it is tried."""
    monkeypatch.setattr("prodready.github.retry.ATTEMPTS", 0)
    if fault == "no answer":
        monkeypatch.setattr("prodready.github.client.TIMEOUT", 1)
    pull.base().change({"desk.py": "x = 2\n" if good else "x = 2  # FIXME\n"})
    for method in ("GET", "POST", "PATCH"):
        pull.github.trouble(method, "/", times=99, **FAULTS[fault])
    gated = pull.gate()
    assert (0 if good else 1) == gated.code, gated.out
    assert ("✅ Ready to merge" if good else "❌ Not ready to merge") in gated.summary
    assert "not posted" in gated.told
    assert good or "success" not in {row["state"] for row in pull.github.statuses}
    assert 1 >= len(pull.github.comments)
    pull.github.violations.clear()  # an endpoint that fails in a way it does not document


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "502 after it was stored"])
def test_25_a_signature_that_cannot_be_asked_for_is_unknown_and_never_there(pull, monkeypatch, fault):
    monkeypatch.setattr("prodready.github.retry.ATTEMPTS", 0)
    if fault == "no answer":
        monkeypatch.setattr("prodready.github.client.TIMEOUT", 8)
    pull.base({".prodready.yml": "extends: profile.yml\nroles: {CTO: {people: {erin: 11}}}\nsignoffs: {pr: [CTO]}\n"}).change({"desk.py": "x = 2\n"})
    pull.github.reviews.append(pull.review("APPROVED"))
    pull.github.trouble("GET", "/reviews", times=99, **FAULTS[fault])
    gated = pull.gate()
    assert (3, ["error"]) == (gated.code, [row["state"] for row in pull.github.statuses]), gated.out
    assert "unverifiable" in gated.told
    pull.github.violations.clear()


# People, through GitHub


BOTH = """\
extends: profile.yml
roles:
  CTO: {people: {erin: 11}}
  Risk Officer: {people: {frank: 12}, environment: prodready-risk}
signoffs: {pr: [CTO, Risk Officer]}
"""


def approval(pull, login, number, environment="prodready-risk", state="approved"):
    """Somebody's word on the environment of the next run."""
    from fake_github import contract

    (example,) = contract.example("environment-approvals-items")
    user = {**example["user"], "login": login, "id": number}
    row = {**example, "user": user, "state": state, "environments": [{**example["environments"][0], "name": environment}]}
    pull.github.approvals[77 + pull.runs + 1] = [row]


def test_17_reviews_and_approvals_of_environments_open_the_gate_and_a_push_closes_it_again(pull):
    pull.base({".prodready.yml": BOTH}).change({"desk.py": "x = 2\n"})
    assert (4, "pending") == (pull.gate().code, pull.github.statuses[-1]["state"])
    pull.github.reviews.append(pull.review("APPROVED"))
    assert (4, "pending") == (pull.gate().code, pull.github.statuses[-1]["state"])
    approval(pull, "frank", 12)
    gated = pull.gate()
    assert (0, "success") == (gated.code, pull.github.statuses[-1]["state"]), gated.out
    assert [("CTO", "erin", "review"), ("Risk Officer", "frank", "environment")] == [(row["role"], row["who"], row["how"]) for row in gated.report["signoffs"]]
    assert "Sign-offs (2 of 2)" in pull.github.comments[0].body
    pull.change({"desk.py": "x = 3\n"})
    approval(pull, "frank", 12)
    gated = pull.gate()
    assert (4, "pending") == (gated.code, pull.github.statuses[-1]["state"])
    assert "CTO has not signed: the word of erin (review) is for" in gated.told


def test_18_what_somebody_approved_and_then_wants_changed_stays_closed_whatever_they_comment(pull):
    pull.base({".prodready.yml": "extends: profile.yml\nroles: {CTO: {people: {erin: 11}}}\nsignoffs: {pr: [CTO]}\n"}).change({"desk.py": "x = 2\n"})
    pull.github.reviews.append(pull.review("APPROVED"))
    assert 0 == pull.gate().code
    for state in ("CHANGES_REQUESTED", "COMMENTED"):
        pull.github.reviews.append(pull.review(state))
        assert (4, "pending") == (pull.gate().code, pull.github.statuses[-1]["state"])


@pytest.mark.parametrize(("login", "number", "environment", "state"), [
    ("mallory", 666, "prodready-risk", "approved"), ("frank", 12, "another", "approved"), ("frank", 12, "prodready-risk", "rejected"),
    ("erin", 11, "prodready-risk", "approved"),
])  # fmt: skip
def test_19_an_approval_of_somebody_else_of_another_place_or_a_rejection_signs_nothing(pull, login, number, environment, state):
    pull.base({".prodready.yml": BOTH}).change({"desk.py": "x = 2\n"})
    pull.github.reviews.append(pull.review("APPROVED"))
    approval(pull, login, number, environment, state)
    assert 4 == pull.gate().code


def test_20_a_team_is_read_with_the_token_for_organisations_and_unverifiable_without(pull):
    own = {".prodready.yml": "extends: profile.yml\nroles: {Ops: {teams: [acme/ops]}}\nsignoffs: {pr: [Ops]}\n"}
    pull.base(own).change({"desk.py": "x = 2\n"})
    pull.github.teams["acme/ops"] = {"erin": 11}
    pull.github.reviews.append(pull.review("APPROVED"))
    assert (3, "error") == ((gated := pull.gate()).code, pull.github.statuses[-1]["state"])
    assert "unverifiable: the members of acme/ops could not be read: the token may not read teams; give the input org-token" in gated.told
    pull.environ = {"PRODREADY_ORG_TOKEN": "ghp_admin"}
    assert (0, "success") == (pull.gate().code, pull.github.statuses[-1]["state"])


# Output


def test_11_three_hundred_findings_fit_every_limit(pull):
    pull.environ = {"PRODREADY_CHECK_RUN": "true"}
    names = {f"part{number}-🙂@octocat](http://x).py": "FIXME 🙂\n" for number in range(300)}
    pull.base({"profile.yml": PROFILE}).change(names)
    gated = pull.gate()
    assert {"error": 10} == Counter(re.findall("^::(error|warning|notice) ", gated.out, re.MULTILINE))
    assert [50] * 6 == [len(part) for part in pull.github.annotations]
    (run,) = pull.github.check_runs.values()
    assert ("failure", True) == (run["conclusion"], len(run["output"]["summary"].encode()) <= 65535)
    (comment,) = pull.github.comments
    assert len(comment.body) <= 65536
    assert comment.body.count("<details>") == comment.body.count("</details>")
    assert len(gated.summary.encode()) <= 1024 * 1024


# The numbers


def test_every_acceptance_test_has_its_number():
    found = {int(number) for path in HERE.rglob("test_*.py") for number in re.findall(r"^def test_(\d\d)_", path.read_text("utf-8"), re.MULTILINE)}
    assert set(range(1, 30)) <= found
