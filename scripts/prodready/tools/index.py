"""The package index of this machine: what the installer needs of our environment, and pip's settings in uv's words."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_UV = re.compile(r"UV_(DEFAULT_INDEX|INDEX\w*|EXTRA_INDEX_URL|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|HTTP_\w+|CONFIG_FILE|OFFLINE)")
_PLAIN = ("HOME", "PATH", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "NETRC", "LANG", "GOPROXY", "GOPATH", "GOMODCACHE", "GOCACHE")
_PIP = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE", "trusted-host": "UV_INSECURE_HOST"}
"""A setting in the words of pip -> uv's variable."""


def environment(environ: Mapping[str, str], reach: tuple[str, ...]) -> dict[str, str]:
    """The installer's environment: the way to the index, with its credentials, and nothing else of ours."""
    passed = {name: value for name, value in environ.items() if name in (*_PLAIN, *reach) or _UV.fullmatch(name)}
    chosen = any(name in passed for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"))
    return {**({} if chosen else _of_pip(environ)), **passed, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}


def _of_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """The index settings of pip: its variables before its files."""
    found: dict[str, str] = {}
    for name, value in (*_pip_files(environ), *_pip_variables(environ)):
        if value.strip() and name in _PIP:
            found[_PIP[name]] = " ".join(value.split())
    return found


def _pip_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _PIP:
        yield name, environ.get("PIP_" + name.upper().replace("-", "_"), "")


def _pip_files(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Settings from pip's configuration files, the machine's before the user's."""
    home = Path(environ.get("HOME") or os.devnull)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    for path in (Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf", Path(environ.get("PIP_CONFIG_FILE") or os.devnull)):
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(path.read_text("utf-8"))
        except (OSError, ValueError, configparser.Error):
            continue  # pip itself would complain; the index may still answer without it
        for section in ("global", "install"):
            if parser.has_section(section):
                yield from parser.items(section)
