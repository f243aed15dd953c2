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
    ".authinfo": "host passwords",
    ".pgpass": "PostgreSQL passwords",
    "pgpass.conf": "PostgreSQL passwords",
    ".my.cnf": "MySQL passwords",
    ".mylogin.cnf": "MySQL passwords",
    ".htpasswd": "password hashes of a web server",
    "*.htpasswd": "password hashes of a web server",
    ".htdigest": "password hashes of a web server",
    "etc/shadow": "password hashes of a machine",
    "master.passwd": "password hashes of a machine",
    "proftpdpasswd": "password hashes of a file server",
    ".git-credentials": "passwords of git servers",
    ".config/hub": "a token of GitHub",
    ".config/gh/hosts.yml": "a token of GitHub",
    ".dockercfg": "registry passwords",
    ".docker/config.json": "registry passwords",
    ".pypirc": "passwords of a package index",
    ".gem/credentials": "keys of a package index",
    ".cargo/credentials": "tokens of a package index",
    ".cargo/credentials.toml": "tokens of a package index",
    ".composer/auth.json": "tokens of a package index",
    ".aws/credentials": "AWS keys",
    "accessKeys.csv": "AWS keys",
    "*_accessKeys.csv": "AWS keys",
    "rootkey.csv": "AWS keys",
    ".boto": "cloud keys",
    ".s3cfg": "S3 keys",
    "rclone.conf": "storage passwords",
    "application_default_credentials.json": "Google Cloud credentials",
    "accessTokens.json": "Azure tokens",
    ".kube/config": "Kubernetes credentials",
    "kubeconfig": "Kubernetes credentials",
    "*.kubeconfig": "Kubernetes credentials",
    ".vault-token": "a Vault token",
    ".vault_pass": "the password of an Ansible vault",
    ".vault_pass.txt": "the password of an Ansible vault",
    "vault_pass.txt": "the password of an Ansible vault",
    "*.tfstate": "every attribute Terraform knows, passwords in clear text",
    "*.tfstate.backup": "every attribute Terraform knows, passwords in clear text",
    "credentials.tfrc.json": "a token of Terraform",
    "credentials.json": "credentials of a cloud or an API",
    "credentials.xml": "credentials of Jenkins",
    ".streamlit/secrets.toml": "secrets of an application",
    "config/master.key": "the key to the encrypted credentials of Rails",
    "wp-config.php": "the database password of WordPress",
    "id_rsa": "an SSH private key",
    "id_dsa": "an SSH private key",
    "id_ecdsa": "an SSH private key",
    "id_ed25519": "an SSH private key",
    "ssh_host_*_key": "the private key of a machine",
    "*.ppk": "an SSH private key",
    "*.p12": "a certificate with its private key",
    "*.pfx": "a certificate with its private key",
    "*.jks": "private keys of a Java service",
    "*.jceks": "private keys of a Java service",
    "*.keystore": "private keys of a Java service",
    "*.keytab": "Kerberos keys",
    "secring.gpg": "PGP private keys",
    "*.agekey": "an age private key",
    "*.kdbx": "a password safe",
    "*.ovpn": "a VPN profile with its key",
    "key4.db": "the passwords of a browser",
    "logins.json": "the passwords of a browser",
    "Login Data": "the passwords of a browser",
    "sitemanager.xml": "passwords of file servers",
    "recentservers.xml": "passwords of file servers",
    "sftp-config.json": "passwords of file servers",
    ".vscode/sftp.json": "passwords of file servers",
    ".ftpconfig": "passwords of file servers",
    ".remote-sync.json": "passwords of file servers",
    ".idea/WebServers.xml": "passwords of file servers",
    ".idea/dataSources.local.xml": "database passwords",
    "dbeaver-data-sources.xml": "database passwords",
    "credentials-config.json": "database passwords",
    ".bash_history": "every command ever typed, passwords among them",
    ".zsh_history": "every command ever typed, passwords among them",
    ".psql_history": "every statement ever typed, passwords among them",
    ".mysql_history": "every statement ever typed, passwords among them",
    ".rediscli_history": "every command ever typed, passwords among them",
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
            if path not in but and not _template(path, pattern) and _filled(repo, path):
                yield _finding(path, content)


def holds(path: str) -> str:
    """What a file of that name holds by its nature; empty when the name says nothing, or says that it is a template."""
    return next((content for pattern, content in NAMES.items() if PurePosixPath(path).match(pattern) and not _template(path, pattern)), "")


def _template(path: str, pattern: str) -> bool:
    """Whether the name says so with a word that is not part of the pattern: ``.vault-token`` is no encrypted one."""
    return bool(_words(path) & TEMPLATES - _words(pattern))


def _words(path: str) -> set[str]:
    return set(PurePosixPath(path).name.lower().replace("-", ".").replace("_", ".").split("."))


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
