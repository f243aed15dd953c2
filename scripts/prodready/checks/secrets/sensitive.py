"""Names of files that hold passwords and keys by their nature: whatever a scanner makes of their content, they do not belong into a repository."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.model import Finding, Severity
from prodready.names import shown

NAMES = {
    ".env": "environment variables, passwords among them",
    ".env.*": "environment variables, passwords among them",
    ".netrc": "host passwords",
    "_netrc": "host passwords",
    ".pgpass": "PostgreSQL passwords",
    ".my.cnf": "MySQL passwords",
    ".mylogin.cnf": "MySQL passwords",
    ".htpasswd": "password hashes of a web server",
    ".git-credentials": "passwords of git servers",
    ".dockercfg": "registry passwords",
    ".docker/config.json": "registry passwords",
    ".aws/credentials": "AWS keys",
    ".boto": "cloud keys",
    ".s3cfg": "S3 keys",
    ".kube/config": "Kubernetes credentials",
    "kubeconfig": "Kubernetes credentials",
    ".vault-token": "a Vault token",
    "*.tfstate": "every attribute Terraform knows, passwords in clear text",
    "credentials.json": "credentials of a cloud or an API",
    "wp-config.php": "the database password of WordPress",
    "id_rsa": "an SSH private key",
    "id_dsa": "an SSH private key",
    "id_ecdsa": "an SSH private key",
    "id_ed25519": "an SSH private key",
    "*.ppk": "an SSH private key",
    "*.p12": "a certificate with its private key",
    "*.pfx": "a certificate with its private key",
    "*.jks": "private keys of a Java service",
    "*.keystore": "private keys of a Java service",
    "*.kdbx": "a password safe",
    "*.ovpn": "a VPN profile with its key",
}
"""File name pattern -> what such a file holds."""
TEMPLATES = frozenset(
    (
        *("example", "sample", "template", "tmpl", "tpl", "dist", "default", "defaults", "schema", "j2", "md", "pub"),
        *("vault", "enc", "encrypted", "sops", "age", "gpg"),
    )
)
"""Parts of a name that say: no values in here, or encrypted ones."""


def sensitive(repo: Repo, *, but: Collection[str] = ()) -> Iterator[Finding]:
    """A finding for each file whose name says that it holds secrets, except ``but`` and those that are empty."""
    for pattern, content in NAMES.items():
        for path in repo.files(f"**/{pattern}"):
            if path not in but and not _template(path) and _filled(repo, path):
                yield _finding(path, content)


def holds(path: str) -> str:
    """What a file of that name holds by its nature; empty when the name says nothing, or says that it is a template."""
    if _template(path):
        return ""
    return next((content for pattern, content in NAMES.items() if PurePosixPath(path).match(pattern)), "")


def _template(path: str) -> bool:
    parts = PurePosixPath(path).name.lower().replace("-", ".").replace("_", ".").split(".")
    return any(part in TEMPLATES for part in parts)


def _filled(repo: Repo, path: str) -> bool:
    """Whether anything but comments is in the file; one that cannot be read counts as filled."""
    try:
        content = repo.raw(path)
    except CannotTell:
        return True
    return any(line.strip() and not line.lstrip().startswith((b"#", b";")) for line in content.splitlines())


def _finding(path: str, content: str) -> Finding:
    return Finding(
        rule="sensitive-file",
        message=f"{PurePosixPath(path).name} holds {content}, and everyone who can read the repository can read it",
        severity=Severity.HIGH,
        path=path,
        anchor="file name",
        fix=f"revoke what it holds, then 'git rm --cached {shlex.quote(shown(path))}' and name it in .gitignore; an example file without values may stay",
    )
