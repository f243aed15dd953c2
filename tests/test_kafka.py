"""The checks of Kafka on a real cluster of three brokers (KRaft), which Maven brings; and on a port where nothing listens."""

from __future__ import annotations

import os
import runpy
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

import servers
from drilled import drilled
from live import seen
from locked import interpreter
from prodready.drills import poison_message
from prodready.errors import Exit
from prodready.settings import Settings

pytestmark = pytest.mark.integration
STACK = runpy.run_path(str(Path(__file__).parent.parent / "examples" / "desk" / "stack" / "kafka.py"))
java = STACK["java"]
HASTY = "broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n"
"""A broker that is down is soon known to be."""


@pytest.fixture(scope="module")
def jars():
    servers.need("java", "mvn")
    try:
        STACK["fetch"]()
    except subprocess.CalledProcessError as failed:
        pytest.skip(f"Kafka cannot be had here: {failed}")


class Cluster:
    """Three brokers, each a process that can be stopped."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = [servers.port() for _ in range(3)]
        self.stacks = {}
        self.files = STACK["formatted"](folder, self.ports, [servers.port() for _ in range(3)], HASTY)
        for number in range(3):
            self.start(number)

    @property
    def bootstrap(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self, number):
        self.stacks[number] = stack = ExitStack()
        stack.enter_context(servers.running(STACK["broker"](self.files[number]), self.folder / str(number + 1) / "run", lambda: True))

    def stop(self, number):
        self.stacks.pop(number).close()

    def tool(self, program, *args):
        argv = java(program, "--bootstrap-server", self.bootstrap, *args, memory="128m")
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout

    def topic(self, name, *args):
        self.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", name, "--partitions", "2", *args)


def listening(port):
    with socket.socket() as asked:
        asked.settimeout(1)
        return asked.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def cluster(jars, tmp_path_factory):
    started = Cluster(tmp_path_factory.mktemp("kafka"))
    try:
        looks = tmp_path_factory.mktemp("looks")
        servers.until(lambda: all(map(listening, started.ports)), "Kafka did not start")
        servers.until(lambda: seen("kafka_topics", looks, bootstrap=started.bootstrap).status == "passed", "three brokers never met")
        week = "retention.ms=604800000"
        started.topic("order_intents", "--replication-factor", "3", "--config", week, "--config", "min.insync.replicas=2")
        started.topic("market_events", "--replication-factor", "1")
        known_to_all(started, looks, "order_intents", "market_events")
        yield started
    finally:
        for stack in started.stacks.values():
            stack.close()


def known_to_all(cluster, folder, *topics):
    """Waits until each broker has heard of the topics: they learn of them one after the other."""
    for port in cluster.ports:
        asked = {"bootstrap": f"127.0.0.1:{port}", "topics": list(topics)}
        servers.until(lambda asked=asked: "missing-topic" not in names(seen("kafka_topics", folder, **asked)), "a broker never heard of a topic")


def names(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


def test_a_topic_on_three_brokers_that_is_kept_for_a_week_passes(cluster, tmp_path):
    outcome = seen("kafka_topics", tmp_path, bootstrap=cluster.bootstrap, topics=["order_intents"], min_insync=2, retention="7d", partitions=2)
    assert ("passed", []) == (outcome.status, names(outcome)), outcome.summary


def test_a_topic_on_one_broker_with_defaults_is_found(cluster, tmp_path):
    outcome = seen("kafka_topics", tmp_path, bootstrap=cluster.bootstrap, topics=["market_events", "gone"], retention="7d", min_insync=2)
    assert ["missing-topic", "retention-not-set", "too-few-in-sync", "too-few-replicas"] == names(outcome)


def test_a_group_that_consumes_passes_and_one_that_never_was_is_found(cluster, tmp_path):
    lines = tmp_path / "lines"
    lines.write_text("".join(f"{number}\n" for number in range(100)))
    argv = java("kafka.tools.ConsoleProducer", "--bootstrap-server", cluster.bootstrap, "--topic", "order_intents", memory="128m")
    with lines.open() as source:
        subprocess.run(argv, stdin=source, capture_output=True, timeout=120, check=True)
    consume = java(
        "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", cluster.bootstrap, "--topic", "order_intents",
        "--group", "risk", "--from-beginning", memory="128m",
    )  # fmt: skip
    asked = {"bootstrap": cluster.bootstrap, "groups": ["risk"], "max_lag": 10}
    with servers.running(consume, tmp_path / "consumer", lambda: True):
        servers.until(lambda: seen("kafka_groups", tmp_path, **asked).status == "passed", "the group never kept up")
    assert ["no-members"] == names(seen("kafka_groups", tmp_path, **{**asked, "groups": ["never"]}))


def test_a_broker_that_is_down_leaves_partitions_behind(cluster, tmp_path):
    cluster.stop(2)
    asked = {"bootstrap": cluster.bootstrap, "topics": ["order_intents"]}
    servers.until(lambda: "under-replicated" in names(seen("kafka_topics", tmp_path, **asked)), "nobody noticed")
    outcome = seen("kafka_topics", tmp_path, **asked)
    assert {"too-few-brokers", "under-replicated"} <= set(names(outcome))


def test_a_cluster_that_is_not_there_is_unknown(tmp_path):
    outcome = seen("kafka_topics", tmp_path, bootstrap=f"127.0.0.1:{servers.port()}", topics=["order_intents"])
    assert ("unknown", True) == (outcome.status, "did not answer" in outcome.summary)


CONSUMER = """\
import json, sys
from confluent_kafka import Consumer, Producer
bootstrap, topic, mode = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "auto.offset.reset": "earliest", "enable.auto.commit": False})
producer = Producer({"bootstrap.servers": bootstrap})
consumer.subscribe([topic])
while True:
    message = consumer.poll(0.2)
    if message is None or message.error():
        continue
    try:
        json.loads(message.value())
    except ValueError as error:
        if mode == "stuck":
            break
        if mode != "drops":
            headers = [] if mode == "bare" else [("error", str(error).encode()), ("origin", topic.encode())]
            producer.produce(f"{topic}.dlq", value=message.value(), headers=headers)
            producer.flush()
    consumer.commit(message, asynchronous=False)
while True:
    consumer.poll(0.2)
"""
TOPICS = """\
import sys
from confluent_kafka.admin import AdminClient, NewTopic
client = AdminClient({"bootstrap.servers": sys.argv[1]})
for made in client.create_topics([NewTopic(name, 1, 1) for name in sys.argv[2:]]).values():
    made.result()
"""
MODES = ("right", "bare", "drops", "stuck")


@pytest.fixture(scope="module")
def consumers(cluster, tmp_path_factory):
    """Consumers that are right, and three that are not, each of a topic of its own."""
    lock = Path(poison_message.__file__).with_name("requirements.lock")
    python, folder = interpreter(lock, what="the client of Kafka"), tmp_path_factory.mktemp("consumers")
    with ExitStack() as stack:
        topics = [name for mode in MODES for name in (f"poison-{mode}", f"poison-{mode}.dlq")]
        subprocess.run([python, "-c", TOPICS, cluster.bootstrap, *topics], check=True, timeout=120)
        known_to_all(cluster, folder / "looks", *topics)
        for mode in MODES:
            argv = [python, "-c", CONSUMER, cluster.bootstrap, f"poison-{mode}", mode]
            stack.enter_context(servers.running(argv, folder / mode, lambda: True))
        asked = {"bootstrap": cluster.bootstrap, "groups": [f"poison-{mode}" for mode in MODES], "max_lag": 10}
        servers.until(lambda: "no-members" not in names(seen("kafka_groups", folder / "looks", **asked)), "the consumers never joined")
        yield cluster


def poison(cluster, folder, mode, **params):
    named = {"topic": f"poison-{mode}", "dlq": f"poison-{mode}.dlq", "group": f"poison-{mode}"}
    given = {"bootstrap": cluster.bootstrap, **named, "good": '{"drill": 0}', **params}
    cache = folder / "cache"  # a lock of its own, with the tools of all
    cache.mkdir()
    (cache / "tools").symlink_to(Settings.from_environ(os.environ).cache / "tools")
    ended, record = drilled("poison_message", folder, env={"PRODREADY_CACHE": str(cache)}, **given)
    return ended, record, sorted(finding["rule"] for finding in record["findings"])


def test_a_poison_message_is_set_aside_and_the_next_is_read(consumers, tmp_path):
    ended, record, _ = poison(consumers, tmp_path, "right", headers=["error", "origin"])
    assert (Exit.READY, "s", f"kafka://{consumers.bootstrap}/poison-right") == (ended.code, record["unit"], record["target"]), ended.everything


@pytest.mark.parametrize(
    ("mode", "params", "rules"),
    [
        ("bare", {}, ["no-headers"]), ("drops", {"limit": 10}, ["not-set-aside"]), ("stuck", {"limit": 2}, ["consumer-stuck", "not-set-aside"]),
        ("right", {"dlq": "never"}, ["no-queue"]),
    ],
)  # fmt: skip
def test_a_consumer_that_drops_it_or_stops_at_it_fails(consumers, tmp_path, mode, params, rules):
    ended, _, found = poison(consumers, tmp_path, mode, **params)
    assert (Exit.NOT_READY, rules) == (ended.code, found), ended.everything


def test_where_nobody_consumes_nothing_is_sent_or_proven(consumers, tmp_path):
    ended, record, _ = poison(consumers, tmp_path, "right", group="nobody")
    assert (Exit.UNKNOWN, True) == (ended.code, "nobody consumes" in record["reason"]), ended.everything
