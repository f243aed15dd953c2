"""Vault or OpenBao keeps the secrets as a store in production must: unsealed, not in development mode, audited, each secret there and young.

Asked over its API with a token that may read metadata: the values of secrets are never read. Found are a store that is sealed, keeps everything in
memory (development mode), has one share of its key, stands alone where ``ha`` is wanted, or is spoken to without TLS; no audit device; a token that is
root; secrets that are missing, deleted or older than ``limits`` allow. What the token may not see is a gap, with the policy to grant.

An item that uses it:

    - id: secrets.vault
      title: The keys of the venues are in Vault, rotated, and every read is audited
      check: vault
      params: {url: vault, secrets: [secret/prod/ibkr, secret/paper/ibkr], limits: {"*paper*": 90d, "*": 30d}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from prodready import durations
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.engine.permit import local
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import counted, shown
from prodready.service import Service, Where, segment, service
from prodready.stamps import instant

POLICY = """path "sys/audit" { capabilities = ["read", "sudo"] } path "+/metadata/*" { capabilities = ["read"] }"""
"""All that a token of the gate needs; none of it reads a value."""


class Params(Struct, frozen=True, kw_only=True):
    """Which store, and what it must hold."""

    url: Where = "vault"
    """Address or target; the token is a header of the target: ``headers: {X-Vault-Token: PRODREADY_VAULT_TOKEN}``."""
    secrets: tuple[str, ...] = ()
    """Secrets of the KV engine, version 2, that must be there: mount, a slash, path."""
    limits: Mapping[str, str] = field(default_factory=lambda: {"*paper*": "90d", "*": "30d"})
    """How old a secret may be, by a pattern of its name; the first that fits decides."""
    audit: bool = True
    """Whether an audit device must be on."""
    ha: bool = False
    """Whether it must run as more than one."""

    def __post_init__(self) -> None:
        for words in self.limits.values():
            durations.seconds(words)
        if wrong := [name for name in self.secrets if not name.strip("/").count("/")]:
            raise ValueError(f"{wrong[0]!r} names no mount: write secret/{wrong[0]}")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with the store. Raises CannotTell."""
    vault, gaps = service(ctx, params.url, kind="Vault"), list[str]()
    status = _object(vault, "/v1/sys/seal-status")
    findings = list(_store(vault, status, params))
    if status.get("initialized") and not status.get("sealed"):
        findings += _token(vault)
        findings += _audit(vault, gaps) if params.audit else ()
        for name in params.secrets:
            findings += _secret(ctx, vault, name.strip("/"), params, gaps)
    source = f"{vault.name}, version {shown(str(status.get('version', '?')))}, {counted(len(params.secrets), 'secret')}"
    return Found(examined=1 + len(params.secrets), findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=source))


def _store(vault: Service, status: Mapping[str, Any], params: Params) -> Iterator[Finding]:
    if not isinstance(status.get("sealed"), bool) or not isinstance(status.get("initialized"), bool):
        raise CannotTell(f"{vault.name} does not say whether it is sealed", "see that the address is that of Vault or OpenBao")
    parts = urlsplit(vault.target.url)
    if parts.scheme != "https" and not local(parts.hostname or ""):
        yield _finding("plain-http", f"{vault.name} is spoken to without TLS", "give its listener a certificate", Severity.CRITICAL)
    if not status["initialized"]:
        yield _finding("not-initialised", f"{vault.name} was never initialised", "run 'vault operator init', and keep the shares apart")
        return
    if status["sealed"]:
        yield _finding("sealed", f"{vault.name} is sealed: nobody gets a secret", "unseal it, or let a key service do so")
    if status.get("storage_type") == "inmem":
        yield _finding("development-mode", f"{vault.name} keeps everything in memory", "run it as a server with a storage", Severity.CRITICAL)
    if status.get("type") == "shamir" and status.get("n") == 1:
        yield _finding("one-share", f"whoever holds the one share of the key of {vault.name} holds it all", "rekey with several shares", Severity.MEDIUM)
    if params.ha and not status["sealed"] and not _object(vault, "/v1/sys/leader").get("ha_enabled"):
        yield _finding("alone", f"{vault.name} stands alone", "run it with integrated storage on three machines")


def _token(vault: Service) -> Iterator[Finding]:
    told = _data(vault, "/v1/auth/token/lookup-self")
    if "root" in (told.get("policies") or []):
        yield _finding("root-token", "the token of the gate may do everything", f"revoke it, and make one with: {POLICY}", Severity.CRITICAL)


def _audit(vault: Service, gaps: list[str]) -> Iterator[Finding]:
    answer = vault.get("/v1/sys/audit")
    if answer.status == 403:
        gaps.append(f"the audit devices may not be seen: grant {POLICY}")
        return
    if not _inside(vault, vault.decoded(vault.good(answer, "/v1/sys/audit"), "/v1/sys/audit"), "/v1/sys/audit"):
        yield _finding("no-audit", f"nobody can say who read a secret of {vault.name}", "enable an audit device, and keep its log for two years")


def _secret(ctx: Context, vault: Service, name: str, params: Params, gaps: list[str]) -> Iterator[Finding]:
    mount, _, path = name.partition("/")
    address = f"/v1/{segment(mount)}/metadata/{'/'.join(map(segment, path.split('/')))}"
    answer = vault.get(address)
    if answer.status == 404:
        yield _finding("missing-secret", f"the secret {shown(name)} is not there", "write it, or mend its name", anchor=name)
        return
    if answer.status == 403:
        gaps.append(f"the metadata of {shown(name)} may not be seen: grant {POLICY}")
        return
    told = vault.decoded(vault.good(answer, address), address)
    try:
        version = told["data"]["versions"][str(told["data"]["current_version"])]
        age = (ctx.now - instant(str(version["created_time"]))).total_seconds()
        gone = bool(version["deletion_time"] or version["destroyed"])
    except (KeyError, TypeError, ValueError):
        raise CannotTell(f"{vault.name} tells no versions of {shown(name)}", "the secret must be in a KV engine of version 2") from None
    if gone:
        yield _finding("deleted-secret", f"the secret {shown(name)} is deleted", "write a new version", anchor=name)
        return
    most = next((words for pattern, words in params.limits.items() if fnmatchcase(name.lower(), pattern.lower())), "")
    if not most:
        gaps.append(f"no limit fits the secret {shown(name)}: add a pattern such as '*'")
    elif age > durations.seconds(most):
        yield _finding("old-secret", f"the secret {shown(name)} is {age / 86400:.0f} days old, at most {most} is allowed", "rotate it", anchor=name)


def _data(vault: Service, path: str) -> Mapping[str, Any]:
    return _inside(vault, _object(vault, path), path)


def _inside(vault: Service, answer: Any, path: str) -> Mapping[str, Any]:
    found = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise CannotTell(f"{vault.name} answered {path} with no data", "see that the address is that of Vault or OpenBao")
    return found


def _object(vault: Service, path: str) -> Mapping[str, Any]:
    found = vault.json(path)
    if not isinstance(found, dict):
        raise CannotTell(f"{vault.name} answered {path} with no object", "see that the address is that of Vault or OpenBao")
    return found


def _finding(rule: str, message: str, fix: str, severity: Severity = Severity.HIGH, *, anchor: str = "") -> Finding:
    return Finding(rule=rule, message=message, severity=severity, fix=fix, anchor=anchor or rule)


CHECK = Check(params=Params, observe=observe, expect="no findings >= medium", domain="observability", deadline=60)
