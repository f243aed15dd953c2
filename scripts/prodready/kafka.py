"""A Kafka cluster as checks ask it: by the vendor's client in an environment of its own, reading only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Context, Ended
from prodready.decode import DecodeError, decode, nearest
from prodready.names import shown
from prodready.service import credential, secret_for

_DENIED = "AUTHORIZATION_FAILED"
_REACH = "see that a broker runs there, that its advertised.listeners can be reached from here, and that the security settings of the target are right"


class Cluster(Struct, frozen=True, kw_only=True):
    """A Kafka cluster of ``targets:``."""

    bootstrap: str
    """Brokers to begin with: ``host:port,host:port``."""
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """How it is spoken to."""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How one logs in, with ``sasl_…``."""
    user: str = ""
    """User name, with ``sasl_…``."""
    password: str = ""
    """Variable that holds the password; its name begins with PRODREADY_."""
    ca_file: str = ""
    """PEM file in the repository with the certificate authority of the brokers."""
    seconds: float = 15.0
    """How long one answer may take."""

    def __post_init__(self) -> None:
        credential(self.password)
        if not 0 < self.seconds <= 60:
            raise ValueError("seconds are between 0 and 60")


Brokers = str | Cluster
"""What a check's ``bootstrap`` takes: brokers, the name of a target, or a target."""


def facts(ctx: Context, brokers: Brokers, *, topics: Sequence[str] = (), groups: Sequence[str] = ()) -> tuple[Mapping[str, Any], str]:
    """What the cluster tells, and the client's name and version. Raises CannotTell when it tells nothing."""
    seconds = cluster(ctx, brokers).seconds
    return ask(ctx, brokers, "kafka", {"topics": list(topics), "groups": list(groups), "seconds": seconds}, deadline=30 + 2 * seconds)


def ask(ctx: Context, brokers: Brokers, tool: str, question: Mapping[str, object], *, deadline: float) -> tuple[Mapping[str, Any], str]:
    """The answer of a pinned program that holds the vendor's client, and its name and version. Raises CannotTell when there is none."""
    of = cluster(ctx, brokers)
    if ctx.offline:
        raise CannotTell(f"Kafka at {of.bootstrap} was not asked: this run is offline", "run without --offline")
    environ = {"KAFKA_PASSWORD": _password(ctx, of)} if of.password else {}
    ended = ctx.run.tool(tool, json.dumps({**question, "config": _config(ctx, of)}), env=environ, deadline=deadline)
    if ended.ended is not Ended.EXITED or ended.code:
        raise CannotTell(f"the client of Kafka {ended.ended.value} at {shown(of.bootstrap)}", _REACH)
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        raise CannotTell("the client of Kafka printed no answer", "run 'prodready tools install'") from None
    if not isinstance(told, dict) or "failed" in told:
        why = shown(str(told.get("failed")))[:200] if isinstance(told, dict) else "no facts"
        raise CannotTell(f"Kafka at {shown(of.bootstrap)} did not answer: {why}", _REACH)
    return told, ended.program


def cluster(ctx: Context, brokers: Brokers) -> Cluster:
    """The cluster at these brokers, or of that name. Raises CannotTell when there is no such target."""
    return brokers if isinstance(brokers, Cluster) else _named(ctx, brokers)


def _password(ctx: Context, cluster: Cluster) -> str:
    """The password, for each of the brokers. Raises CannotTell when it is bound to another host."""
    (password,) = {secret_for(ctx, cluster.password, broker.strip()) for broker in cluster.bootstrap.split(",")}
    return password


def denied(error: str, what: str) -> str:
    """A gap for something that the cluster does not tell."""
    grant = ": grant this user the right Describe and DescribeConfigs on it" if _DENIED in error else ""
    return f"{shown(what)} is not told ({shown(error)[:160]}){grant}"


def _named(ctx: Context, name: str) -> Cluster:
    if ":" in name:
        return Cluster(bootstrap=name)
    entry = ctx.targets.get(name)
    if entry is None:
        known = nearest(name, list(ctx.targets)) if ctx.targets else "none is given here"
        raise CannotTell(f"there is no target {shown(name)!r}; {known}", f"write 'targets: {{{shown(name)}: {{bootstrap: host:9092}}}}' in .prodready.yml")
    try:
        return decode({"bootstrap": entry} if isinstance(entry, str) else entry, Cluster, ("targets", name))
    except DecodeError as error:
        raise CannotTell(f"a target is wrong: {error}", "mend it in .prodready.yml") from None


def _config(ctx: Context, cluster: Cluster) -> dict[str, str]:
    config = {"bootstrap.servers": cluster.bootstrap, "security.protocol": cluster.security, "client.id": "prodready"}
    if cluster.security.startswith("sasl"):
        config |= {"sasl.mechanism": cluster.mechanism, "sasl.username": cluster.user}
    if cluster.ca_file:
        config |= {"ssl.ca.pem": ctx.repo.text(cluster.ca_file)}
    return config
