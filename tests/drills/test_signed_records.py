"""Records are signed with SSH keys; what nobody signed who may, or what was changed afterwards, proves nothing."""

from __future__ import annotations

import json

import pytest

import signers
from prodready.errors import Exit
from prodready.evidence.record import digest
from programs import prodready, repository

STEPS = {"act": [{"run": ["touch", "there"]}], "until": [{"run": ["test", "-e", "there"]}], "post": [{"run": ["rm", "there"]}]}
WISH = {"drill": "timed", "params": {"target": "a file", **STEPS}}


@pytest.fixture
def desk(tmp_path):
    key, stranger = (signers.key(tmp_path / name) for name in ("ci", "stranger"))
    allowed = f'ci@acme namespaces="prodready-record" {key.with_suffix(".pub").read_text()}'
    folder = repository(tmp_path / "desk", {"file.yml": json.dumps(WISH), ".prodready/allowed_signers": allowed, ".gitignore": "evidence/\nthere\n"})
    return folder, key, stranger


def drill(folder, *options):
    ended = prodready("drill", "file.yml", *options, cwd=folder)
    assert Exit.READY == ended.code, ended.everything
    return max((folder / "evidence").glob("*.json"))


def gate(folder, signed="[ci@*]"):
    return prodready("check", "drill_record", folder, "-p", "drill=timed", "-p", f"signed={signed}")


def test_a_record_that_ci_signed_passes_and_names_the_signer(desk):
    folder, key, _ = desk
    path = drill(folder, "--sign", str(key))
    ended = gate(folder)
    assert (Exit.READY, True) == (ended.code, "signed by ci@acme" in ended.out), ended.everything
    told = prodready("drill", "--verify", path, cwd=folder)
    assert (Exit.READY, True) == (told.code, "good: signed by ci@acme: timed a file passed" in told.out), told.everything


def test_a_record_that_nobody_signed_or_a_stranger_did_is_unknown(desk):
    folder, key, stranger = desk
    path = drill(folder)
    assert (Exit.UNKNOWN, Exit.NOT_READY) == (gate(folder).code, prodready("drill", "--verify", path, cwd=folder).code)
    drill(folder, "--sign", str(stranger))
    ended = gate(folder)
    assert (Exit.UNKNOWN, True) == (ended.code, "is not validly signed: its key is nobody's" in ended.out), ended.everything
    drill(folder, "--sign", str(key))
    ended = gate(folder, "[cto@*]")
    assert (Exit.UNKNOWN, True) == (ended.code, "is signed by ci@acme, who is not among cto@*" in ended.out), ended.everything


def test_a_record_that_was_changed_with_its_hash_is_not_what_was_signed(desk):
    folder, key, _ = desk
    path = drill(folder, "--sign", str(key))
    data = json.loads(path.read_text())
    data["measured"] = 0.001
    path.write_text(json.dumps({**data, "sha256": digest(data)}), "utf-8")
    ended = gate(folder)
    assert (Exit.UNKNOWN, True) == (ended.code, "is not validly signed" in ended.out), ended.everything
    assert "not good" in prodready("drill", "--verify", path, cwd=folder).out


def test_a_policy_that_names_no_signers_cannot_tell(desk):
    folder, key, _ = desk
    path = drill(folder, "--sign", str(key))
    (folder / ".prodready" / "allowed_signers").unlink()
    ended = gate(folder)
    assert (Exit.UNKNOWN, True) == (ended.code, "the policy names no signers" in ended.out), ended.everything
    assert (Exit.USAGE, True) == ((told := prodready("drill", "--verify", path, cwd=folder)).code, "nobody is known here" in told.err)


def test_a_key_that_does_not_sign_leaves_no_record(desk):
    folder, _, _ = desk
    ended = prodready("drill", "file.yml", "--sign", "no-such-key", cwd=folder)
    assert (Exit.USAGE, False) == (ended.code, any((folder / "evidence").glob("*.json"))), ended.everything


def test_the_list_of_drills_shows_what_was_done_so_far(desk):
    folder, _, _ = desk
    drill(folder)
    words = prodready("drill", "--list", cwd=folder).out
    assert ("lineage" in words, "So far, by the records in evidence:" in words, "timed  a file  1 " in words) == (True, True, True), words
