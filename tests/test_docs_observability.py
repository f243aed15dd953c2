"""What docs/observability.md shows is what there is: commands run, targets are read, checks exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

import answers
import servers
from prodready import check
from prodready.checks.aws import Account
from prodready.decode import decode
from prodready.errors import Exit
from prodready.kafka import Cluster
from prodready.service import Target
from programs import prodready

PAGE = (Path(__file__).parent.parent / "docs" / "observability.md").read_text("utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in FENCES if kind == "sh" for line in text.splitlines() if "up.py" not in line]
SCRAPED = """\
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
  - {job_name: a, static_configs: [{targets: ["PLACE"]}]}
  - {job_name: b, static_configs: [{targets: ["PLACE"]}]}
  - {job_name: c, static_configs: [{targets: ["PLACE"]}]}
"""


def ended(command, **places):
    for usual, own in places.items():
        command = command.replace(f"localhost:{usual.removeprefix('at')}", own)
    words = shlex.split(command)
    assert words[:2] == ["python3", "scripts/launch.py"]
    return prodready(*words[2:])


@pytest.mark.integration
def test_the_commands_of_the_page_run(tmp_path):
    with answers.serving({"/healthz": {"text": "ok"}, "/metrics": {"text": "a 1\n"}}) as service:
        at = service.url.removeprefix("http://")
        with servers.prometheus(tmp_path / "p", SCRAPED.replace("PLACE", at)) as prometheus:
            places = {"at9090": prometheus.removeprefix("http://"), "at8080": at, "at9092": "127.0.0.1:1"}
            asked, probed, kafka = COMMANDS
            servers.until(lambda: ended(asked, **places).code == Exit.READY, "Prometheus never scraped")
            assert Exit.READY == ended(probed, **places).code
            assert (Exit.UNKNOWN, True) == ((told := ended(kafka, **places)).code, "did not answer" in told.out)


def test_every_check_of_the_table_exists():
    named = {name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named - set(check.known()) == set()


@pytest.mark.parametrize("block", [text for kind, text in FENCES if kind == "yaml"])
def test_the_targets_that_are_shown_are_read(block):
    for name, entry in yaml.safe_load(block)["targets"].items():
        kind = {"aws": Account, "kafka": Cluster}.get(name, Target)
        assert decode({"url": entry} if isinstance(entry, str) else entry, kind)
