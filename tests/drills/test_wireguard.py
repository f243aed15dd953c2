"""Keys are rotated and revoked on a real WireGuard: who has left is out on a fresh handshake too, and nobody else loses a request."""

import json
import subprocess
from pathlib import Path

import pytest

import supervised
import vpn
from programs import PROGRAM

pytestmark = pytest.mark.integration
SCRIPT = vpn.SCRIPT
BRIEF = {"limit": 20, "interval": 0.3, "patience": 1}


@pytest.fixture
def lab(tmp_path):
    vpn.needs_vpn()
    made = vpn.Vpn(folder=tmp_path)
    try:
        made.start("leaver", "control")
        (tmp_path / ".prodready.yml").write_text("extends: starter\nsettings: {drill_targets: [10.8.0.1]}\n")
        yield made
    finally:
        made.stop()


def started(lab, **params):
    """The drill, at the place the clients call from."""
    act = [str(SCRIPT), "--config", str(lab.config), "revoke", "leaver"]
    given = {"panel": vpn.PANEL, "revoked": "clients/leaver.conf", "stays": "clients/control.conf", "act": act, **BRIEF, **params}
    words = [word for name, value in given.items() for word in ("-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}")]
    argv = ["nsenter", f"--net=/run/netns/{lab.word}hq", *PROGRAM, "drill", "wireguard", *words, "--json"]
    return subprocess.Popen(argv, cwd=lab.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def drill(lab, **params):
    out, err = started(lab, **params).communicate(timeout=300)
    record = json.loads(out or "{}")
    return record.get("status", ""), record, out + err


def remains(of="pr"):
    """Namespaces that a drill has left."""
    return [line.split()[0] for line in vpn.run("ip", "netns", "list").stdout.splitlines() if line.startswith(of)]


def test_who_has_left_is_out_and_the_other_one_loses_nothing(lab):
    before = set(remains())
    restart = Path(lab.folder, "restart.sh")
    restart.write_text(f"#!/bin/sh\nset -e\nwg-quick strip {lab.config} >{lab.folder}/strip\nwg setconf {lab.word} {lab.folder}/strip\n")
    restart.chmod(0o755)
    status, record, words = drill(lab, restart=[str(restart)], patience=6)
    assert "passed" == status, words
    assert (record["interval"][1], True) == (record["measured"], record["measured"] <= 20)
    assert (True, False) == (set(remains()) <= before, lab.client("leaver").exists())


def test_an_old_key_that_is_still_accepted_fails(lab):
    status, record, words = drill(lab, act=["true"], limit=3)
    assert ("failed", "Infinity") == (status, record["measured"]), words
    assert [True, True] == [any(said in one["message"] for one in record["findings"]) for said in ("still reached the panel", "with a fresh handshake")]


def test_a_rotation_that_drops_the_other_peer_fails(lab):
    stays = vpn.run("wg", "pubkey", stdin=lab.client("control").read_text().partition("PrivateKey = ")[2].splitlines()[0]).stdout.strip()
    drops = f"{SCRIPT} --config {lab.config} revoke leaver && wg set {lab.word} peer {stays} remove"
    status, record, words = drill(lab, act=["sh", "-c", drops])
    assert "failed" == status, words
    assert "the one that stays lost" in record["findings"][0]["message"]


def test_an_interface_that_forgets_the_key_while_its_file_does_not_fails_after_a_restart(lab):
    gone = lab.client("leaver").read_text().partition("PrivateKey = ")[2].splitlines()[0]
    public = vpn.run("wg", "pubkey", stdin=gone).stdout.strip()
    restart = f"wg-quick strip {lab.config} > {lab.folder}/strip && wg setconf {lab.word} {lab.folder}/strip"
    status, record, words = drill(lab, act=["wg", "set", lab.word, "peer", public, "remove"], restart=["sh", "-c", restart])
    assert "failed" == status, words
    assert "after a restart the revoked key reached the panel" in record["findings"][0]["message"]


def test_a_panel_that_answers_without_the_vpn_fails(lab):
    vpn.run("ip", "-n", f"{lab.word}hq", "route", "add", "10.8.0.0/24", "via", "192.0.2.2")
    status, record, words = drill(lab)
    assert ("failed", "the panel answers without the VPN") == (status, record["findings"][0]["message"]), words


def test_without_access_before_nothing_is_proven(lab):
    lab.client("leaver").write_text(lab.client("leaver").read_text().replace("192.0.2.2:51820", "192.0.2.2:51821"))
    known = lab.peers()
    status, record, words = drill(lab, steady=2)
    assert ("unknown", known) == (status, lab.peers()), words
    assert "before anything was revoked clients/leaver.conf did not reach the panel" in record["reason"]


def test_when_the_harness_is_killed_its_clients_are_gone_within_ten_seconds(lab):
    before = set(remains())
    marker = lab.folder / "acting"
    harness = started(lab, act=["sh", "-c", f"touch {marker}; sleep 60"])
    supervised.eventually(marker.exists, 60, "the act")
    assert set(remains()) - before
    harness.kill()
    harness.communicate()
    supervised.eventually(lambda: set(remains()) <= before, 10, "restoration")
