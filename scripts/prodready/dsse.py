"""DSSE envelopes with Ed25519: a statement, and who signed it (github.com/secure-systems-lab/dsse, protocol 1.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodready.errors import ProdreadyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TYPE = "application/vnd.in-toto+json"
_MAKE = "make one with: ssh-keygen -t ed25519 -N '' -f prodready-key"
_LIMIT = 64 * 1024


class BadSignatureError(Exception):
    """No key that is trusted has signed what stands here; the message says why."""


def sign(payload: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The envelope around a statement."""
    signature = key.sign(_pae(TYPE, payload))
    return {
        "payload": base64.b64encode(payload).decode(), "payloadType": TYPE,
        "signatures": [{"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()}],
    }  # fmt: skip


def verify(envelope: Mapping[str, Any], trusted: Sequence[Ed25519PublicKey]) -> bytes:
    """The payload, when one of the trusted keys has signed it. Raises BadSignatureError."""
    from cryptography.exceptions import InvalidSignature

    try:
        kind, payload = str(envelope["payloadType"]), base64.b64decode(envelope["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise BadSignatureError("the envelope is malformed") from None
    for key in trusted:
        for signature in signatures:
            try:
                key.verify(signature, _pae(kind, payload))
            except InvalidSignature:
                continue
            return payload
    raise BadSignatureError("no key you trust has signed it")


def payload(envelope: Mapping[str, Any]) -> bytes:
    """What is inside, unverified. Raises BadSignatureError."""
    try:
        return base64.b64decode(envelope["payload"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise BadSignatureError("the envelope is malformed") from None


def key_id(key: Ed25519PublicKey) -> str:
    """``sha256:`` of the raw public key."""
    return "sha256:" + hashlib.sha256(key.public_bytes_raw()).hexdigest()


def private_key(path: Path) -> Ed25519PrivateKey:
    """An unencrypted Ed25519 key, as ssh-keygen or openssl write it. Raises ProdreadyError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    data = _read(path)
    for load in (load_ssh_private_key, load_pem_private_key):
        try:
            key = load(data, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PrivateKey):
            return key
    raise ProdreadyError(f"{path}: no Ed25519 private key without a passphrase", _MAKE)


def public_key(path: Path) -> Ed25519PublicKey:
    """An Ed25519 public key, as a line of ssh-keygen or as PEM. Raises ProdreadyError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key

    data = _read(path)
    for load in (load_ssh_public_key, load_pem_public_key):
        try:
            key = load(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            return key
    raise ProdreadyError(f"{path}: no Ed25519 public key", "give the .pub file beside the key that signed")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LIMIT)
    except OSError as error:
        raise ProdreadyError(f"{path}: cannot be read: {error.strerror}", _MAKE) from None


def _pae(kind: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what is signed names its own type and lengths."""
    name = kind.encode()
    return b" ".join((b"DSSEv1", str(len(name)).encode(), name, str(len(payload)).encode(), payload))
