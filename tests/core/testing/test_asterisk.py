from __future__ import annotations

from pathlib import Path

import pytest

from careline.asterisk.layout import Tree
from careline.testing.asterisk import Network, default_files, restart, start_asterisk

pytestmark = pytest.mark.integration


def test_start_kill_restart_and_stop(asterisk_tree: Tree, tmp_path: Path) -> None:
    asterisk = start_asterisk(asterisk_tree, tmp_path / "instance")
    try:
        first = asterisk.instance.pid()
        assert "careline-inbound" in asterisk.rx("dialplan show careline-inbound")
        asterisk.kill()
        assert asterisk.instance.pid() is None
        asterisk = restart(asterisk)
        assert asterisk.instance.pid() not in (None, first)
        assert asterisk.errors() == []
    finally:
        asterisk.stop()
    assert asterisk.instance.pid() is None
    asterisk.stop()


def test_errors_in_the_log_are_found(asterisk_tree: Tree, tmp_path: Path) -> None:
    network = Network()
    broken = default_files(network, 1, "[a]\nexten => 1,1,NoSuchApp()\nexten => 1,1,NoOp()\n")
    asterisk = start_asterisk(asterisk_tree, tmp_path / "instance", broken, network=network)
    asterisk.rx("channel originate x")
    log = asterisk.instance.folders.log / "messages.log"
    with log.open("a") as file:
        file.write("[2026-01-01 00:00:00.000] ERROR[1] x.c: boom\n")
    asterisk.stop()
    assert [line for line in asterisk.errors() if "boom" in line]
    assert asterisk.errors(allowed=["boom"]) == []


def test_two_at_the_same_time(asterisk_tree: Tree, tmp_path: Path) -> None:
    one = start_asterisk(asterisk_tree, tmp_path / "one")
    two = start_asterisk(asterisk_tree, tmp_path / "two")
    try:
        assert one.sip != two.sip
        assert one.instance.pid() != two.instance.pid()
    finally:
        one.stop()
        two.stop()
    assert one.errors() == two.errors() == []
