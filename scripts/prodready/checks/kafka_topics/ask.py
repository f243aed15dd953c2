"""Asks a Kafka cluster for facts and prints them as JSON: ``ask.py QUESTION``. Reads only. Runs in the environment of ``tool.toml``, not in prodready's.

QUESTION is JSON: ``{"config": {librdkafka settings}, "topics": [...], "groups": [...], "seconds": 10}``. A password comes by the variable KAFKA_PASSWORD.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any


def main(question: str) -> None:
    """Prints the facts, or ``{"failed": …}`` where the cluster did not answer."""
    import confluent_kafka

    if question == "--version":
        sys.stdout.write(f"confluent-kafka {confluent_kafka.__version__}\n")
        return
    asked = json.loads(question)
    try:
        facts = facts_of(asked)
    except confluent_kafka.KafkaException as error:
        facts = {"failed": words(error)}
    sys.stdout.write(json.dumps(facts))


def facts_of(asked: dict[str, Any]) -> dict[str, Any]:
    """All that is asked for. Raises KafkaException when no broker answers."""
    from confluent_kafka.admin import AdminClient

    password = os.environ.get("KAFKA_PASSWORD", "")
    config = {**asked["config"], **({"sasl.password": password} if password else {})}
    told: list[Any] = []
    client = AdminClient({**config, "error_cb": told.append, "log_level": 0})
    cluster = met(client, told, asked["seconds"])
    if cluster is None:  # the reason is told by the callback; the exception says only that time ran out
        return {"failed": told[-1].str()}
    facts: dict[str, Any] = {
        "brokers": sorted(cluster.brokers),
        "controller": cluster.controller_id,
        "topics": {name: topic(metadata) for name, metadata in cluster.topics.items()},
        "configs": configs(client, [name for name in asked["topics"] if name in cluster.topics], asked["seconds"]),
    }
    if asked["groups"]:
        facts["groups"] = {name: group(client, name, config, asked["seconds"]) for name in asked["groups"]}
    return facts


def met(client: Any, told: list[Any], seconds: float) -> Any:
    """The cluster, or None where it was told why not. Looks sooner than its time runs out: a refusal does not become better. Raises KafkaException."""
    from confluent_kafka import KafkaError, KafkaException

    for wait in (seconds / 8, seconds / 4, seconds * 5 / 8):
        try:
            return client.list_topics(timeout=wait)
        except KafkaException:
            client.poll(0)  # lets the callback tell
            final = {KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._ALL_BROKERS_DOWN}  # noqa: SLF001 - public names that begin so
            if final & {error.code() for error in told}:
                return None
            if wait > seconds / 2 and not told:
                raise
    return None


def topic(metadata: Any) -> dict[str, Any]:
    """The partitions of a topic, each with its leader, replicas and those in sync."""
    rows = [
        {"id": one.id, "leader": one.leader, "replicas": list(one.replicas), "isr": list(one.isrs), "error": one.error.str() if one.error else ""}
        for one in metadata.partitions.values()
    ]
    return {"partitions": rows, "error": metadata.error.str() if metadata.error else ""}


def configs(client: Any, names: Iterable[str], seconds: float) -> dict[str, Any]:
    """The settings of topics; ``set`` tells whether somebody set them on the topic itself."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import ConfigResource, ConfigSource

    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
    found: dict[str, Any] = {}
    for resource, future in (client.describe_configs(resources, request_timeout=seconds) if resources else {}).items():
        try:
            own = ConfigSource.DYNAMIC_TOPIC_CONFIG.value
            found[resource.name] = {key: {"value": entry.value, "set": entry.source == own} for key, entry in future.result().items()}
        except KafkaException as error:
            found[resource.name] = {"failed": words(error)}
    return found


def group(client: Any, name: str, config: dict[str, Any], seconds: float) -> dict[str, Any]:
    """A consumer group: its state, members, and for each partition the committed, first and last offset."""
    from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException
    from confluent_kafka.admin import OffsetSpec

    try:
        described = client.describe_consumer_groups([name], request_timeout=seconds)[name].result()
        asked = [ConsumerGroupTopicPartitions(name)]
        committed = client.list_consumer_group_offsets(asked, request_timeout=seconds)[name].result().topic_partitions or []
        assigned = [part for member in described.members for part in (member.assignment.topic_partitions if member.assignment else [])]
        parts = list({(part.topic, part.partition): part for part in (*assigned, *committed)}.values())
        known = {(part.topic, part.partition): part.offset for part in committed}
        ends = {
            word: {(part.topic, part.partition): future.result().offset for part, future in client.list_offsets(dict.fromkeys(parts, spec())).items()}
            for word, spec in (("first", OffsetSpec.earliest), ("last", OffsetSpec.latest))
            if parts
        }
    except KafkaException as error:
        return {"failed": words(error)}
    offsets = [
        {"topic": key[0], "partition": key[1], "committed": known.get(key, -1), "first": ends["first"][key], "last": ends["last"][key]}
        for key in ((part.topic, part.partition) for part in parts)
    ]
    return {"state": described.state.name.lower(), "members": len(described.members), "offsets": offsets}


def words(error: Any) -> str:
    """The name and the words of an error of Kafka."""
    cause = error.args[0]
    return f"{cause.name()}: {cause.str()}"


if __name__ == "__main__":
    main(sys.argv[1])
