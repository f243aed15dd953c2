"""A bundle proves itself for years: no byte can change, nobody else can sign it, and the verdict comes out the same, offline."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generate_schemas import schemas
from locked import interpreter
from prodready import archive, bundle, dsse
from prodready.errors import Exit
from prodready.profile import PolicyText
from programs import git, prodready, repository

POLICY = f"""\
extends: starter
pass_mark: 10
items:
  operations.runbook: {{off: nobody runs it yet}}
waivers:
  - item: dependencies.updates
    owner: "@ada"
    reason: the bot comes on Friday
    ticket: OPS-7
    approver: "@bob"
    until: {datetime.now(UTC).date() + timedelta(days=30)}
"""
FILES = {
    "README.md": "# Orders\n\nHow to run it: make run.\n",
    "app.py": "import os\nos.system('ls ' + input())\n",
    ".prodready.yml": POLICY,
    ".gitignore": "prodready-out/\n",
}


def key(folder: Path, name: str = "key") -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name], check=True, capture_output=True)
    return folder / name


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A repository with a report, and two keys beside it."""
    folder = tmp_path_factory.mktemp("bundle")
    repository(folder / "orders", FILES)
    ended = prodready("run", "orders", "--offline", "--out", folder / "out", "--stage", "release", cwd=folder)
    key(folder)
    key(folder, "other")
    assert (folder / "out" / "report.json").is_file(), ended.err
    return folder


@pytest.fixture(scope="module")
def signed(home):
    ended = prodready("bundle", home / "out" / "report.json", "--path", home / "orders", "--key", home / "key", "--out", home / "a.zip", cwd=home)
    assert ended.code == 0, ended.err
    return (home / "a.zip").read_bytes()


def public(home, name="key.pub"):
    return dsse.public_key(home / name)


def codes(data, *keys):
    return bundle.verify(data, keys).exit_code


def test_a_signed_bundle_is_verified_offline_to_the_same_verdict(home, signed):
    ended = prodready("verify", home / "a.zip", "--key", home / "key.pub", cwd=home)
    assert (0, 3) == (ended.code, ended.out.count("✓")), ended.everything


def test_its_manifest_fits_its_published_schema(home, signed):
    manifest = json.loads(archive.unpack(signed)["manifest.json"])
    jsonschema.Draft202012Validator(json.loads(schemas()["bundle.schema.json"])).validate(manifest)


def test_it_is_the_same_bytes_each_time(home, signed):
    prodready("bundle", home / "out" / "report.json", "--path", home / "orders", "--key", home / "key", "--out", home / "b.zip", cwd=home)
    assert signed == (home / "b.zip").read_bytes()


def test_without_a_key_that_is_trusted_it_could_not_be_told(home, signed):
    assert (Exit.UNKNOWN, Exit.NOT_READY) == (codes(signed), codes(signed, public(home, "other.pub")))


def test_an_unsigned_bundle_proves_nothing_to_anybody(home):
    prodready("bundle", home / "out" / "report.json", "--path", home / "orders", "--out", home / "c.zip", cwd=home)
    assert Exit.UNKNOWN == codes((home / "c.zip").read_bytes(), public(home))


def test_every_flipped_byte_is_seen(home, signed):
    """A thousand places over the whole archive, headers and directory among them."""
    step = max(1, len(signed) // 1000)
    places = [*range(0, len(signed), step), *range(len(signed) - 200, len(signed))]
    unseen = [place for place in places if _flipped_passes(signed, place, public(home))]
    assert [] == unseen


def _flipped_passes(data, place, trusted):
    changed = bytearray(data)
    changed[place] ^= 1
    try:
        return codes(bytes(changed), trusted) is not Exit.NOT_READY
    finally:
        del changed


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_byte_set_to_anything_is_seen(home, signed, data):
    place, value = data.draw(st.integers(0, len(signed) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(signed)
    changed[place] = (changed[place] + value) % 256
    assert Exit.NOT_READY == codes(bytes(changed), public(home))


def remade(data, **changes):
    """The archive with files replaced, or taken away where the change is None, packed as we do."""
    files = archive.unpack(data)
    for name, change in changes.items():
        path = next(one for one in files if one.replace("/", "_").replace(".", "_").replace("-", "_") == name)
        files[path] = change(files[path]) if change else b""
        if change is None:
            del files[path]
    return archive.pack(files)


@pytest.mark.parametrize("name", ["report_json", "report_html", "policy_profile_yml", "policy_prodready_yml", "manifest_json"])
def test_a_removed_file_is_missed(home, signed, name):
    assert Exit.NOT_READY == codes(remade(signed, **{name: None}), public(home))


def test_a_bundle_whose_statement_was_taken_away_or_signed_by_another_is_refused(home, signed):
    statement = dsse.payload(json.loads(archive.unpack(signed)["statement.dsse.json"]))
    again = json.dumps(dsse.sign(statement, dsse.private_key(home / "other"))).encode()
    assert Exit.NOT_READY == codes(remade(signed, statement_dsse_json=lambda _: again), public(home))
    assert Exit.NOT_READY == codes(remade(signed, statement_dsse_json=None), public(home))


def test_a_forged_verdict_with_hashes_and_signature_made_anew_is_seen_by_the_replay(home, signed):
    """Even the owner of the key cannot bundle a report that does not come of what was seen."""
    files = archive.unpack(signed)
    report = json.loads(files["report.json"])
    failed = next(item for item in report["items"] if item["status"] == "failed")
    failed["status"] = "passed"
    forged = json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n"
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["report.json"] = bundle._sha256(forged)
    files |= {"report.json": forged, "manifest.json": json.dumps(manifest).encode()}
    statement = {"subject": [{"name": name, "digest": {"sha256": bundle._sha256(files[name])}} for name in ("manifest.json", "report.json")]}
    files["statement.dsse.json"] = json.dumps(dsse.sign(json.dumps(statement).encode(), dsse.private_key(home / "key"))).encode()
    found = bundle.verify(archive.pack(files), [public(home)])
    assert (Exit.NOT_READY, True) == (found.exit_code, f"{failed['id']}: passed was reported, failed comes of it" in found.lines[-1]), found.lines


def test_a_report_of_another_policy_is_not_bundled(home):
    text = (home / "out" / "report.json").read_text("utf-8")
    with pytest.raises(Exception, match="does not come of this policy"):
        bundle.make(text, *_policy(home, POLICY.replace("pass_mark: 10", "pass_mark: 11")), None)


def _policy(home, own):
    from prodready import checklist

    return checklist.find("starter", home), PolicyText(text=own, name=".prodready.yml")


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", archive.pack({}), archive.pack({"manifest.json": b"[" * 100_000})])
def test_what_is_no_bundle_is_refused_and_nothing_crashes(data):
    assert Exit.NOT_READY == bundle.verify(data, []).exit_code


def test_an_archive_of_another_packer_is_refused(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", b"0" * 10_000)
    with pytest.raises(archive.NotCanonicalError):
        archive.unpack((tmp_path / "x.zip").read_bytes())


def test_keys_of_openssl_work_as_well_and_others_are_refused(tmp_path):
    for name, kind in (("good", "ed25519"), ("bad", "x25519")):
        subprocess.run(["openssl", "genpkey", "-algorithm", kind, "-out", tmp_path / name], check=True, capture_output=True)
    assert dsse.verify(dsse.sign(b"x", dsse.private_key(tmp_path / "good")), [dsse.private_key(tmp_path / "good").public_key()]) == b"x"
    with pytest.raises(Exception, match="no Ed25519 private key"):
        dsse.private_key(tmp_path / "bad")


@pytest.mark.integration
def test_the_envelope_is_verified_by_a_program_that_is_not_ours(home, signed, tmp_path):
    (tmp_path / "statement.dsse.json").write_bytes(archive.unpack(signed)["statement.dsse.json"])
    pem = subprocess.run(["ssh-keygen", "-e", "-m", "PKCS8", "-f", home / "key.pub"], capture_output=True, text=True, check=False)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text = pem.stdout if pem.returncode == 0 else public(home).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    (tmp_path / "key.pub.pem").write_text(text)
    here = Path(__file__).parent / "formats"
    python = interpreter(here / "readers.lock", what="the readers of the formats")
    ended = subprocess.run([python, "-I", here / "read.py", tmp_path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (1, 3) == tuple(json.loads(ended.stdout)["statement.dsse.json"][name] for name in ("signers", "subjects"))


def test_the_policy_of_the_base_is_what_is_bundled(home):
    folder = home / "orders"
    git(folder, "branch", "-f", "base", "HEAD")
    prodready("run", folder, "--offline", "--base", "base", "--out", home / "based", cwd=home)
    ended = prodready("bundle", home / "based" / "report.json", "--path", folder, "--key", home / "key", "--out", home / "d.zip", cwd=home)
    assert (0, Exit.READY) == (ended.code, codes((home / "d.zip").read_bytes(), public(home))), ended.err
