"""People of a recorded case, with keys made for it, and what they signed: ``roles:`` and ``signed:`` of a case.

    roles: {risk-officer: {ssh: [risk@acme]}}
    signed:
      - {role: risk-officer, by: risk@acme, about: risk-policy, files: {RISK_POLICY.md: the text as it was read}, expires: 2026-02-28T00:00:00Z}

A record of a drill is signed by ``{record: evidence/a.json, by: ci@acme}``. ``revoked: true`` revokes the key afterwards, ``forged: true`` signs
with the key of somebody else, ``commit: true`` names the head commit.
"""

from __future__ import annotations

import hashlib
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from prodready.context import Repo
from prodready.decode import decode
from prodready.evidence.signature import NAMESPACE, RECORDS, Trust, sign
from prodready.model import Checklist, Role
from prodready.signoffs import ssh
from prodready.signoffs.collect import Scene, Signatures
from prodready.signoffs.statement import SCHEMA, Statement
from prodready.world.forge import GitHubForge


def people(roles: dict[str, Any], signed: tuple[Any, ...], repo: Repo, forge: GitHubForge, now: datetime, keys: Path) -> Signatures:
    """Everybody's word on the repository."""
    keys.mkdir()
    named = decode(roles, dict[str, Role])
    for at, said in enumerate(signed):
        by = _key(keys, "stranger" if said.get("forged") else said["by"])
        if "record" in said:
            record = repo.root / said["record"]
            record.with_suffix(".sig").write_text(sign(record.read_bytes(), by, namespace=RECORDS), "ascii")
        else:
            _write(repo, at, said, by)
    trust = Trust(
        allowed="".join(_public(keys, who, f'{who} namespaces="{NAMESPACE},{RECORDS}" ') for role in named.values() for who in role.ssh),
        revoked="".join(_public(keys, said["by"]) for said in signed if said.get("revoked")),
    )
    checklist = Checklist(id="case", title="Case", pass_mark=0, categories=(), sha256="0", source="", roles=named)
    return Signatures(checklist, Scene(repo=repo, forge=forge, repository="acme/desk", trust=trust, now=now))


def key(path: Path) -> Path:
    """A private key, its public half beside it; the same one when it is there already."""
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def _key(keys: Path, who: str) -> Path:
    return key(keys / who.replace("@", "-"))


def _public(keys: Path, who: str, before: str = "") -> str:
    return before + _key(keys, who).with_suffix(".pub").read_text("ascii")


def _write(repo: Repo, at: int, said: dict[str, Any], by: Path) -> None:
    statement = Statement(
        schema=SCHEMA, role=said["role"], repository="acme/desk", commit=repo.history.head if repo.history and said.get("commit") else "a" * 40,
        signed=_moment(said.get("signed", "2026-01-20T12:00:00+00:00")), expires=_moment(said.get("expires", "2026-12-31T00:00:00+00:00")),
        about=said.get("about", ""), evidence={path: hashlib.sha256(text.encode()).hexdigest() for path, text in said.get("files", {}).items()},
    )  # fmt: skip
    folder = repo.root / ssh.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{at}.json").write_text(statement.text(), "utf-8")
    (folder / f"{at}.sig").write_text(sign(statement.text().encode(), by), "ascii")


def _moment(of: object) -> str:
    return of.isoformat() if isinstance(of, datetime) else str(of)
