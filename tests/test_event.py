"""What happened on GitHub: every field of a payload is checked, and what is odd ends the run instead of gating the wrong thing."""

import json
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_github.packages import WEBHOOKS, member
from prodready.errors import ProdreadyError
from prodready.github.event import Event, Kind, base_ref, parse
from prodready.settings import GitHubSettings, Settings

HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40


def pull_request(**rest):
    return {
        "number": 7,
        "pull_request": {
            "number": 7,
            "title": '"; curl evil | sh #',
            "head": {"sha": HEAD, "ref": "x", "repo": {"id": 1}},
            "base": {"sha": BASE, "ref": "main", "repo": {"id": 1}},
        },
        "sender": {"login": "dana"},
    } | rest


def merge_group(**rest):
    group = {"head_sha": HEAD, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-12-{BASE}", "base_sha": BASE, "base_ref": "refs/heads/main"}
    return {"action": "checks_requested", "merge_group": group | rest}


@pytest.fixture
def told(tmp_path):
    """The event of a payload."""

    def tell(name, payload, sha=MERGE):
        path = tmp_path / "event.json"
        path.write_bytes(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
        return parse(GitHubSettings(event_name=name, event_path=str(path), sha=sha))

    return tell


def test_a_pull_request_is_judged_by_its_head_and_its_base(told):
    expected = Event(kind=Kind.PULL_REQUEST, name="pull_request", pr=7, head=HEAD, merge=MERGE, base_ref="main", base_sha=BASE)
    assert expected == told("pull_request", pull_request())


def test_a_pull_request_from_another_repository_is_a_fork(told):
    payload = pull_request()
    payload["pull_request"]["head"]["repo"] = {"id": 2}
    assert told("pull_request", payload).fork


def test_a_fork_that_was_deleted_is_still_a_fork(told):
    payload = pull_request()
    payload["pull_request"]["head"]["repo"] = payload["pull_request"]["base"]["repo"] = None
    assert told("pull_request", payload).fork


def test_what_dependabot_starts_gets_a_token_that_cannot_write(told):
    assert told("pull_request", pull_request(sender={"login": "dependabot[bot]"})).read_only == "Dependabot started it"


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run", "issue_comment"])
def test_events_strangers_cause_with_a_write_token_are_privileged(told, name):
    assert told(name, pull_request()).privileged


def test_a_merge_group_names_its_pull_request_and_its_base(told):
    expected = Event(kind=Kind.MERGE_GROUP, name="merge_group", pr=12, head=HEAD, merge=HEAD, base_ref="main", base_sha=BASE)
    assert expected == told("merge_group", merge_group(), sha=HEAD)


def test_a_merge_group_of_a_branch_with_slashes_is_understood(told):
    group = merge_group(base_ref="refs/heads/release/2.1", head_ref=f"refs/heads/gh-readonly-queue/release/2.1/pr-3-{BASE}")
    assert 3 == told("merge_group", group).pr


@pytest.mark.parametrize(
    "odd",
    [
        {"head_ref": "refs/heads/feature"},
        {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-0-{BASE}"},
        {"head_ref": f"refs/heads/gh-readonly-queue/other/pr-12-{BASE}"},
        {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-12-{BASE}\nx"},
        {"head_ref": None},
        {"base_ref": "refs/heads/--upload-pack=x"},
        {"base_sha": "main"},
        {"head_sha": 5},
    ],
)
def test_a_merge_group_that_cannot_be_read_ends_the_run(told, odd):
    with pytest.raises(ProdreadyError):
        told("merge_group", merge_group(**odd))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"null", b'"x"', b"[" * 200_000, b'{"pull_request": 5}', b"\xff\xfe", b'{"pull_request": {"number": ' + b"9" * 6000 + b"}}"],
)
def test_a_payload_that_is_no_pull_request_ends_the_run_with_a_clear_error(told, payload):
    with pytest.raises(ProdreadyError) as error:
        told("pull_request", payload)
    assert "it is not known what to gate" in error.value.message


def test_a_payload_that_is_missing_ends_the_run():
    with pytest.raises(ProdreadyError):
        parse(GitHubSettings(event_name="pull_request", event_path="/nowhere/event.json"))


def test_a_payload_larger_than_any_of_github_is_not_read(told, monkeypatch):
    monkeypatch.setattr("prodready.github.event.LIMIT", 100)
    with pytest.raises(ProdreadyError):
        told("pull_request", pull_request())


@pytest.mark.parametrize("ref", ["-x", "a..b", "a b", "a~1", "a^", "a:b", "a\nb", ".a", "a/.b", "a.lock", "a/", "/a", "a//b", "a@{1}", "", "x" * 300, 5, None])
def test_a_branch_name_that_git_would_not_take_ends_the_run(told, ref):
    payload = pull_request()
    payload["pull_request"]["base"]["ref"] = ref
    with pytest.raises(ProdreadyError):
        told("pull_request", payload)


@pytest.mark.parametrize("ref", ["main", "release/2.1", "dependabot/npm_and_yarn/x-1.2.3", "日本", "a@b", "v1.0"])
def test_ordinary_branch_names_are_taken(told, ref):
    payload = pull_request()
    payload["pull_request"]["base"]["ref"] = ref
    assert ref == told("pull_request", payload).base_ref


def test_a_push_has_a_commit_and_no_base(told):
    assert Event(kind=Kind.PUSH, name="push", head=MERGE, merge=MERGE) == told("push", {})


def test_outside_of_actions_nothing_happened():
    assert Event(kind=Kind.OTHER, name="") == parse(GitHubSettings())


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
json_values = st.recursive(scalars, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3), max_leaves=8)
names = st.sampled_from(["pull_request", "pull_request_target", "merge_group", "push"])
fields = st.sampled_from(["number", "head", "base", "head_ref", "base_ref", "head_sha"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=names, field=fields, value=json_values)
def test_any_value_in_any_field_is_understood_or_refused(told, name, field, value):
    payload = pull_request() | merge_group()
    payload["pull_request"][field] = value
    payload["merge_group"][field] = value
    try:
        told(name, payload)
    except ProdreadyError:
        return


@pytest.mark.integration
def test_every_example_payload_github_publishes_is_understood_or_refused(told):
    seen = set()
    for event in member(WEBHOOKS, "api.github.com/index.json"):
        for payload in event["examples"]:
            try:
                found = told(event["name"], payload)
            except ProdreadyError as error:
                assert event["name"] == "merge_group", error  # the published example has a branch of its own making
                continue
            seen.add(found.kind)
            assert event["name"] != "pull_request" or found.pr == payload["number"]
    assert {Kind.PULL_REQUEST, Kind.PUSH, Kind.WORKFLOW_RUN} <= seen


def actions(tmp_path, name, payload):
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    return Settings.from_environ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_SHA": MERGE})


def test_the_base_is_the_branch_where_the_checkout_has_it(tmp_path):
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["update-ref", "refs/remotes/origin/main", "HEAD"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=tmp_path, check=True)
    assert "main" == base_ref(actions(tmp_path, "pull_request", pull_request()), tmp_path)


def test_the_base_is_the_commit_where_the_checkout_lacks_the_branch(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert BASE == base_ref(actions(tmp_path, "pull_request", pull_request()), tmp_path)


def test_a_merge_group_is_compared_with_the_commit_it_was_built_on(tmp_path):
    assert BASE == base_ref(actions(tmp_path, "merge_group", merge_group()), tmp_path)


def test_a_push_is_compared_with_nothing(tmp_path):
    assert base_ref(actions(tmp_path, "push", {}), tmp_path) is None
