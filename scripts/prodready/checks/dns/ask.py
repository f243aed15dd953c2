"""Asks name servers and the machines behind a name, and prints what they say as JSON: ``ask.py QUESTION``. Runs in the environment of ``tool.toml``.

QUESTION is JSON: ``{"names": {name: [types]}, "resolvers": ["host:port"], "seconds": 5, "probe": null or {"host", "port", "tls", "path", "ca"}}``.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Row = dict[str, Any]
MOST_MACHINES = 16
MOST_VALUES = 64


def looked_up(resolver: str, name: str, kind: str, seconds: float) -> Row:
    """One answer as it came: status, values, lifetime and the aliases on the way; or why there was none."""
    import dns.exception
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdatatype

    row: Row = {"resolver": resolver, "name": name, "type": kind, "values": [], "aliases": [], "ttl": 0}
    try:
        host, port = place(resolver)
        asked = dns.message.make_query(name, kind, use_edns=0, payload=1232)
        answer, _ = dns.query.udp_with_fallback(asked, host, port=port, timeout=seconds)
    except (OSError, EOFError, ValueError, dns.exception.DNSException) as error:
        return {**row, "failed": f"{type(error).__name__}: {error}"[:200]}
    for part in answer.answer:
        row["ttl"] = max(row["ttl"], part.ttl)
        alias = part.rdtype == dns.rdatatype.CNAME and kind != "CNAME"
        row["aliases" if alias else "values"] += [one.to_text() for one in part if alias or part.rdtype == dns.rdatatype.from_text(kind)][:MOST_VALUES]
    return {**row, "status": dns.rcode.to_text(answer.rcode())}


def place(resolver: str) -> tuple[str, int]:
    """Address and port of a name server; ``system`` is the machine's first. Raises ValueError, OSError."""
    if resolver == "system":
        import dns.resolver

        return str(dns.resolver.Resolver().nameservers[0]), 53
    bare = resolver.strip("[]")
    if ":" in bare and "." not in bare:  # an address of version 6 without a port
        return bare, 53
    host, _, port = resolver.rpartition(":") if ":" in resolver else (resolver, "", "53")
    return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def served(address: str, asked: Row, seconds: float) -> Row:
    """What the machine at an address says when it is asked for the host, past the name service."""
    connection = http.client.HTTPConnection(asked["host"], asked["port"], timeout=seconds)
    try:
        connection.sock = socket.create_connection((address, asked["port"]), timeout=seconds)
        if asked["tls"]:
            trusted = ssl.create_default_context(cadata=asked["ca"] or None)
            connection.sock = trusted.wrap_socket(connection.sock, server_hostname=asked["host"])
        connection.request("GET", asked["path"], headers={"User-Agent": "prodready", "Connection": "close"})
        return {"address": address, "status": connection.getresponse().status}
    except (OSError, http.client.HTTPException) as error:
        return {"address": address, "failed": str(error)[:160] or type(error).__name__}
    finally:
        connection.close()


def answer(asked: Row) -> Row:
    """All that was asked for."""
    seconds, probe = asked["seconds"], asked["probe"]
    jobs = [(resolver, name, kind, seconds) for resolver in asked["resolvers"] for name, kinds in asked["names"].items() for kind in kinds]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda job: looked_up(*job), jobs))
        addresses = [value for row in rows if probe and row["name"] == probe["host"] and row["type"] in ("A", "AAAA") for value in row["values"]]
        machines = list(pool.map(lambda address: served(address, probe, seconds), list(dict.fromkeys(addresses))[:MOST_MACHINES]))
    return {"rows": rows, "machines": machines}


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        import dns.version

        sys.stdout.write(f"dnspython {dns.version.version}\n")
    else:
        sys.stdout.write(json.dumps(answer(json.loads(sys.argv[1]))))
