"""Running systems: addresses, credentials and what an answer is worth."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import answers
from prodready.check import CannotTell
from prodready.context import HttpRequest
from prodready.service import MOST, Target, service
from prodready.world.http import RealHttp


def context(**targets):
    return bound({"PRODREADY_A_TOKEN": "secret-word"}, targets)


def bound(environ, targets):
    def secret(name):
        if name not in environ:
            raise CannotTell(f"{name} is not set")
        return environ[name]

    return SimpleNamespace(http=RealHttp(), targets=targets, secret=secret, repo=None)


@pytest.mark.parametrize("name", ["PATH", "GITHUB_TOKEN", "PRODREADY_TOKEN", "PRODREADY_ORG_TOKEN", "prodready_x", "PRODREADY_"])
def test_no_other_variable_than_one_meant_for_it_reaches_a_target(name):
    with pytest.raises(ValueError, match="no variable for a target"):
        Target(url="http://localhost", token=name)


def test_an_address_with_a_password_is_refused():
    with pytest.raises(CannotTell, match="an address carries no credentials"):
        service(context(), "http://ada:hidden@localhost", kind="Loki")


def test_credentials_are_in_no_representation():
    assert "secret-word" not in repr(HttpRequest(url="http://localhost", headers={"Authorization": "secret-word"}, body=b"secret-word"))


def test_the_password_of_a_user_is_sent_as_basic_authentication():
    with answers.serving({"/": {"demand": {"Authorization": "Basic YWRhOnNlY3JldC13b3Jk"}, "json": 1}}) as server:
        target = Target(url=server.url, user="ada", password="PRODREADY_A_TOKEN")
        assert 1 == service(context(), target, kind="it").json("/")


@pytest.mark.parametrize(("status", "words"), [(401, "credentials"), (403, "read access"), (404, "path prefix"), (429, "rate"), (500, "its log")])
def test_an_answer_that_is_not_good_says_what_would_help(status, words):
    with answers.serving({"/x": {"status": status}}) as server, pytest.raises(CannotTell) as told:
        service(context(), server.url, kind="Loki").json("/x")
    assert (True, True) == (f"HTTP {status}" in told.value.reason, words in told.value.remedy)


def test_a_check_cannot_ask_without_end():
    with answers.serving({"/": {"json": 1}}) as server:
        asked = service(context(), server.url, kind="it")
        asked.asked = MOST
        with pytest.raises(CannotTell, match="more than 500 times"):
            asked.json("/")


def test_a_path_prefix_and_a_query_are_kept():
    with answers.serving({"/base/api?q=a b&q2=%": {"json": 1}}) as server:
        service(context(), f"{server.url}/base/", kind="it").json("/api", {"q": "a b", "q2": "%"})
    assert ["GET /base/api?q=a+b&q2=%25"] == server.asked


def test_a_posted_question_is_answered():
    with answers.serving({"POST /q": {"json": {"a": 1}}}) as server:
        asked = service(context(), server.url, kind="it")
        assert {"a": 1} == asked.decoded(asked.post("/q", b"{}"), "/q")


def test_the_example_of_the_documentation_is_a_target():
    page = (Path(__file__).parents[1] / "docs" / "observability.md").read_text("utf-8")
    assert "PRODREADY_GRAFANA_TOKEN" in page


def test_a_credential_goes_to_the_host_that_it_is_bound_to_and_to_no_other():
    environ = {"PRODREADY_A_TOKEN": "secret-word", "PRODREADY_A_TOKEN_HOST": "127.0.0.1"}
    with answers.serving({"/": {"json": 1}}) as server:
        good = Target(url=server.url, token="PRODREADY_A_TOKEN")
        other = Target(url=server.url.replace("127.0.0.1", "localhost"), token="PRODREADY_A_TOKEN")
        assert 1 == service(bound(environ, {}), good, kind="it").json("/")
        with pytest.raises(CannotTell, match="and was not sent to localhost"):
            service(bound(environ, {}), other, kind="it").json("/")
    assert 1 == len(server.asked)


def test_two_hosts_never_share_a_credential():
    targets = {"a": {"url": "http://127.0.0.1:1", "token": "PRODREADY_A_TOKEN"}, "b": {"url": "http://b.example", "headers": {"X": "PRODREADY_A_TOKEN"}}}
    for name in targets:
        with pytest.raises(CannotTell, match="PRODREADY_A_TOKEN would go to"):
            service(context(**targets), name, kind="it").json("/")


def test_a_redirect_takes_no_credential_of_a_target_to_another_host():
    with answers.serving({"/": {"json": 1, "demand": {"Authorization": "Bearer secret-word"}}}) as there:
        moved = {"status": 302, "headers": {"Location": f"{there.url}/"}, "demand": {"Authorization": "Bearer secret-word"}}
        with answers.serving({"/": moved}) as here, pytest.raises(CannotTell, match="HTTP 401"):
            service(context(), Target(url=here.url, token="PRODREADY_A_TOKEN"), kind="it").json("/")
