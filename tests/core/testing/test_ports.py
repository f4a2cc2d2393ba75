from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from careline.testing import ports
from careline.testing.ports import BLOCK, free_port

DRAW = "from careline.testing.ports import free_port; print(*(free_port() for _ in range(50)))"
FORKED = f"""
import os, sys
{DRAW}
sys.stdout.flush()
if os.fork():
    os.wait()
else:
    {DRAW}
"""


SOME = 50


def drawn() -> set[int]:
    """Half of a block: the others may be in use, by whoever had it before."""
    return {free_port() for _ in range(SOME)}


def test_no_port_comes_twice_before_all_have_come() -> None:
    assert len(drawn()) == SOME
    whole = {free_port() for _ in range(BLOCK)}
    assert {free_port() for _ in range(BLOCK)} <= whole, "then they come again"


def test_no_connection_on_its_way_out_takes_one() -> None:
    first, last = map(int, ports.OUTGOING.read_text().split())
    assert not any(first <= port <= last for port in drawn())


def test_processes_share_none() -> None:
    ours = drawn()
    command = [sys.executable, "-c", DRAW]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    theirs = [set(map(int, one.communicate(timeout=60)[0].split())) for one in others]
    # One that ended may leave its block to the next; nobody gets that of a process that lives.
    assert all(len(found) == SOME and not found & ours for found in theirs)


def test_a_fork_shares_none_with_its_parent() -> None:
    forked = [sys.executable, "-c", FORKED]
    said = subprocess.run(forked, capture_output=True, text=True, check=True, timeout=60)
    parent, child = (set(map(int, line.split())) for line in said.stdout.splitlines())
    assert len(parent) == len(child) == SOME
    assert not parent & child


def test_one_that_is_taken_is_left_out() -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert port not in {free_port() for _ in range(BLOCK - 1)}


def test_where_no_block_is_to_be_had_the_system_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = tmp_path / "ip_local_port_range"
    every.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "OUTGOING", every)
    monkeypatch.setattr(ports, "_blocks", [])
    assert free_port() > 0
    assert ports._blocks == []
    every.unlink()
    assert free_port() in range(ports.FIRST, ports.LAST + 1), "unknown: as on most machines"
    ports._blocks[0].claim.close()
