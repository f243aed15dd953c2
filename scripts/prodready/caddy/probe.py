"""One TLS handshake, and which certificate it brought. Runs on the stage, beside Caddy."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any


def handshake(host: str, port: int, name: str, patience: float) -> dict[str, Any]:
    """What a client sees that asks for ``name`` (empty: for no name): a certificate with its names, or why there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    begin = time.monotonic()
    try:
        with (
            socket.create_connection((host, port), patience) as plain,
            context.wrap_socket(plain, server_hostname=name or None) as secure,
        ):
            seen = {"outcome": "certificate", "words": "", **_certificate(secure.getpeercert(binary_form=True) or b"")}
    except ssl.SSLError as error:
        seen = _none("alert" if "ALERT" in (error.reason or "") else "broken", error.reason or str(error))
    except TimeoutError:
        seen = _none("timeout", f"no answer within {patience:.0f} s")
    except (OSError, ValueError) as error:
        seen = _none("unreached", getattr(error, "strerror", None) or str(error))
    return {"name": name, "seconds": round(time.monotonic() - begin, 2), **seen}


def _none(outcome: str, words: str) -> dict[str, Any]:
    return {"outcome": outcome, "words": words[:200], "dns": [], "addresses": [], "issuer": ""}


def _certificate(der: bytes) -> dict[str, Any]:
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(der)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return {"dns": names.get_values_for_type(x509.DNSName), "addresses": addresses, "issuer": certificate.issuer.rfc4514_string()}
