"""Acceptance tests 26 to 29: GitHub's API as documented, its moods, the branch rule, and a server of one's own."""

import pytest

from prodready import cli
from programs import Ended
from pulls import FILES

pytestmark = pytest.mark.integration
COMMIT = "1" * 40


@pytest.fixture
def protect(github, monkeypatch, capfd):
    """Runs ``prodready protect`` with the token of an administrator."""

    def run(*args, token="ghp_admin"):
        for name, text in {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": github.repository, "PRODREADY_TOKEN": token}.items():
            monkeypatch.setenv(name, text)
        code = cli.outcome(["protect", *args])
        return Ended(code=code, **dict(zip(("out", "err"), capfd.readouterr(), strict=True)))

    return run


# 28


def test_28_protect_twice_makes_one_ruleset_and_the_second_time_nothing_changes(github, protect):
    first = protect("--app", "123456")
    assert (0, True) == (first.code, "written, and read back as written" in first.out), first.everything
    (rule,) = github.rulesets.values()
    checks = next(rule["parameters"] for rule in rule["rules"] if rule["type"] == "required_status_checks")
    assert [{"context": "prodready/gate", "integration_id": 123456}] == checks["required_status_checks"]
    second = protect("--app", "123456")
    assert (0, True, 1) == (second.code, "no change" in second.out, len(github.rulesets)), second.everything
    assert (1, []) == (len(github.made("POST")), github.made("PUT"))


def test_28_a_dry_run_shows_the_difference_and_writes_nothing(github, protect):
    ended = protect("--dry-run")
    assert (0, {}) == (ended.code, github.rulesets), ended.everything
    assert "+ rules[required_status_checks].parameters.strict_required_status_checks_policy = True" in ended.out
    assert [] == github.made("POST")


def test_28_what_somebody_weakened_is_shown_and_mended(github, protect):
    protect("--app", "1")
    (rule,) = github.rulesets.values()
    rule["enforcement"], rule["bypass_actors"] = "disabled", [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
    ended = protect("--app", "1")
    assert "- enforcement = disabled" in ended.out
    assert "RepositoryRole 5 may go round the rule" in ended.out
    assert ("active", []) == (rule["enforcement"], rule["bypass_actors"])


def test_28_a_status_that_anybody_may_set_is_warned_about(github, protect):
    assert "mind: anybody who may write can set the status prodready/gate" in protect().out


def test_28_a_rule_that_github_keeps_otherwise_is_no_success(github, protect):
    github.after("POST", "/rulesets", lambda: next(iter(github.rulesets.values())).update(enforcement="evaluate"))
    ended = protect()
    assert (1, True) == (ended.code, "GitHub kept something else" in ended.out)


def test_28_the_token_of_a_workflow_run_cannot_and_is_told_so(github, protect):
    ended = protect(token="ghs_workflow")
    assert (2, True) == (ended.code, "use a token of an administrator" in ended.err)


def test_28_an_organisation_requires_a_workflow_that_is_pinned_by_commit(github, protect):
    ended = protect("--org", "acme", "--workflow", f"acme/desk:.github/workflows/gate.yml@{COMMIT}")
    assert 0 == ended.code, ended.everything
    (rule,) = github.rulesets.values()
    assert [{"repository_id": 1, "path": ".github/workflows/gate.yml", "sha": COMMIT}] == rule["rules"][0]["parameters"]["workflows"]
    assert 2 == protect("--org", "acme", "--workflow", "acme/desk:.github/workflows/gate.yml@v1").code


# 26, 27, 29: the whole gate


def test_26_every_request_and_every_answer_of_a_gate_is_as_github_documents_it(pull):
    """The fixture holds every exchange against GitHub's own description at the end."""
    own = {".prodready.yml": "extends: profile.yml\nroles: {CTO: {people: {erin: 11}, teams: [acme/cto], environment: live}}\nsignoffs: {pr: [CTO]}\n"}
    pull.environ = {"PRODREADY_CHECK_RUN": "true"}
    pull.base(own).change({"desk.py": "x = 2  # FIXME\n"})
    pull.github.reviews.append(pull.review("APPROVED"))
    pull.gate()
    asked = {(method, path.partition("?")[0].rpartition("/")[2]) for method, path in pull.github.requests}
    assert {("GET", "reviews"), ("GET", "commits"), ("GET", "approvals"), ("POST", "comments"), ("POST", "check-runs")} <= asked


def test_27_a_gate_on_five_hundred_files_asks_at_most_sixty_times(pull):
    own = {".prodready.yml": "extends: profile.yml\nroles: {CTO: {people: {erin: 11}}}\nsignoffs: {pr: [CTO]}\n"}
    pull.environ = {"PRODREADY_CHECK_RUN": "true"}
    pull.base(own).change({f"src/part{number}.py": "x = 1  # FIXME\n" for number in range(500)})
    gated = pull.gate()
    assert 1 == gated.code
    assert 60 >= len(pull.github.requests), pull.github.requests
    assert [50] * 10 == [len(part) for part in pull.github.annotations]


def test_27_a_wait_that_github_asks_for_is_kept_and_one_that_is_too_long_is_not(pull):
    slow = {"status": 403, "message": "You have exceeded a secondary rate limit."}
    pull.base().change()
    pull.github.trouble("GET", "/pulls/1", times=1, headers={"Retry-After": "1"}, **slow)
    pull.github.trouble("POST", "/statuses", times=9, headers={"Retry-After": "3600"}, **slow)
    gated = pull.gate()
    assert (0, 1, []) == (gated.code, len(pull.github.comments), pull.github.statuses)
    assert 1 == len([path for path in pull.github.made("POST") if "statuses" in path])
    assert "rate limit" in gated.out


def test_29_a_server_of_ones_own_is_reached_below_its_prefix(pull):
    pull.github.prefix, pull.github.url = "/api/v3", f"{pull.github.host}/api/v3"
    pull.base(FILES).change()
    assert (0, 1, 1) == (pull.gate().code, len(pull.github.comments), len(pull.github.statuses))
