"""The doctor finds what is wrong and says what to do."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread
from typing import Any

import pytest
from tests.cli.conftest import Terminal, database_of

from careline.config import Home, load
from careline.plugins.versions import Outcome, Trial, Version, Versions
from careline.setup.doctor import machine
from careline.voicemail.store import voicemail_table


def findings(careline: Terminal) -> dict[str, dict[str, Any]]:
    result = careline("doctor", "--json")
    told = json.loads(result.output)
    assert result.exit_code == (0 if told["ok"] else 2)
    return {one["name"]: one for one in told["findings"]}


def red(careline: Terminal) -> set[str]:
    return {name for name, one in findings(careline).items() if one["ok"] is False}


#: What a home that was never run lacks.
LACKS = {"prompts", "Asterisk", "core"}


def test_a_home_that_does_not_run(careline: Terminal) -> None:
    found = findings(careline)
    assert {name for name, one in found.items() if one["ok"] is False} >= LACKS
    assert found["core"]["cure"] == "run: careline run"
    assert found["database"]["ok"]
    assert found["secrets"]["ok"]


def test_lines_in_chinese(careline: Terminal) -> None:
    said = careline.refuses("doctor", lang="zh")
    assert "✗ 核心程序: 没有运行" in said
    assert "→ 请运行：careline run" in said


def test_secrets_that_others_can_read(careline: Terminal) -> None:
    (careline.home.secrets / "ami").chmod(0o640)
    found = findings(careline)["secrets"]
    assert found["ok"] is False
    assert "chmod" in found["cure"]


def test_a_port_in_use(careline: Terminal) -> None:
    settings = load(careline.home.config, {})
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.core.agi_port))
        other.listen()
        found = findings(careline)["ports"]
    assert found["ok"] is False
    assert f"core.agi_port = {settings.core.agi_port}" in found["found"]


class Ami(BaseRequestHandler):
    """As much of AMI as the doctor asks; ``rings`` is what DIALPLAN_EXISTS says."""

    rings = "1"

    def handle(self) -> None:
        self.request.sendall(b"Asterisk Call Manager/9.0.0\r\n")
        for said in ("", f"Value: {self.rings}\r\n"):
            asked = b""
            while not asked.endswith(b"\r\n\r\n"):
                asked += self.request.recv(4096) or b"\r\n\r\n"
            action = re.search(r"ActionID: (\S+)", asked.decode())
            assert action
            answer = f"Response: Success\r\nActionID: {action[1]}\r\n{said}\r\n"
            self.request.sendall(answer.encode())


@pytest.mark.parametrize(("rings", "ok"), [("1", True), ("0", False)])
def test_a_dialplan_of_their_own_asterisk_that_is_older_than_we(
    careline: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rings: str, ok: bool
) -> None:
    monkeypatch.setattr(Ami, "rings", rings)
    with TCPServer(("127.0.0.1", 0), Ami) as ami:
        config, port = careline.home.config, ami.server_address[1]
        text = re.sub(r"(?m)^ami_port = .*$", f"ami_port = {port}", config.read_text())
        text = text.replace("embedded = true", f'embedded = false\netc = "{tmp_path}"')
        config.write_text(text)
        answers = Thread(target=ami.handle_request, daemon=True)
        answers.start()
        found = findings(careline)
        answers.join(10)
    assert found["Asterisk"]["ok"]
    assert found["Asterisk's dialplan"]["ok"] is ok
    assert ok or "careline asterisk config" in found["Asterisk's dialplan"]["cure"]


def test_a_full_disk(careline: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_DISK", 10**18)
    assert "disk" in red(careline)


def test_missing_programs(careline: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = findings(careline)["speech"]
    assert found["ok"] is False
    assert "careline init" in found["cure"]


def test_a_table_that_is_gone(careline: Terminal) -> None:
    db = database_of(load(careline.home.config, {}))
    voicemail_table.drop(db.engine)
    db.engine.dispose()
    found = findings(careline)
    assert "half-applied" in found["database"]["found"]
    assert "flows" not in found  # what needs tables is not tried


def test_a_flow_whose_queue_has_gone(careline: Terminal) -> None:
    from careline.queues.store import remove_queue

    database_of(load(careline.home.config, {})).run_sync(remove_queue, "service")
    found = findings(careline)["flows"]
    assert found["ok"] is False
    assert "service" in found["found"]


def test_a_plugin_that_is_not_installed(careline: Terminal) -> None:
    text = careline.home.config.read_text().replace("plugins = []", 'plugins = ["moon"]')
    careline.home.config.write_text(text)
    assert "moon" in findings(careline)["plugins"]["found"]


def test_the_version_of_an_upgraded_plugin(careline: Terminal) -> None:
    versions = Versions(careline.home, "moon")
    old = Version(folder="0001-1.0", version="1.0")
    versions.path(old).mkdir(parents=True)
    versions.write(old)
    versions.use(old)
    assert findings(careline)["version of moon"]["found"] == "1.0, kept here"
    versions.settle(Outcome(version="1.0", wanted="1.1", reason="it raises"))
    found = findings(careline)["version of moon"]
    assert found["found"] == "1.0; 1.1 was taken back: it raises"
    assert found["ok"] is None
    versions.want(Trial(old="0001-1.0", new="0002-1.2"))
    assert findings(careline)["version of moon"]["found"].startswith("1.2 waits")


def test_a_wrong_configuration_ends_the_round(careline: Terminal, tmp_path: Path) -> None:
    careline.home.config.write_text("nonsense = 1\n")
    found = findings(careline)
    assert found["careline.toml"]["ok"] is False
    assert "database" not in found
    assert "home" in red(Terminal(Home(tmp_path / "nothing")))
