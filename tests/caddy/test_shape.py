"""A configuration in JSON: whatever stands in it, it is either refused with the place, or read without a crash."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.caddy import patch
from prodready.caddy.config import Config
from prodready.caddy.rules import RULES
from prodready.caddy.shape import misshapen

GOOD = {
    "admin": {"listen": "localhost:2019"},
    "logging": {"logs": {"default": {"level": "INFO"}}},
    "apps": {
        "http": {
            "https_port": 8443,
            "servers": {
                "srv0": {
                    "listen": [":443"],
                    "routes": [
                        {
                            "match": [{"host": ["desk.example.org"]}],
                            "handle": [
                                {"handler": "rate_limit", "rate_limits": {"a": {"key": "x", "max_events": 9, "window": "1m"}}},
                                {
                                    "handler": "subroute",
                                    "routes": [{"handle": [{"handler": "headers", "response": {"set": {"Strict-Transport-Security": ["max-age=1"]}}}]}],
                                },
                            ],
                            "terminal": True,
                        }
                    ],
                    "tls_connection_policies": [{}],
                }
            },
        },
        "tls": {
            "automation": {
                "policies": [{"subjects": ["desk.example.org"], "issuers": [{"module": "acme"}]}, {"on_demand": True, "issuers": [{"module": "internal"}]}],
                "on_demand": {"permission": {"module": "http", "endpoint": "http://127.0.0.1:9123/ask"}},
            },
            "certificates": {"automate": ["desk.example.org"]},
        },
    },
}


def ways(data, way=()):
    """The way to every place of a document."""
    yield way
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        yield from ways(value, (*way, key))


def changed(way, value):
    """The good configuration with another value at that place."""
    data = {"": copy.deepcopy(GOOD)}
    place = data
    *before, last = ("", *way)
    for key in before:
        place = place[key]
    place[last] = value
    return data[""]


def test_a_good_configuration_has_nothing_wrong():
    assert [] == list(misshapen(GOOD))


@pytest.mark.parametrize(
    ("way", "value", "words"),
    [
        (("apps",), 3, "apps must be a mapping"),
        (("apps", "http", "servers"), [], "apps.http.servers must be a mapping"),
        (("apps", "http", "servers", "srv0"), None, "apps.http.servers.srv0 must be a mapping"),
        (("apps", "tls", "automation", "policies", 1), "x", "apps.tls.automation.policies[1] must be a mapping"),
        (("apps", "tls", "automation", "policies", 1, "on_demand"), "yes", "apps.tls.automation.policies[1].on_demand must be true or false"),
        (("apps", "http", "https_port"), True, "apps.http.https_port must be a number"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(way, value, words):
    assert words in list(misshapen(changed(way, value)))


def test_endless_routes_are_refused():
    route = {"handle": []}
    for _ in range(60):
        route = {"handle": [{"handler": "subroute", "routes": [route]}]}
    assert "nested deeper than 64 levels" in "".join(misshapen(changed(("apps", "http", "servers", "srv0", "routes"), [route])))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99999) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["handler", "routes", "host", "module", "ca", "ask", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(list(ways(GOOD))), JSON)
def test_what_is_not_refused_is_read_without_a_crash(way, value):
    data = changed(way, value)
    if next(misshapen(data), ""):
        return
    config = Config(path="caddy.json", version="", data=data, folder=Path())
    for rule in RULES:
        assert all(isinstance(words, str) for words in rule.look(config))
    assert "apps" in patch.rehearsed(config, "acme")
    assert "apps" in patch.validated(config)
