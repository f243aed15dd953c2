"""Descriptions GitHub publishes on npm, fetched once into the cache folder by npm itself and checked against a pinned hash."""

import hashlib
import json
import os
import tarfile
import tempfile
from pathlib import Path

import npm

OPENAPI = ("@octokit/openapi", "23.0.2", "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==")
WEBHOOKS = ("@octokit/webhooks-examples", "7.6.1", "sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==")


def member(package, path, *, keep=lambda data: data):
    """The JSON file of a package, reduced by ``keep`` before it is cached; skips the test when npm or its registry cannot be had."""
    name, version, integrity = package
    cached = npm.cache() / f"{name.replace('/', '-').strip('@')}-{version}-{hashlib.sha256((path + _version_of(keep)).encode()).hexdigest()[:12]}.json"
    if not cached.is_file():
        data = json.dumps(keep(_unpacked(name, version, integrity, path)))
        cached.parent.mkdir(parents=True, exist_ok=True)
        aside = cached.with_suffix(f".{os.getpid()}")
        aside.write_text(data, "utf-8")
        aside.replace(cached)
    return json.loads(cached.read_text("utf-8"))


def _version_of(keep):
    """A changed reduction must not meet an old cache."""
    return getattr(keep, "version", "")


def _unpacked(name, version, integrity, path):
    with tempfile.TemporaryDirectory() as folder, tarfile.open(npm.archive(name, version, integrity, Path(folder))) as tar:
        return json.load(tar.extractfile(f"package/{path}"))
