"""The Kafka cluster is whole, and its topics are replicated, kept and partitioned as they must be.

Of the cluster: enough brokers, a controller, no partition without a leader or with fewer replicas in sync than it has. Of each topic: it exists, with
enough partitions, each replicated over that many **different** brokers, ``min.insync.replicas``, and a retention that somebody set on the topic: a
default of the broker is nobody's decision. What the user may not see is a gap, with the right to grant, and no pass.

An item that uses it:

    - id: kafka.topics
      title: Orders and executions are in Kafka three times, and kept for a week
      check: kafka_topics
      params: {bootstrap: kafka, topics: [order_intents, exec_reports], replication: 3, min_insync: 2, retention: 7d}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready import durations, kafka
from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.kafka import Brokers
from prodready.model import Evidence, Finding, Found, Severity
from prodready.names import few, shown


class Params(Struct, frozen=True, kw_only=True):
    """Which cluster and topics, and what they must be."""

    bootstrap: Brokers = "kafka"
    """``host:port`` of brokers, or the name of a target."""
    topics: tuple[str, ...] = ()
    """Topics that must exist; without any only the cluster is looked at."""
    replication: int = 3
    """Different brokers that each partition of the topics must be on."""
    brokers: int = 0
    """Brokers that there must be; 0 takes as many as ``replication``."""
    partitions: int = 1
    """Partitions that each topic must have at least."""
    min_insync: int = 0
    """Smallest ``min.insync.replicas``; 0 looks not."""
    retention: str = ""
    """Exact ``retention.ms`` as a duration, set on the topic; empty looks not."""
    internal: bool = False
    """Whether Kafka's own topics (``__consumer_offsets``) must be replicated likewise."""

    def __post_init__(self) -> None:
        durations.seconds(self.retention)
        if self.replication < 1 or self.partitions < 1:
            raise ValueError("replication and partitions are at least 1")


def observe(ctx: Context, params: Params) -> Found:
    """What is wrong with cluster and topics. Raises CannotTell."""
    told, program = kafka.facts(ctx, params.bootstrap, topics=params.topics)
    try:
        topics, configs = told["topics"], told["configs"]
        wanted = [*params.topics, *(name for name in topics if params.internal and name.startswith("__"))]
        findings, gaps = [*_cluster(told, params)], list[str]()
        for name in wanted:
            _topic(name, topics.get(name), configs.get(name, {}), params, findings, gaps)
        partitions = sum(len(topic["partitions"]) for topic in topics.values())
    except (KeyError, TypeError, AttributeError):
        raise CannotTell("the client of Kafka printed facts that are none", "run 'prodready tools install'") from None
    where = f"{len(told['brokers'])} brokers, {partitions} partitions; topics {few(wanted) or 'not looked at'}"
    return Found(examined=len(told["brokers"]) + len(wanted), findings=tuple(findings), gaps=tuple(gaps), evidence=Evidence(source=where, tool=program))


def _cluster(told: Mapping[str, Any], params: Params) -> Iterator[Finding]:
    count, needed = len(told["brokers"]), params.brokers or params.replication
    if count < needed:
        yield _finding("too-few-brokers", f"the cluster has {count} brokers, expected at least {needed}", "start the brokers that are missing", "brokers")
    if told["controller"] not in told["brokers"] and told["controller"] < 0:
        yield _finding("no-controller", "the cluster has no controller", "look at the quorum: kafka-metadata-quorum.sh describe --status", "controller")
    for name, topic in told["topics"].items():
        for part in topic["partitions"]:
            yield from _partition(f"{shown(name)}-{part['id']}", part)


def _partition(place: str, part: Mapping[str, Any]) -> Iterator[Finding]:
    if part["leader"] < 0:
        yield _finding("offline-partition", f"the partition {place} has no leader", "start the brokers that hold it", place)
    elif len(set(part["isr"])) < len(set(part["replicas"])):
        message = f"the partition {place} is in sync on {len(set(part['isr']))} of {len(set(part['replicas']))} brokers"
        yield _finding("under-replicated", message, "start the brokers that are behind", place)


def _topic(name: str, topic: Mapping[str, Any] | None, config: Mapping[str, Any], params: Params, findings: list[Finding], gaps: list[str]) -> None:
    if topic is None:
        # A user without the right Describe does not see the topic at all, so Kafka itself gives the two the same answer.
        findings.append(_finding("missing-topic", f"the topic {shown(name)} is not there, or may not be seen", "create it, or grant Describe on it", name))
        return
    if topic["error"]:
        gaps.append(kafka.denied(topic["error"], f"the topic {name}"))
        return
    if len(topic["partitions"]) < params.partitions:
        message = f"the topic {shown(name)} has {len(topic['partitions'])} partitions, expected at least {params.partitions}"
        findings.append(_finding("too-few-partitions", message, "add partitions: kafka-topics.sh --alter", name))
    least = min((len(set(part["replicas"])) for part in topic["partitions"]), default=0)
    if least < params.replication:
        message = f"the topic {shown(name)} is on {least} different brokers, expected {params.replication}"
        findings.append(_finding("too-few-replicas", message, "reassign its partitions: kafka-reassign-partitions.sh", name))
    if (params.min_insync or params.retention) and name in params.topics:
        _settings(name, config, params, findings, gaps)


def _settings(name: str, config: Mapping[str, Any], params: Params, findings: list[Finding], gaps: list[str]) -> None:
    if "failed" in config or "retention.ms" not in config:
        gaps.append(kafka.denied(str(config.get("failed", "no settings")), f"the configuration of the topic {name}"))
        return
    insync = int(config["min.insync.replicas"]["value"]) if "min.insync.replicas" in config else 0
    if insync < params.min_insync:
        message = f"the topic {shown(name)} has min.insync.replicas {insync}, expected at least {params.min_insync}"
        findings.append(_finding("too-few-in-sync", message, f"set min.insync.replicas={params.min_insync}", name))
    if params.retention:
        findings.extend(_retention(name, config["retention.ms"], params.retention))


def _retention(name: str, setting: Mapping[str, Any], wanted: str) -> Iterator[Finding]:
    kept, fix = int(setting["value"]), f"set retention.ms={durations.seconds(wanted) * 1000:.0f} on the topic"
    words = "for ever" if kept < 0 else f"{kept / 86_400_000:g} days"
    if kept != durations.seconds(wanted) * 1000:
        yield _finding("wrong-retention", f"the topic {shown(name)} is kept {words}, expected {wanted}", fix, name)
    elif not setting["set"]:
        yield _finding("retention-not-set", f"the topic {shown(name)} is kept {words} by a default of the broker", fix, name)


def _finding(rule: str, message: str, fix: str, anchor: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.HIGH, fix=fix, anchor=anchor)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="observability", tools=("kafka",), deadline=120)
