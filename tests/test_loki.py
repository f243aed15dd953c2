"""The check of labels against a Loki that takes the push API, as an agent fills it; and the reader of Alloy's syntax against broken text."""

from __future__ import annotations

import contextlib
import json
import runpy
import time
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from listening import listening
from live import seen
from prodready.checks.log_pipeline.alloy_syntax import parse

STAND_IN = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "desk" / "stack" / "loki.py"))


@pytest.fixture
def loki():
    with listening(STAND_IN["Loki"]()) as server:
        yield server


def push(loki, labels, *, ago=0.0):
    stream = {"stream": labels, "values": [[str(int((time.time() - ago) * 1e9)), "a line"]]}
    body = json.dumps({"streams": [stream]}).encode()
    request = urllib.request.Request(f"{loki.url}/loki/api/v1/push", data=body, headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()


def look(loki, tmp_path, **params):
    return seen("loki_labels", tmp_path, targets={"loki": {"url": loki.url, "tenant": "desk"}}, **{"window": "24h", **params})


def test_streams_of_the_whole_day_are_joined(loki, tmp_path):
    for number in range(26):
        push(loki, {"app": "desk", "order": str(number)}, ago=number * 3000)
    outcome = look(loki, tmp_path)
    assert ("failed", ["label-cardinality"]) == (outcome.status, [finding.rule for finding in outcome.observation.findings])
    assert "passed" == look(loki, tmp_path, window="12h").status


def test_each_service_counts_for_itself(loki, tmp_path):
    for service in ("desk", "risk"):
        for number in range(20):
            push(loki, {"app": service, "pod": f"{service}-{number}"})
    assert "passed" == look(loki, tmp_path).status


def test_the_wrong_tenant_and_an_empty_one_are_unknown(loki, tmp_path):
    assert "unknown" == look(loki, tmp_path).status
    assert "unknown" == seen("loki_labels", tmp_path, url=loki.url, window="1h").status


@given(text=some.text(alphabet='ab.{}[]()="\\`,\n /*#0', max_size=60))
def test_the_reader_of_alloy_ends_with_blocks_or_a_reason(text):
    with contextlib.suppress(ValueError):
        assert isinstance(parse(text), list)
