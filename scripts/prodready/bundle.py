"""A bundle: report, policy and statement of one run in one archive, bound to commit, profile and tool lock; and whether it is still what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from prodready import archive, dsse, version
from prodready.decode import DecodeError, decode
from prodready.errors import Exit, ProdreadyError
from prodready.model import Report
from prodready.pipeline import Choice
from prodready.profile import PolicyText
from prodready.replay import differences, replay
from prodready.report import html, intoto, json_v1
from prodready.report.inert import dumped

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SCHEMA = "prodready/bundle/v1"
MANIFEST, REPORT, STATEMENT, PROFILE, OWN = "manifest.json", "report.json", "statement.dsse.json", "policy/profile.yml", "policy/prodready.yml"
STRICTNESS = ("gate", "failed", "unknown")


class Maker(Struct, frozen=True, kw_only=True):
    """The program that made a bundle."""

    name: str
    version: str


class Manifest(Struct, frozen=True, kw_only=True):
    """``manifest.json`` of a bundle: what it is bound to, and the hash of every other file."""

    schema: str
    tool: Maker
    commit: str
    """Full id of the commit that was gated."""
    profile: str
    """sha256 of the policy in force."""
    tools: str
    """sha256 over everything that is pinned."""
    stage: str
    fail_on: str
    """How strictly it was decided: gate, failed or unknown."""
    policy: Mapping[str, tuple[str, ...]]
    """File of the bundle -> the name the policy had, and where it came from."""
    files: Mapping[str, str]
    """File of the bundle -> sha256."""


class Verified(Struct, frozen=True, kw_only=True):
    """What became of a bundle."""

    exit_code: Exit
    lines: tuple[str, ...]
    """One line for each thing that was held against it."""


def make(report_text: str, profile: PolicyText, own: PolicyText | None, signer: Ed25519PrivateKey | None) -> bytes:
    """The archive. Raises ProdreadyError when the report does not come of this policy: a bundle that cannot be replayed proves nothing."""
    report = json_v1.read(report_text)
    strict = _strictness(report, report_text, profile, own)
    files = {REPORT: report_text.encode(), "report.html": html.render(report).encode(), PROFILE: profile.text.encode()}
    files |= {OWN: own.text.encode()} if own else {}
    manifest = Manifest(
        schema=SCHEMA, tool=Maker(name="prodready", version=report.version), commit=report.subject.commit, profile=report.checklist.sha256,
        tools=tool_lock(), stage=report.stage.value, fail_on=strict,
        policy={PROFILE: (profile.name, profile.source)} | ({OWN: (own.name, own.source)} if own else {}),
        files={name: _sha256(data) for name, data in sorted(files.items())},
    )  # fmt: skip
    files[MANIFEST] = (dumped(manifest) + "\n").encode()
    statement = (dumped(_statement(report, files[MANIFEST])) + "\n").encode()
    files |= {STATEMENT: (dumped(dsse.sign(statement, signer)) + "\n").encode()} if signer else {"statement.json": statement}
    return archive.pack(files)


def tool_lock() -> str:
    """sha256 over everything that is pinned: our packages and every program of every check."""
    root = Path(__file__).parent
    pinned = sorted([*root.glob("*/*/tool.toml"), *root.glob("*/*/requirements.lock"), *root.parent.glob("requirements.lock")])
    return _sha256(b"".join(path.name.encode() + path.read_bytes() for path in pinned))


def verify(data: bytes, trusted: Sequence[Ed25519PublicKey]) -> Verified:
    """Holds a bundle against its own hashes, a trusted key, and the verdict replayed from what it keeps. Never raises for what is in it."""
    try:
        files = archive.unpack(data)
        manifest = _manifest(files)
        lines = [f"✓ {len(files)} files are what the manifest says, byte for byte"]
        signed = _signed(files, trusted)
        return _replayed(files, manifest, [*lines, *signed], signed=signed[0].startswith("✓"))
    except (archive.NotCanonicalError, dsse.BadSignatureError, _BrokenError, ProdreadyError) as broken:
        return Verified(exit_code=Exit.NOT_READY, lines=(f"✗ {broken}",))


class _BrokenError(Exception):
    """The bundle is not what it was."""


def _statement(report: Report, manifest: bytes) -> dict[str, Any]:
    made = intoto.statement(report)
    return {**made, "subject": [*made["subject"], {"name": MANIFEST, "digest": {"sha256": _sha256(manifest)}}]}


def _strictness(report: Report, text: str, profile: PolicyText, own: PolicyText | None) -> str:
    """Which strictness the report was decided with; the replay tells."""
    last = report
    for strict in STRICTNESS:
        last = replay(report, profile, own, Choice(stage=report.stage, fail_on=strict))
        if json_v1.render(last) == text:
            return strict
    raise ProdreadyError(
        f"the report does not come of this policy: {'; '.join(differences(report, last)[:3])}",
        "bundle the report.json of a whole run, in the checkout it was made in, with the --profile it was made with",
    )


def _manifest(files: Mapping[str, bytes]) -> Manifest:
    data = _json(files.get(MANIFEST, b""), MANIFEST)
    if data.get("schema") != SCHEMA:
        raise _BrokenError(f"it is of the kind {str(data.get('schema'))[:60]!r}; this version reads {SCHEMA}")
    try:
        manifest = decode(data, Manifest)
    except DecodeError as error:
        raise _BrokenError(f"{MANIFEST} is malformed: {error}") from None
    named = manifest.files
    others = {MANIFEST, STATEMENT, "statement.json"}
    if odd := sorted(set(named) ^ (set(files) - others)):
        raise _BrokenError(f"{odd[0][:80]} is missing, or is not in the manifest")
    if wrong := sorted(name for name, digest in named.items() if _sha256(files[name]) != digest):
        raise _BrokenError(f"{wrong[0]} is not the file that was bundled")
    return manifest


def _signed(files: Mapping[str, bytes], trusted: Sequence[Ed25519PublicKey]) -> list[str]:
    if STATEMENT not in files:
        _binds(files, files.get("statement.json", b""))
        return ["? nobody has signed it: who can write the file can write another"]
    envelope = _json(files[STATEMENT], STATEMENT)
    if not trusted:
        _binds(files, dsse.payload(envelope))
        return ["? it is signed, and you named no key you trust: give --key signer.pub"]
    _binds(files, dsse.verify(envelope, trusted))
    return ["✓ signed by a key you trust"]


def _binds(files: Mapping[str, bytes], statement: bytes) -> None:
    """Raises when the statement is about other files than these."""
    digests = {(one["name"], one["digest"].get("sha256")) for one in _subjects(_json(statement, "the statement")) if isinstance(one.get("digest"), dict)}
    for name in (MANIFEST, REPORT):
        if (name, _sha256(files[name])) not in digests:
            raise _BrokenError(f"the statement is not about this {name}")


def _subjects(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = statement.get("subject")
    return [one for one in found if isinstance(one, dict) and "name" in one] if isinstance(found, list) else []


def _replayed(files: Mapping[str, bytes], manifest: Manifest, lines: list[str], *, signed: bool) -> Verified:
    text = files[REPORT].decode("utf-8", "replace")
    report = json_v1.read(text)
    try:
        profile, own = _policy(files, manifest, PROFILE), _policy(files, manifest, OWN) if OWN in files else None
        again = replay(report, profile, own, Choice(stage=report.stage, fail_on=manifest.fail_on))
    except (KeyError, TypeError, ValueError):
        raise _BrokenError(f"{MANIFEST} is malformed") from None
    if json_v1.render(again) == text:
        lines.append(f"✓ the verdict comes out the same from what was kept: {'ready' if report.decision.ready else 'not ready'}, {report.score.value:.1f}")
        return Verified(exit_code=Exit.READY if signed else Exit.UNKNOWN, lines=tuple(lines))
    differs = "; ".join(differences(report, again)[:5])
    if report.version != version():
        lines.append(f"? made by prodready {report.version}, this is {version()}, which comes to something else: {differs}. Verify with that version.")
        return Verified(exit_code=Exit.UNKNOWN, lines=tuple(lines))
    return Verified(exit_code=Exit.NOT_READY, lines=(*lines, f"✗ the verdict does not come of what was kept: {differs}"))


def _policy(files: Mapping[str, bytes], manifest: Manifest, name: str) -> PolicyText:
    title, source = manifest.policy[name]
    return PolicyText(text=files[name].decode(), name=title, source=source)


def _json(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _BrokenError(f"{name} is missing or malformed") from None
    if not isinstance(found, dict):
        raise _BrokenError(f"{name} is malformed")
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
