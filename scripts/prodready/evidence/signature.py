"""SSH signatures over statements and records: made and verified by ssh-keygen, offline, against a file of allowed signers.

The format and what is checked: ``man ssh-keygen``, "ALLOWED SIGNERS"; protocol: PROTOCOL.sshsig of OpenSSH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.names import shown

NAMESPACE = "prodready-signoff"
"""What our signatures are for: one made for git or a file server is refused."""
RECORDS = "prodready-record"
"""What signatures over records of drills are for."""
DEADLINE = 30.0
LIMIT = 1024 * 1024
"""Bytes of a message, a signature or a list of signers."""


class BadSignature(Exception):
    """The signature does not hold; the message says why, in one line."""


class Trust(Struct, frozen=True, kw_only=True):
    """Whose keys count, and which no longer do: file contents, read at the base."""

    allowed: str
    """An OpenSSH allowed_signers file."""
    revoked: str = ""
    """Public keys, one a line, or a key revocation list in text; empty for none."""


def sign(message: bytes, key: Path, *, namespace: str = NAMESPACE) -> str:
    """The armored signature. Asks for the passphrase on the terminal, or uses the agent. Raises ProdreadyError."""
    with tempfile.TemporaryDirectory(prefix="prodready-sign-") as folder:
        path = Path(folder) / "statement"
        path.write_bytes(message)
        ended = subprocess.run([_program(), "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(path)], stderr=subprocess.PIPE, check=False)
        if ended.returncode:
            raise ProdreadyError(f"ssh-keygen did not sign: {_words(ended.stderr)}", "name your key by --key, for example ~/.ssh/id_ed25519")
        return path.with_suffix(".sig").read_text("ascii")


def verify(message: bytes, signature: str, trust: Trust, *, now: datetime, namespace: str = NAMESPACE) -> str:
    """The principal who signed. Raises BadSignature when it does not hold at that time, CannotTell when it could not be checked."""
    if max(len(message), len(signature), len(trust.allowed), len(trust.revoked)) > LIMIT:
        raise BadSignature(f"it or its list of signers is larger than {LIMIT // 1024} KiB")
    with tempfile.TemporaryDirectory(prefix="prodready-verify-") as folder:
        bench = _Bench(Path(folder), signature, trust, namespace, now)
        principals = bench.principals()
        for principal in principals:
            if bench.holds(principal, message):
                return principal
        raise BadSignature(bench.why(principals))


class _Bench:
    """A private folder with everything ssh-keygen reads."""

    def __init__(self, folder: Path, signature: str, trust: Trust, namespace: str, now: datetime) -> None:
        self.namespace, self.said = namespace, ""
        self.time = f"verify-time={now.astimezone(UTC):%Y%m%d%H%M%S}Z"
        self.files = {name: folder / name for name in ("signature", "allowed", "revoked")}
        for name, text in (("signature", signature), ("allowed", trust.allowed), ("revoked", trust.revoked)):
            self.files[name].write_text(text, "utf-8", errors="replace")
        self.revocation = ["-r", str(self.files["revoked"])] if trust.revoked.strip() else []

    def principals(self) -> list[str]:
        """Whom the key belongs to at that time; none when it is nobody's."""
        found = self.run("find-principals", "-O", self.time)
        return [line for line in found.stdout.decode("utf-8", "replace").splitlines() if line] if found.returncode == 0 else []

    def holds(self, principal: str, message: bytes) -> bool:
        """Whether ssh-keygen accepts it; what it says otherwise is kept."""
        ended = self.run("verify", "-I", principal, "-n", self.namespace, *self.revocation, "-O", self.time, message=message)
        self.said = _words(ended.stderr) or _words(ended.stdout)
        return ended.returncode == 0

    def run(self, action: str, *more: str, message: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        argv = [_program(), "-Y", action, "-f", str(self.files["allowed"]), "-s", str(self.files["signature"]), *more]
        try:
            return subprocess.run(argv, input=message, capture_output=True, timeout=DEADLINE, check=False, env={"PATH": os.environ.get("PATH", os.defpath)})
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotTell(f"ssh-keygen could not check a signature: {type(error).__name__}", "install openssh-client 8.9 or newer") from None

    def why(self, principals: list[str]) -> str:
        """Why nobody's signature holds."""
        if principals:
            return self.said or "it was made over another text"
        return "its key is nobody's in the list of allowed signers, or was not valid at the time"


def _program() -> str:
    folders = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(folder).is_absolute()]
    found = shutil.which("ssh-keygen", path=os.pathsep.join(folders))
    if found is None:
        raise CannotTell("ssh-keygen is not installed, so no signature can be checked", "install openssh-client (Debian: apt-get install openssh-client)")
    return found


def _words(raw: bytes) -> str:
    """The first line ssh-keygen complained in, without our temporary folder."""
    lines = [line for line in raw.decode("utf-8", "replace").splitlines() if line.strip()]
    return shown(re.sub(r"\S*/prodready-(?:sign|verify)-[^/\s]*/", "", lines[0]))[:200] if lines else ""
