"""Whether a certificate is for a name: RFC 9525, which looks at subjectAltName alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rehearsal of Caddy loads this in an environment without msgspec
    from prodready.tls.facts import Certificate


def covers(certificate: Certificate, name: str) -> bool:
    """Whether the certificate is for this host name or address."""
    return named(certificate.dns_names, certificate.addresses, name)


def named(dns_names: Sequence[str], addresses: Sequence[str], name: str) -> bool:
    """Whether names of a certificate are for this host name or address."""
    address = _address(name)
    if address is not None:
        return address in map(_address, addresses)
    wanted = ascii_name(name)
    return any(_matches(pattern.lower().rstrip("."), wanted) for pattern in dns_names)


def ascii_name(name: str) -> str:
    """The name as it stands in certificates: lower case, international labels in punycode; unchanged where it is no valid name."""
    try:
        return name.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return name.lower()


def is_address(name: str) -> bool:
    """Whether it is an IP address and no name."""
    return _address(name) is not None


def _matches(pattern: str, name: str) -> bool:
    """A ``*`` stands for one whole left-most label, and not for a top-level domain's."""
    first, _, rest = pattern.partition(".")
    if first != "*":
        return pattern == name
    return "." in rest and name.partition(".")[2] == rest and name.partition(".")[0] != ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
