"""Ports that are told to a server before it starts are nobody else's until then."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

import prodready.ports
from programs import HERE

OTHER = "from prodready.ports import Ports; held = Ports(); print(*(held.take() for _ in range({count})), flush=True); input()"


def test_a_port_is_told_once_and_none_is_among_those_that_the_system_gives_away():
    ports = prodready.ports.Ports()
    told = [ports.take() for _ in range(50)]
    ports.close()
    given = int(prodready.ports.RANGE.read_text().split()[0]) if prodready.ports.RANGE.exists() else 49_152
    assert (50, True) == (len(set(told)), all(1024 <= port < given for port in told))


def test_a_port_on_which_somebody_listens_is_not_told(monkeypatch):
    monkeypatch.setattr(prodready.ports, "WIDTH", 1)
    ports = prodready.ports.Ports()
    only = ports.take()
    ports.close()
    with socket.create_server(("127.0.0.1", only)), pytest.raises(OSError, match="no port on loopback is free"):
        ports.take()
    assert only == ports.take()
    ports.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has names that are no files")
def test_no_two_processes_are_told_the_same_while_both_run():
    """Three take 200 of 4 000 each: without an agreement some 30 would be told twice."""
    argv = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE / 'scripts')!r}); {OTHER.format(count=200)}"]
    started = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [set(one.stdout.readline().split()) for one in started]
    for one in started:
        one.communicate("\n")
    assert 600 == len(set.union(*told))
