"""``rotate_wg_keys.sh``: all state is in the file, files are whole and private, and whoever is not rotated keeps the session."""

import json
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

import supervised
import vpn
from programs import HERE

pytestmark = pytest.mark.integration
PROBE = """\
import sys, time, urllib.request
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    urllib.request.urlopen("http://10.8.0.1:8080/", timeout=5).read()
    print("ok", flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def gateway(tmp_path):
    """The file of a gateway whose interface is down."""
    supervised.needs("wg", "wg-quick")
    (tmp_path / "clients").mkdir()
    made = vpn.Vpn(folder=tmp_path)
    write(made, "10.8.0.1/24", alice="10.8.0.2/32", bob="10.8.0.3/32")
    return made


def write(made, address, **peers):
    lines = ["[Interface]", f"PrivateKey = {vpn.key()[0]}", f"Address = {address}", "# endpoint = vpn.example.org:51820", ""]
    for name, ranges in peers.items():
        lines += ["[Peer]", f"# friendly_name = {name}", f"PublicKey = {vpn.key()[1]}", *(f"AllowedIPs = {one}" for one in ranges.split("; ")), ""]
    made.config.write_text("\n".join(lines))


def peers(made):
    """Name, key, ranges, and whether the key is about to end."""
    found = []
    for text in made.config.read_text().split("[Peer]")[1:]:
        said = dict(re.findall(r"^#? ?(\w+) = (.*)$", text, re.MULTILINE))
        found.append((said["friendly_name"], said["PublicKey"], said["AllowedIPs"], "retire_at" in said))
    return found


def is_over(made):
    """The grace has passed."""
    made.config.write_text(re.sub(r"retire_at = 20\d\d", "retire_at = 2001", made.config.read_text()))


def audited(made):
    return [json.loads(line)["action"] for line in made.config.with_suffix(".audit.log").read_text().splitlines()]


def test_shellcheck_has_nothing_to_say():
    supervised.needs("shellcheck")
    assert (0, "") == (vpn.run("shellcheck", vpn.SCRIPT, HERE / "run_chaos_tests.sh").returncode, vpn.run("shellcheck", vpn.SCRIPT).stdout)


def test_a_rotation_has_a_grace_and_then_ends(gateway):
    (_, old, _, _), bob = peers(gateway)
    gateway.rotate("rotate", "alice")
    first, second, (name, new, *rest) = peers(gateway)
    assert [("alice", old, "10.8.0.2/32", True), bob, "alice", ["10.8.0.130/32", False]] == [first, second, name, rest]
    assert old != new
    gateway.rotate("finish")
    assert 3 == len(peers(gateway))
    is_over(gateway)
    gateway.rotate("finish")
    assert ([bob[0], "alice"], ["rotated", "ended"]) == ([peer[0] for peer in peers(gateway)], audited(gateway))


@pytest.mark.parametrize(("network", "address", "second"), [
    ("10.8.0.1/24", "10.8.0.2/32", "10.8.0.130/32"), ("10.8.0.1/24", "10.8.0.130/32", "10.8.0.2/32"),
    ("172.16.0.1/12", "172.16.3.4/32", "172.24.3.4/32"), ("10.0.0.1/29", "10.0.0.2/32", "10.0.0.6/32"), ("10.8.0.1/16", "10.8.9.9", "10.8.137.9/32"),
    ("fd00:8::1/64", "fd00:8::a2/128", "fd00:8:0:0:8000:0:0:a2/128"),
    ("10.8.0.1/24, fd00:8::1/120", "10.8.0.2/32, fd00:8::2/128", "10.8.0.130/32, fd00:8:0:0:0:0:0:82/128"),
])  # fmt: skip
def test_each_peer_has_two_addresses_for_good(gateway, network, address, second):
    write(gateway, network, alice=address)
    gateway.rotate("rotate", "alice")
    assert second == peers(gateway)[1][2]
    assert f"Address = {second}".replace(" ", "") in gateway.client("alice").read_text().replace(" ", "")


def test_a_network_behind_a_peer_goes_to_the_new_key_when_the_old_one_ends(gateway):
    write(gateway, "10.8.0.1/24", branch="10.8.0.3/32; 192.168.50.0/24")
    gateway.rotate("rotate", "branch")
    assert "10.8.0.131/32" == peers(gateway)[1][2]
    is_over(gateway)
    gateway.rotate("finish")
    assert "10.8.0.131/32, 192.168.50.0/24" == peers(gateway)[0][2]


@pytest.mark.parametrize(("network", "ranges", "words"), [
    ("10.8.0.1/24", {"alice": "10.8.0.2/32", "bob": "10.8.0.130/32"}, "belongs to bob"), ("10.8.0.1/24", {"alice": "10.8.0.129/32"}, "is the gateway's own"),
    ("10.8.0.1/24", {"alice": "10.8.0.2/32", "bob": "10.8.0.128/25"}, "belongs to bob"), ("10.8.0.1/24", {"alice": "10.9.0.2/32"}, "no second address"),
    ("10.8.0.1/31", {"alice": "10.8.0.0/32"}, "no second address"), ("10.8.0.1/24", {"alice": "192.168.1.0/24"}, "only networks"),
])  # fmt: skip
def test_nobody_gets_the_address_of_somebody_else(gateway, network, ranges, words):
    write(gateway, network, **ranges)
    before = gateway.config.read_text()
    ended = gateway.rotate("rotate", "alice", check=False)
    assert (2, True, before) == (ended.returncode, words in ended.stderr, gateway.config.read_text()), ended.stderr


def test_files_are_for_their_owner_alone(gateway):
    gateway.config.chmod(0o644)
    gateway.rotate("rotate", "--all")
    made = [gateway.config, gateway.config.with_suffix(".audit.log"), *gateway.client("x").parent.iterdir()]
    assert ([0o600] * 4, {"alice.conf", "bob.conf"}) == ([path.stat().st_mode & 0o777 for path in made], {path.name for path in made[2:]})
    log = made[1].read_text()
    assert [] == [line for path in (made[0], *made[2:]) for line in re.findall(r"(?:Private|Preshared)Key = (\S+)", path.read_text()) if line in log]


def test_a_dry_run_changes_nothing_and_shows_no_secret(gateway):
    before = sorted((path.name, path.read_bytes()) for path in gateway.folder.rglob("*") if path.is_file())
    said = "".join(gateway.rotate("--dry-run", *words).stdout for words in (("rotate", "--all"), ("revoke", "alice"), ("due",)))
    assert before == sorted((path.name, path.read_bytes()) for path in gateway.folder.rglob("*") if path.is_file())
    assert (5, False) == (said.count("would: "), "Private" in said)


def test_what_is_due_is_rotated_and_the_rest_is_not(gateway):
    assert 1 == gateway.rotate("status", check=False).returncode
    gateway.rotate("--grace", "0", "rotate", "bob")
    bob = peers(gateway)[-1]
    gateway.rotate("due")
    assert (["alice", "alice", "bob"], True) == (sorted(peer[0] for peer in peers(gateway)), bob in peers(gateway))
    gateway.rotate("due")
    assert (3, 0) == (len(peers(gateway)), gateway.rotate("status").returncode)
    gateway.config.write_text(re.sub(r"(friendly_name = bob\n(?:.*\n)*?# key_created = )20\d\d", r"\g<1>2024", gateway.config.read_text()))
    assert "overdue" in gateway.rotate("status", check=False).stdout
    gateway.rotate("due")
    assert 4 == len(peers(gateway))


def test_a_key_that_cannot_be_handed_over_is_not_used(gateway):
    before = peers(gateway)
    ended = gateway.rotate("--deliver", "false", "rotate", "alice", check=False)
    assert (1, before, ["undelivered"]) == (ended.returncode, peers(gateway), audited(gateway))
    assert [] == list(gateway.client("x").parent.iterdir())
    gateway.rotate("--deliver", "true", "rotate", "alice")
    assert gateway.client("alice").exists()


def test_a_peer_may_keep_its_private_key_to_itself(gateway):
    private, public = vpn.key()
    gateway.rotate("--public-key", public, "rotate", "alice")
    assert (public, False) == (peers(gateway)[-1][1], private in gateway.client("alice").read_text())
    assert "PresharedKey = " in gateway.client("alice").read_text()


def test_a_preshared_key_alone_is_changed_on_both_sides(gateway):
    gateway.rotate("--grace", "0", "rotate", "alice")
    before = gateway.client("alice").read_text()
    gateway.rotate("--preshared-only", "rotate", "alice")
    after = gateway.client("alice").read_text()
    said = [re.findall(r"PresharedKey = (\S+)", text) for text in (before, after)]
    assert (before.replace(said[0][0], "k"), True) == (after.replace(said[1][0], "k"), said[1][0] in gateway.config.read_text())


@pytest.mark.parametrize(("words", "told"), [
    (("rotate", "carol"), "no peer of"), (("rotate",), "rotate whom?"), (("--grace", "soon", "due"), "is no time"), (("turn",), "there is no 'turn'"),
    (("--public-key", "x", "rotate", "alice"), "is one key, for one peer"), ((), "say what to do"), (("--colour", "due"), "no option --colour"),
])  # fmt: skip
def test_a_mistake_is_told_before_anything_is_done(gateway, words, told):
    before = gateway.config.read_text()
    ended = gateway.rotate(*words, check=False)
    assert (2, True, before) == (ended.returncode, told in ended.stderr, gateway.config.read_text()), ended.stderr


def test_a_file_that_the_interface_would_overwrite_is_refused(gateway):
    gateway.config.write_text(gateway.config.read_text().replace("[Interface]", "[Interface]\nSaveConfig = true"))
    assert "SaveConfig" in gateway.rotate("due", check=False).stderr


@pytest.fixture
def lab(tmp_path):
    vpn.needs_vpn()
    made = vpn.Vpn(folder=tmp_path)
    try:
        made.start("alice", "bob")
        yield made
    finally:
        made.stop()


def connect(lab, name, as_name):
    """A client of its own at the place clients call from; gives a function that runs the probe through it."""
    link = f"{lab.word}{as_name}"
    vpn.run("ip", "netns", "add", link)
    lab.running.append(lab.spawn("hq", "wireguard-go", "-f", link))
    supervised.eventually(lambda: vpn.run("wg", "show", link, check=False).returncode == 0, what="wireguard-go")
    text = lab.client(name).read_text()
    vpn.run("wg", "setconf", link, "/dev/stdin", stdin="\n".join(line for line in text.splitlines() if not line.startswith(("Address", "DNS"))) + "\n")
    vpn.run("nsenter", f"--net=/run/netns/{lab.word}hq", "ip", "link", "set", link, "netns", link)
    vpn.run("ip", "-n", link, "address", "add", re.findall(r"Address = (\S+)", text)[0], "dev", link)
    vpn.run("ip", "-n", link, "link", "set", link, "up")
    vpn.run("ip", "-n", link, "route", "add", "default", "dev", link)

    def reaches(seconds=0.2):
        words = ["nsenter", f"--net=/run/netns/{link}", sys.executable, "-I", "-c", PROBE, str(seconds)]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        return ended.returncode == 0 and ended.stdout.count("ok")

    return link, reaches


def handshake(lab, name):
    """When the gateway last shook hands with that peer."""
    (public,) = (peer[1] for peer in peers(lab) if peer[0] == name)
    return dict(line.split() for line in vpn.run("wg", "show", lab.word, "latest-handshakes").stdout.splitlines())[public]


def test_old_and_new_key_are_both_good_during_the_grace_and_the_other_peer_loses_nothing(lab):
    links = []
    try:
        old, through_old = connect(lab, "alice", "o")
        links.append(old)
        bob, through_bob = connect(lab, "bob", "b")
        links.append(bob)
        assert through_old()
        assert through_bob()
        shook = handshake(lab, "bob")
        answers = []
        watched = threading.Thread(target=lambda: answers.append(through_bob(4)))
        watched.start()
        lab.rotate("rotate", "alice")
        new, through_new = connect(lab, "alice", "n")
        links.append(new)
        assert (True, True) == (bool(through_new()), bool(through_old()))
        is_over(lab)
        lab.rotate("finish")
        assert (False, True) == (bool(through_old()), bool(through_new()))
        watched.join()
        assert answers[0] > 5
        assert handshake(lab, "bob") == shook
    finally:
        for link in links:
            vpn.run("ip", "netns", "del", link, check=False)


def test_nothing_is_lost_by_a_restart(lab):
    lab.rotate("rotate", "alice")
    lab.down()
    lab.up()
    assert {peer[1] for peer in peers(lab)} == lab.peers()
    lab.down()
    is_over(lab)
    lab.rotate("finish")
    lab.up()
    assert (2, {peer[1] for peer in peers(lab)}) == (len(peers(lab)), lab.peers())


def test_what_a_crash_left_between_file_and_interface_is_healed(lab):
    """Killed after the file was written, before the interface was told."""
    gone = peers(lab)[0][1]
    shim = lab.folder / "bin" / "wg"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n[ "$1" = syncconf ] && touch {lab.folder}/stuck && sleep 60\nexec {supervised.find("wg")} "$@"\n')
    shim.chmod(0o755)
    words = [str(vpn.SCRIPT), "--config", str(lab.config), "revoke", "alice"]
    script = subprocess.Popen(words, env={"PATH": f"{shim.parent}:/usr/sbin:/usr/bin:/sbin:/bin"}, start_new_session=True)
    supervised.eventually((lab.folder / "stuck").exists, what="syncconf")
    os.killpg(script.pid, signal.SIGKILL)
    script.wait()
    assert (False, True) == (gone in lab.config.read_text(), gone in lab.peers())
    lab.rotate("finish")
    assert gone not in lab.peers()


def test_a_file_that_the_interface_does_not_take_is_put_back(lab):
    lab.config.write_text(lab.config.read_text() + "\n[Peer]\n# friendly_name = odd\nPublicKey = nonsense\nAllowedIPs = 10.8.0.9/32\n")
    before, known = lab.config.read_text().strip(), lab.peers()
    ended = lab.rotate("rotate", "alice", check=False)
    assert (1, before, known) == (ended.returncode, lab.config.read_text().strip(), lab.peers()), ended.stderr
