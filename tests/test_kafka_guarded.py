"""The checks of Kafka on a real broker that wants TLS and a password and holds rights per user; and the trend of a lag."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import pytest
import trustme

import servers
from live import seen
from test_kafka import STACK, jars, java, listening, names

__all__ = ["jars"]
pytestmark = pytest.mark.integration
WORDS = {"admin": "admin-word", "gate": "gate-word"}
BROKER = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{control}
listeners=SASL_SSL://127.0.0.1:{port},PLAINTEXT://127.0.0.1:{inside},CONTROLLER://127.0.0.1:{control}
advertised.listeners=SASL_SSL://127.0.0.1:{port},PLAINTEXT://127.0.0.1:{inside}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required {users};
listener.name.sasl_ssl.ssl.keystore.type=PEM
listener.name.sasl_ssl.ssl.keystore.location={folder}/server.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
group.initial.rebalance.delay.ms=0
"""


class Guarded:
    """One broker; strangers inside of it may do all, from outside nobody may without a name and a right."""

    def __init__(self, folder, ports):
        self.folder, (self.port, self.inside, self.control) = folder, ports

    def tool(self, program, *args):
        argv = java(program, "--bootstrap-server", f"127.0.0.1:{self.inside}", *args, memory="128m")
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout

    def grant(self, *operations, topic):
        rights = [word for operation in operations for word in ("--operation", operation)]
        self.tool("kafka.admin.AclCommand", "--add", "--allow-principal", "User:gate", *rights, "--topic", topic)


@pytest.fixture(scope="module")
def broker(jars, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    pem = authority.issue_cert("127.0.0.1")
    text = pem.private_key_and_cert_chain_pem.bytes()
    (folder / "server.pem").write_bytes(_pkcs8(text))
    ports = [servers.port() for _ in range(3)]
    users = " ".join(f'user_{name}="{word}"' for name, word in WORDS.items())
    config = folder / "server.properties"
    config.write_text(BROKER.format(port=ports[0], inside=ports[1], control=ports[2], users=users, folder=folder))
    formatted = java("kafka.tools.StorageTool", "format", "-t", STACK["CLUSTER"], "-c", str(config))
    subprocess.run(formatted, check=True, timeout=120, capture_output=True)
    with servers.running(java("kafka.Kafka", str(config), memory="256m"), folder / "run", lambda: all(map(listening, ports[:2]))):
        started = Guarded(folder, ports)
        for name in ("order_intents", "hidden"):
            create = ("--create", "--topic", name, "--partitions", "1", "--replication-factor", "1", "--config", "retention.ms=604800000")
            started.tool("org.apache.kafka.tools.TopicCommand", *create)
        started.grant("Describe", topic="order_intents")
        yield started


def _pkcs8(text):
    """Key and chain, with the key in the one form that Java reads."""
    from cryptography.hazmat.primitives import serialization as some

    key, _, chain = text.partition(b"-----BEGIN CERTIFICATE-----")
    found = some.load_pem_private_key(key, None)
    return found.private_bytes(some.Encoding.PEM, some.PrivateFormat.PKCS8, some.NoEncryption()) + b"-----BEGIN CERTIFICATE-----" + chain


def look(folder, broker, user="gate", word="", check="kafka_topics", authority=None, **params):
    target = {
        "bootstrap": f"127.0.0.1:{broker.port}", "security": "sasl_ssl", "mechanism": "PLAIN", "user": user, "password": "PRODREADY_KAFKA_PASSWORD",
        "ca_file": "ca.pem",
    }  # fmt: skip
    environ = {"PRODREADY_KAFKA_PASSWORD": word or WORDS[user]}
    laid = {"ca.pem": authority or (broker.folder / "ca.pem").read_text()}
    return seen(check, folder / "looks", targets={"kafka": target}, environ=environ, laid=laid, bootstrap="kafka", **params)


def test_a_user_with_the_rights_sees_all_and_one_without_makes_it_unknown(broker, tmp_path):
    asked = {"topics": ["order_intents"], "replication": 1, "retention": "7d"}
    admin = look(tmp_path, broker, "admin", **asked)
    assert ("passed", []) == (admin.status, names(admin)), admin.summary
    blind = look(tmp_path, broker, **asked)
    assert ("unknown", True) == (blind.status, "grant this user the right Describe and DescribeConfigs" in blind.summary), blind.summary
    broker.grant("DescribeConfigs", topic="order_intents")
    servers.until(lambda: look(tmp_path, broker, **asked).status == "passed", "the right was never known")
    assert ["missing-topic"] == names(look(tmp_path, broker, topics=["hidden"], replication=1))


def test_a_group_that_may_not_be_seen_is_unknown(broker, tmp_path):
    outcome = look(tmp_path, broker, check="kafka_groups", groups=["risk"])
    assert ("unknown", True) == (outcome.status, "grant this user the right Describe" in outcome.summary), outcome.summary


def test_a_wrong_password_and_a_wrong_authority_are_unknown(broker, tmp_path):
    other = trustme.CA().cert_pem.bytes().decode()
    for wrong, says in (({"word": "guess"}, "Invalid username or password"), ({"authority": other}, "certificate verify failed")):
        outcome = look(tmp_path, broker, topics=["order_intents"], replication=1, **wrong)
        assert ("unknown", True) == (outcome.status, says in outcome.summary), outcome.summary
        assert "guess" not in repr(outcome)


@contextmanager
def orders(broker, folder):
    """Somebody who produces, a hundred messages a second, until the end of the block."""
    at = f"127.0.0.1:{broker.inside}"
    argv = java("kafka.tools.ConsoleProducer", "--bootstrap-server", at, "--topic", "order_intents", memory="128m")
    producer = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    over = threading.Event()

    def feed():
        with suppress(OSError, ValueError):
            while not over.is_set():
                producer.stdin.write(b"order\n" * 10)
                producer.stdin.flush()
                time.sleep(0.1)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        yield
    finally:
        over.set()
        producer.kill()
        feeder.join()
        with suppress(OSError):
            producer.stdin.close()
        producer.wait()


def test_a_lag_that_grows_is_found_while_it_is_still_small(broker, tmp_path):
    at = f"127.0.0.1:{broker.inside}"
    asked = {"bootstrap": at, "groups": ["slow"], "max_lag": 1_000_000, "pause": 2.0}
    consumer = java(
        "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", at, "--topic", "order_intents", "--group", "slow",
        "--from-beginning", "--max-messages", "1", memory="128m",
    )  # fmt: skip
    with orders(broker, tmp_path):
        subprocess.run(consumer, capture_output=True, timeout=120, check=True)  # reads one, commits, and is gone
        servers.until(lambda: "lag-grows" in names(seen("kafka_groups", tmp_path / "looks", **asked)), "nobody saw it grow")
