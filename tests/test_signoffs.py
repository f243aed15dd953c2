"""Which words of people count: on GitHub by account and commit, with SSH keys by what was signed."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from prodready.evidence.signature import NAMESPACE, Trust, sign
from prodready.model import Role
from prodready.signoffs import ssh
from prodready.signoffs.attested import bound
from prodready.signoffs.authors import of_pull
from prodready.signoffs.signature import comments, reviews
from prodready.signoffs.standing import MAINTAINER, Words, rows
from prodready.signoffs.statement import SCHEMA, Statement, parse
from prodready.world.repo import open_repo
from programs import MINI, commit, git, prodready, report_of, repository, statuses, write

HEAD, OLD = "a" * 40, "b" * 40
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ROLES = {"CTO": Role(people={"dana": 1}, ssh=("cto@acme",)), "Risk Officer": Role(people={"dana": 1, "erin": 2}), "Ops": Role(teams=("acme/ops",))}


def review(state, account=1, at=HEAD, login="dana", association="MEMBER"):
    user = None if account is None else {"login": login, "id": account}
    return {"id": 9, "user": user, "state": state, "commit_id": at, "submitted_at": "2026-11-25T10:00:00Z", "author_association": association}


def stand(given, needed=("CTO",), **rest):
    return rows(needed, ROLES, Words(given=given, **rest), distinct=True, head=HEAD)


def test_17_an_approval_of_an_earlier_commit_does_not_count():
    (row,) = stand(reviews([review("APPROVED", at=OLD)], HEAD))
    assert "the word of dana (review) is for bbbbbbbbbbbb, and the change is now at aaaaaaaaaaaa" == row.missing


def test_18_after_an_approval_a_request_for_changes_holds_whatever_is_commented_later():
    (row,) = stand(reviews([review("APPROVED"), review("CHANGES_REQUESTED"), review("COMMENTED")], HEAD))
    assert "the word of dana (review) asks for changes" == row.missing


@pytest.mark.parametrize("author", [{"author": {"id": 1}}, {"commit": {"message": "x\n\nCo-authored-by: D <1+dana@users.noreply.github.com>"}}])
def test_19_authors_and_co_authors_do_not_sign_their_own_change(author):
    commits = [{"author": {"id": 7}, "committer": {"id": 7}, "commit": {"message": "x"}} | author]
    barred = of_pull({"user": {"id": 7}}, commits).barred
    (row,) = stand(tuple(map(barred, reviews([review("APPROVED")], HEAD))))
    assert "is of an author of the change" in row.missing


def test_19_a_commit_of_nobody_github_knows_bars_everybody_on_github():
    commits = [{"author": None, "committer": {"id": 7}, "commit": {"message": "x", "author": {"email": "x@y.example"}}}]
    barred = of_pull({"user": {"id": 7}}, commits).barred
    (row,) = stand(tuple(map(barred, reviews([review("APPROVED")], HEAD))))
    assert "GitHub knows no account for x@y.example" in row.missing


def test_19_one_person_signs_for_one_role_and_two_people_are_spread_over_both():
    both = ("Risk Officer", "CTO")
    one = stand(reviews([review("APPROVED")], HEAD), both)
    assert ["", "dana signed for another role; one person signs for one role"] == sorted(row.missing for row in one)
    two = stand(reviews([review("APPROVED"), review("APPROVED", 2, login="erin")], HEAD), both)
    assert [("Risk Officer", "erin", ""), ("CTO", "dana", "")] == [(row.role, row.who, row.missing) for row in two]


def test_19_a_renamed_login_is_the_same_person_and_a_reused_one_is_not():
    (renamed,) = stand(reviews([review("APPROVED", login="dana-new")], HEAD))
    (reused,) = stand(reviews([review("APPROVED", account=99)], HEAD))
    assert ("dana-new", "waits for dana and the key of cto@acme, for this very commit") == (renamed.who, reused.missing.replace(",", " and", 1))


def test_19_a_deleted_account_signs_nothing():
    assert all(one.void for one in reviews([review("APPROVED", account=None)], HEAD))


def test_20_a_team_that_cannot_be_read_is_unverifiable():
    (row,) = stand(reviews([review("APPROVED")], HEAD), ("Ops",), teams={"acme/ops": "no right"})
    assert (True, "unverifiable: the members of acme/ops could not be read: no right") == (row.untold, row.missing)


def test_a_weaker_gate_waits_for_a_maintainer_where_nobody_is_named():
    stranger, member = review("APPROVED", association="NONE"), review("APPROVED", 2, login="erin")
    assert stand(reviews([stranger], HEAD), (MAINTAINER,))[0].missing
    assert "erin" == stand(reviews([stranger, member], HEAD), (MAINTAINER,))[0].who


@pytest.mark.parametrize(
    ("body", "edited", "void"),
    [
        (f"/signoff CTO {HEAD}", False, ""),
        (f"/signoff CTO {HEAD}", True, "edited"),
        (f"/signoff CTO {OLD}", False, "is for"),
        ("/revoke CTO", False, "revoked"),
    ],
)
def test_a_comment_signs_with_the_whole_commit_and_unedited(body, edited, void):
    at = "2026-11-25T10:00:00Z"
    row = {"body": body, "user": {"login": "dana", "id": 1}, "created_at": at, "updated_at": "2026-11-25T11:00:00Z" if edited else at}
    (given,) = comments([row], HEAD)
    assert void in given.void
    assert bool(void) == bool(given.void)


def test_a_short_commit_id_signs_nothing():
    assert () == comments([{"body": f"/signoff CTO {HEAD[:12]}", "user": {"login": "dana", "id": 1}}], HEAD)


# Keys


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def allowed(key, options=f'namespaces="{NAMESPACE}"'):
    return f"cto@acme {options} {key.with_suffix('.pub').read_text()}"


def statement(**rest):
    usual = {
        "schema": SCHEMA, "role": "CTO", "repository": "acme/desk", "commit": HEAD, "signed": "2026-11-25T10:00:00+00:00",
        "expires": "2026-12-25T10:00:00+00:00", "evidence": {},
    }  # fmt: skip
    return Statement(**{**usual, **rest})


def spoken(folder, key, trust, said, namespace=NAMESPACE, now=NOW):
    folder.mkdir(exist_ok=True)
    (folder / "cto.json").write_text(said.text())
    (folder / "cto.sig").write_text(sign(said.text().encode(), key, namespace=namespace))
    subject = ssh.Subject(repository="acme/desk", head=HEAD, pr=1, policy="p", same=lambda commit: False)
    return ssh.signatures([folder], subject, trust, now)[0]


def test_21_a_good_statement_is_the_word_of_its_principal(tmp_path, key):
    given = spoken(tmp_path / "s", key, Trust(allowed=allowed(key)), statement(pr=1, policy="p"))
    assert ("cto@acme", "") == (given.who, given.void)
    assert "cto@acme" == stand((given,))[0].who


@pytest.mark.parametrize(
    ("rest", "void"),
    [
        ({"pr": 2}, "is for pull request #2"), ({"repository": "acme/other"}, "is for the repository acme/other"), ({"commit": OLD}, "is for bbbbbbbbbbbb"),
        ({"policy": "q"}, "another policy"), ({"expires": "2026-11-25T11:00:00+00:00"}, "has expired"),
        ({"signed": "2026-11-26T10:00:00+00:00"}, "in the future"),
    ],
)  # fmt: skip
def test_21_a_statement_about_something_else_does_not_count(tmp_path, key, rest, void):
    assert void in spoken(tmp_path / "s", key, Trust(allowed=allowed(key)), statement(**rest)).void


def test_21_a_signature_for_another_purpose_does_not_count(tmp_path, key):
    assert "not validly signed" in spoken(tmp_path / "s", key, Trust(allowed=allowed(key)), statement(), namespace="git").void


def test_21_a_revoked_key_does_not_count(tmp_path, key):
    trust = Trust(allowed=allowed(key), revoked=key.with_suffix(".pub").read_text())
    given = spoken(tmp_path / "s", key, trust, statement())
    assert ("was signed with a key that is revoked", True) == (given.void, given.lapsed)


def test_21_a_key_that_has_expired_does_not_count(tmp_path, key):
    trust = Trust(allowed=allowed(key, f'valid-before="{NOW - timedelta(days=24):%Y%m%d}"'))
    assert "not validly signed" in spoken(tmp_path / "s", key, trust, statement()).void
    assert "" == spoken(tmp_path / "s", key, trust, statement(signed="2026-10-01T00:00:00+00:00"), now=NOW - timedelta(days=40)).void


def test_21_a_statement_that_was_changed_after_it_was_signed_does_not_count(tmp_path, key):
    spoken(tmp_path / "s", key, None, statement())
    (tmp_path / "s" / "cto.json").write_text(statement(role="Risk Officer").text())
    subject = ssh.Subject(repository="acme/desk", head=HEAD, pr=1, policy="p", same=lambda commit: False)
    assert ssh.signatures([tmp_path / "s"], subject, Trust(allowed=allowed(key)), NOW)[0].void


def test_only_the_canonical_form_is_a_statement():
    with pytest.raises(ValueError, match="no statement"):
        parse(statement().text().replace("\n ", "\n  ").encode())


# The gate

OWN = "extends: mini.yml\nroles: {CTO: {ssh: [cto@acme]}}\nsignoffs: {pr: [CTO], change: [CTO]}\n"


@pytest.fixture
def repo(tmp_path: Path, key: Path) -> Path:
    files = {"README.md": "hello\n", "mini.yml": MINI, ".prodready.yml": OWN, ".prodready/allowed_signers": allowed(key)}
    folder = repository(tmp_path / "desk", files)
    git(folder, "checkout", "-q", "-b", "change")
    write(folder, {"code.py": "x = 1\n"})
    commit(folder, "Change")
    return folder


def gate(repo):
    return prodready("run", repo, "--base", "main", "--out", repo.parent / "out").code


def test_a_gate_waits_for_a_person_and_a_signature_by_key_opens_it(repo, key):
    assert 4 == gate(repo)
    signed = prodready("sign", "CTO", "--path", repo, "--base", "main", "--key", key)
    assert (0, "") == (signed.code, signed.err)
    commit(repo, "Sign")
    assert 0 == gate(repo)
    (row,) = report_of(repo.parent / "out")["signoffs"]
    assert ("CTO", "cto@acme", "ssh", "") == (row["role"], row["who"], row["how"], row["missing"])
    (made,) = (repo / ssh.FOLDER).glob("*.json")
    assert 0 == prodready("sign", "--path", repo, "--base", "main", "--verify", made).code
    write(repo, {"code.py": "x = 2\n"})
    commit(repo, "One more change")
    assert 4 == gate(repo)


def test_13_a_change_that_weakens_its_policy_waits_for_the_role_named_for_it_and_shows_the_effect(repo):
    write(repo, {".prodready.yml": OWN + "pass_mark: 10\nitems: {words: {off: not today}}\n"})
    commit(repo, "Weaken")
    assert 4 == gate(repo)
    report = report_of(repo.parent / "out")
    assert ["", "a weaker gate"] == [row["about"] for row in report["signoffs"]]
    notes = "\n".join(report["notes"])
    assert "the pass mark falls from 80 to 10" in notes
    assert "after the merge: 100.0 -> 100.0, pass mark 80 -> 10" in notes


def test_13_a_change_of_the_workflow_of_the_gate_waits_too(repo):
    write(repo, {".github/workflows/gate.yml": "on: push\npermissions: {statuses: write}\n"})
    commit(repo, "Speak in its name")
    assert 4 == gate(repo)
    assert any("the workflow .github/workflows/gate.yml of a gate is changed" in note for note in report_of(repo.parent / "out")["notes"])


def test_a_policy_that_would_break_after_the_merge_blocks(repo):
    write(repo, {".prodready.yml": "extends: nothing.yml\n"})
    commit(repo, "Break")
    assert 1 == gate(repo)


# Attestations


def attest(verb="attest", at=HEAD, name="risk-policy", account=1, edited=False):
    times = {"created_at": "2026-11-25T10:00:00Z", "updated_at": "2026-11-25T11:00:00Z" if edited else "2026-11-25T10:00:00Z"}
    return {"body": f"/{verb} {name}" + (f" {at}" if at else ""), "user": {"login": "dana", "id": account}, **times}


def test_an_attestation_in_a_comment_is_no_sign_off_and_holds_for_its_own_commit():
    (given,) = comments([attest(at=OLD)], HEAD)
    assert ("risk-policy", OLD, None, "") == (given.about, given.commit, given.roles, given.void)


@pytest.mark.parametrize("comment", [attest(edited=True), attest("revoke", at="")])
def test_an_attestation_that_was_edited_or_taken_back_does_not_count(comment):
    assert all(one.void for one in comments([attest(), comment], HEAD) if one.about)


def test_an_attested_file_may_not_differ_from_the_commit_that_was_named(tmp_path):
    folder = repository(tmp_path, {"RISK_POLICY.md": "5 %\n", "code.py": "x = 1\n"})
    first = git(folder, "rev-parse", "HEAD")
    write(folder, {"code.py": "x = 2\n"})
    second = commit(folder, "Code")
    (given,) = comments([attest(at=first)], second)
    here = {"RISK_POLICY.md": "any"}
    assert "" == bound(given, here, open_repo(folder), second).void
    assert "does not cover NEW.md" == bound(given, {"NEW.md": "any"}, open_repo(folder), second).void
    write(folder, {"RISK_POLICY.md": "50 %\n"})
    changed = bound(given, here, open_repo(folder), second)
    assert ("was given before RISK_POLICY.md changed", True) == (changed.void, changed.lapsed)
    assert "cannot be compared here" in bound(replace(given, commit=OLD), here, open_repo(folder), second).void


ASKED = """\
id: mini
title: Mini
pass_mark: 100
categories:
  - id: a
    title: A
    weight: 1
    items: [{id: risk.policy, title: Approved, check: attestation, params: {statement: risk-policy, roles: [CTO], files: [README.md]}}]
"""


def test_what_sign_about_makes_opens_the_item_until_the_file_changes(repo, key):
    git(repo, "checkout", "-q", "main")
    write(repo, {"mini.yml": ASKED, ".prodready.yml": "extends: mini.yml\nroles: {CTO: {ssh: [cto@acme]}}\n"})
    commit(repo, "Ask")
    assert (4, {"risk.policy": "pending"}) == (gate(repo), statuses(repo.parent / "out"))
    refused = prodready("sign", "CTO", "--path", repo, "--about", "risk-polizy", "--key", key)
    assert (2, True) == (refused.code, "did you mean 'risk-policy'?" in refused.err)
    signed = prodready("sign", "CTO", "--path", repo, "--about", "risk-policy", "--key", key)
    assert (0, True) == (signed.code, "signed CTO for risk-policy (README.md)" in signed.out)
    commit(repo, "Sign")
    assert (0, {"risk.policy": "passed"}) == (gate(repo), statuses(repo.parent / "out"))
    write(repo, {"code.py": "x = 3\n"})
    commit(repo, "Code may change")
    assert 0 == gate(repo)
    write(repo, {"README.md": "hello again\n"})
    commit(repo, "The file may not")
    assert (3, {"risk.policy": "stale"}) == (gate(repo), statuses(repo.parent / "out"))
