"""Starts a cluster of three brokers (KRaft), which Maven brings, with a topic and a group that consumes it: ``kafka.py FOLDER OWN_PORT PORT PORT PORT``.

Its own port is open once the topic is on all three and the group reads it. ``JARS`` is where what Maven brings is kept.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts"))

from prodready.ports import Ports

POM = Path(__file__).resolve().parents[3] / "tests" / "kafka" / "pom.xml"
CACHE = Path(os.environ.get("PRODREADY_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodready")
JARS = CACHE / "tests" / f"kafka-jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
BROKER = """\
process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{control}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=3
offsets.topic.num.partitions=1
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
"""


def fetch() -> None:
    """Has Maven bring Kafka, once. It comes whole or not at all, so that two may fetch it at a time."""
    if JARS.is_dir():
        return
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JARS.parent) as folder:
        shutil.copy(POM, folder)
        subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}/jars"], cwd=folder, check=True)
        with suppress(OSError):  # another one was quicker
            Path(folder, "jars").rename(JARS)


def java(program: str, *args: str, memory: str = "128m") -> list[str]:
    """How a program of Kafka is started."""
    return ["java", f"-Xmx{memory}", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*", program, *args]


def formatted(folder: Path, ports: list[int], controls: list[int], more: str = "") -> list[str]:
    """Writes the properties of each broker and formats its storage; the files of properties."""
    voters = ",".join(f"{number}@127.0.0.1:{control}" for number, control in enumerate(controls, 1))
    files = []
    for number, (port, control) in enumerate(zip(ports, controls, strict=True), 1):
        place = folder / str(number)
        place.mkdir(parents=True)
        files.append(str(place / "server.properties"))
        Path(files[-1]).write_text(BROKER.format(id=number, voters=voters, port=port, control=control, folder=place) + more, "utf-8")
    formats = [subprocess.Popen(java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", file)) for file in files]
    if any([one.wait() for one in formats]):
        raise SystemExit("Kafka's storage could not be formatted")
    return files


def broker(properties: str) -> list[str]:
    """How a broker is started."""
    return java("kafka.Kafka", properties, memory="256m")


def topic(bootstrap: str) -> None:
    """Makes the topic as soon as all three have met, kept for a week."""
    settings = ("--config", "retention.ms=604800000", "--config", "min.insync.replicas=2")
    wanted = ("--create", "--if-not-exists", "--topic", "order_intents", "--partitions", "2", "--replication-factor", "3", *settings)
    for _ in range(20):
        if not subprocess.run(java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", bootstrap, *wanted), check=False).returncode:
            return
        time.sleep(0.5)
    raise SystemExit("three brokers never met")


def settled(ports: list[str]) -> bool:
    """Whether each broker has heard of the topic, and the group has a member that reads it."""
    tools = [("org.apache.kafka.tools.TopicCommand", port, "--describe", "--topic", "order_intents") for port in ports]
    tools.append(("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", ports[0], "--describe", "--group", "risk", "--state"))
    asked = [java(name, "--bootstrap-server", f"127.0.0.1:{port}", *words) for name, port, *words in tools]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for argv in asked]
    said = [one.communicate()[0] for one in started]
    return not any(one.returncode for one in started) and "Stable" in said[-1]


def main(folder: str, own: str, *ports: str) -> None:
    """Runs until it is stopped with all that it started."""
    fetch()
    free = Ports()
    for properties in formatted(Path(folder), [int(port) for port in ports], [free.take() for _ in ports]):
        subprocess.Popen(broker(properties))
    bootstrap = ",".join(f"127.0.0.1:{port}" for port in ports)
    topic(bootstrap)
    consume = java("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", bootstrap, "--topic", "order_intents", "--group", "risk")
    subprocess.Popen(consume)
    while not settled(list(ports)):
        time.sleep(0.2)
    with socket.create_server(("127.0.0.1", int(own)), backlog=100):
        threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
