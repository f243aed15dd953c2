"""Sends a poison and a good message to Kafka and looks for both: ``send.py QUESTION``. Runs in the environment of ``tool.toml``, not in prodready's.

QUESTION is JSON: ``{"config": {librdkafka settings}, "topic", "dlq", "group", "word", "poison", "good", "seconds"}``. A password comes by the variable
KAFKA_PASSWORD. Prints JSON: whether the group has members, between which seconds the poison arrived in the queue, with which headers, and whether the
group committed past the good message.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any


def main(question: str) -> None:
    """Prints the facts, or ``{"failed": …}``."""
    import confluent_kafka

    if question == "--version":
        sys.stdout.write(f"confluent-kafka {confluent_kafka.__version__}\n")
        return
    asked = json.loads(question)
    password = os.environ.get("KAFKA_PASSWORD", "")
    config = {**asked["config"], "log_level": 0, **({"sasl.password": password} if password else {})}
    try:
        facts = facts_of(asked, config)
    except confluent_kafka.KafkaException as error:
        facts = {"failed": error.args[0].str()}
    sys.stdout.write(json.dumps(facts))


def facts_of(asked: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Sends nothing when nobody consumes, or the queue is not there. Raises KafkaException."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(config)
    known = admin.list_topics(timeout=asked["seconds"]).topics
    members = len(admin.describe_consumer_groups([asked["group"]], request_timeout=asked["seconds"])[asked["group"]].result().members)
    facts: dict[str, Any] = {"members": members, "dlq_known": asked["dlq"] in known}
    if asked["topic"] not in known:
        return {"failed": f"there is no topic {asked['topic']}"}
    if not members or not facts["dlq_known"]:
        return facts
    queue = tail(config, asked["dlq"], known[asked["dlq"]].partitions)
    begun = time.monotonic()
    offset = sent(config, asked)
    facts |= arrived(queue, asked, begun)
    queue.close()
    return {**facts, "went_on": went_on(admin, asked, offset)}


def tail(config: dict[str, Any], topic: str, partitions: Any) -> Any:
    """A consumer that stands at the end of every partition."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**config, "group.id": "prodready-drill", "enable.auto.commit": False})
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1] for number in partitions]
    consumer.assign([TopicPartition(topic, number, end) for number, end in zip(partitions, ends, strict=True)])
    return consumer


def sent(config: dict[str, Any], asked: dict[str, Any]) -> int:
    """Sends both to one partition; gives the offset of the good one. Raises KafkaException."""
    from confluent_kafka import KafkaException, Producer

    offsets: list[int] = []

    def delivered(error: Any, message: Any) -> None:
        if error:
            raise KafkaException(error)
        offsets.append(message.offset())

    producer = Producer({**config, "acks": "all", "message.timeout.ms": int(asked["seconds"] * 1000)})
    for value in (asked["poison"], asked["good"]):
        producer.produce(asked["topic"], value=value.encode(), partition=0, on_delivery=delivered)
        producer.flush()
    return max(offsets)


def arrived(queue: Any, asked: dict[str, Any], begun: float) -> dict[str, Any]:
    """When the poison came to the queue, in seconds since it was sent, and its headers; nothing when it did not."""
    before = time.monotonic()
    while before < begun + asked["seconds"]:
        message = queue.poll(0.1)
        now = time.monotonic()
        if message is not None and not message.error() and asked["word"].encode() in (message.value() or b"") + (message.key() or b""):
            return {"arrived": [max(0.0, before - begun), now - begun], "headers": [name for name, _ in message.headers() or []]}
        before = now
    return {}


def went_on(admin: Any, asked: dict[str, Any], offset: int) -> bool:
    """Whether the group commits past that offset."""
    from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

    end = time.monotonic() + asked["seconds"]
    part = [TopicPartition(asked["topic"], 0)]
    while True:
        told = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(asked["group"], part)], request_timeout=asked["seconds"])
        if told[asked["group"]].result().topic_partitions[0].offset > offset:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1])
