"""The check of Vault on a store that hvac, the client that is kept, has filled."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import locked
from live import seen
from venues import vault

VENUES = Path(__file__).parent / "venues"


@pytest.fixture
def store():
    with vault.serving() as server:
        python = locked.interpreter(VENUES / "clients.lock", what="hvac")
        ended = subprocess.run([python, VENUES / "hvac_client.py", server.url], capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
        server.asked.clear()
        yield server


def look(folder, server, token="gate", secrets=("secret/prod/ibkr", "secret/paper/ibkr"), **params):
    target = {"url": server.url, "headers": {"X-Vault-Token": "PRODREADY_VAULT_TOKEN"}}
    return seen("vault", folder / "looks", targets={"vault": target}, environ={"PRODREADY_VAULT_TOKEN": token}, secrets=list(secrets), **params)


def rules(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


@pytest.mark.integration
def test_a_store_in_production_passes_and_no_value_is_read(store, tmp_path):
    outcome = look(tmp_path, store, ha=True)
    assert ("passed", []) == (outcome.status, rules(outcome)), outcome.summary
    assert set() == {path for method, path in store.asked if "/data/" in path or method != "GET"}


@pytest.mark.integration
def test_each_planted_fault_of_a_store_is_found(store, tmp_path):
    store.seal |= {"storage_type": "inmem", "n": 1}
    store.ha, store.devices = False, {}
    store.secrets["secret", "paper/ibkr"]["1"]["created_time"] = "2026-01-01T00:00:00.123456789Z"
    outcome = look(tmp_path, store, "root", ["secret/prod/gone", "secret/prod/old", "secret/paper/ibkr"], ha=True)
    wanted = ["alone", "deleted-secret", "development-mode", "missing-secret", "no-audit", "old-secret", "one-share", "root-token"]
    assert wanted == rules(outcome)
    store.seal["sealed"] = True
    assert "sealed" in rules(look(tmp_path, store))
    store.seal["initialized"] = False
    assert ["not-initialised"] == rules(look(tmp_path, store))


@pytest.mark.integration
def test_what_the_token_may_not_see_is_unknown_with_the_policy_to_grant(store, tmp_path):
    for seen_by_it in ({"audit"}, {"metadata"}):
        store.seen = seen_by_it
        outcome = look(tmp_path, store)
        assert ("unknown", True) == (outcome.status, 'capabilities = ["read"]' in outcome.summary), outcome.summary
    for odd in ("429", "500", "503"):
        store.odd = odd
        outcome = look(tmp_path, store)
        assert ("unknown", True) == (outcome.status, f"HTTP {odd}" in outcome.summary)
