"""The supervisor with real processes: what dies or hangs comes back, and all ends together."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


class Family:
    """A supervisor process; its output lines can be waited for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []

    def start(self, *children: dict[str, object]) -> None:
        plan = self.folder / "children.json"
        plan.write_text(json.dumps(children))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "parent.py"), str(plan)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
        self._lines = queue.Queue()
        threading.Thread(target=read, args=(self.process, self._lines), daemon=True).start()

    def wait_for(self, words: str) -> str:
        while True:
            line = self._lines.get(timeout=60)
            assert line is not None, f"ended before {words!r}: {self.seen}"
            self.seen.append(line)
            if words in line:
                return line

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def core(self, way: str = "well", **more: object) -> dict[str, object]:
        return {
            "name": "core",
            "command": [sys.executable, str(HERE / "beating.py"), way, str(self.folder / "note")],
            "log": str(self.folder / "core.log"),
            "pid_file": str(self.folder / "core.pid"),
            "beats": True,
            **more,
        }

    def asterisk(self, **more: object) -> dict[str, object]:
        return {
            "name": "asterisk",
            "command": [sys.executable, "-c", SLEEPER, str(self.folder / "asterisk.pid")],
            "log": str(self.folder / "asterisk.log"),
            "running_file": str(self.folder / "asterisk.pid"),
            "detached": True,
            **more,
        }

    def pid(self, name: str) -> int:
        file = self.folder / f"{name}.pid"
        until(lambda: file.exists() and file.read_text().strip())
        return int(file.read_text())


def read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line.rstrip())
    lines.put(None)


def until(fact) -> None:
    end = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def family(tmp_path):
    family = Family(tmp_path)
    yield family
    if family.process is not None and family.process.poll() is None:
        family.process.kill()
        family.process.wait()
    for name in ("core", "asterisk"):
        file = tmp_path / f"{name}.pid"
        if file.exists() and (pid := int(file.read_text() or 0)) and lives(pid):
            os.kill(pid, signal.SIGKILL)


def test_a_killed_core_comes_back_and_sigterm_ends_all(family):
    family.start(family.asterisk(), family.core())
    family.wait_for("core: up")
    first, asterisk = family.pid("core"), family.pid("asterisk")
    os.kill(first, signal.SIGKILL)
    family.wait_for("core: was killed")
    family.wait_for("core: up")
    second = family.pid("core")
    assert second != first
    assert family.end() == 0
    assert not lives(second)
    assert not lives(asterisk)
    assert "bye" in (family.folder / "core.log").read_text()
    assert not (family.folder / "core.pid").exists()


@pytest.mark.parametrize("way", ["stopped", "blocked"])
def test_a_core_that_hangs_is_killed_and_comes_back(family, way):
    family.start(family.core("block" if way == "blocked" else "well", silence_s=2.5))
    family.wait_for("core: up")
    first = family.pid("core")
    if way == "stopped":
        os.kill(first, signal.SIGSTOP)
    family.wait_for("core: hangs")
    family.wait_for("core: up")
    assert not lives(first)
    family.end()


def test_ctrl_c_in_the_terminal_reaches_the_children_through_the_supervisor_only(family):
    family.start(family.asterisk(keep=True), family.core())
    family.wait_for("core: up")
    asterisk = family.pid("asterisk")
    assert family.process is not None
    os.killpg(family.process.pid, signal.SIGINT)
    assert family.process.wait(timeout=60) == 0
    assert lives(asterisk)


def test_a_stopped_core_is_woken_to_end_well(family):
    family.start(family.core())
    family.wait_for("core: up")
    os.kill(family.pid("core"), signal.SIGSTOP)
    assert family.end() == 0
    assert "bye" in (family.folder / "core.log").read_text()


def test_a_core_that_does_not_end_when_asked_is_killed(family):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')"
    command = [sys.executable, "-c", f"{deaf}\nwhile True: time.sleep(1)"]
    family.start(family.core(stop_s=1, command=command))
    family.wait_for("core: up")
    pid = family.pid("core")
    assert family.end(signal.SIGINT) == 0
    assert not lives(pid)


def test_when_the_supervisor_is_killed_the_core_ends_and_asterisk_is_adopted(family):
    family.start(family.asterisk(), family.core())
    family.wait_for("core: up")
    core, asterisk = family.pid("core"), family.pid("asterisk")
    family.end(signal.SIGKILL)
    until(lambda: not lives(core))
    assert (family.folder / "note").read_text() == "orphaned\n"
    assert lives(asterisk)
    family.start(family.asterisk(), family.core())
    family.wait_for(f"asterisk: runs already (process {asterisk}), taken over")
    family.wait_for("core: up")
    os.kill(asterisk, signal.SIGKILL)
    family.wait_for("asterisk: was killed")
    until(lambda: family.pid("asterisk") != asterisk)
    again = family.pid("asterisk")
    assert family.end() == 0
    assert not lives(again)


def test_a_core_that_hung_when_its_supervisor_was_killed_is_ended_by_the_next(family):
    family.start(family.core())
    family.wait_for("core: up")
    core = family.pid("core")
    os.kill(core, signal.SIGSTOP)
    family.end(signal.SIGKILL)
    assert lives(core)
    family.start(family.core())
    family.wait_for("core: ended the one that an earlier run left")
    family.wait_for("core: up")
    assert not lives(core)
    assert family.end() == 0


def test_what_is_kept_outlives_the_end(family):
    family.start(family.asterisk(keep=True), family.core())
    family.wait_for("core: up")
    asterisk = family.pid("asterisk")
    assert family.end() == 0
    assert lives(asterisk)


def test_five_vain_starts_are_one_message_and_exit_code_2(family):
    bad = {"command": [sys.executable, "-c", "print('no disk'); raise SystemExit(1)"]}
    family.start(family.core(), {**family.asterisk(**bad), "detached": False})
    family.wait_for("error: asterisk ended at once 5 times (exit code 1)")
    assert family.process is not None
    assert family.process.wait(timeout=60) == 2
    family.wait_for("no disk")
    assert not (family.folder / "core.pid").exists()


def test_a_core_that_refuses_its_input_is_not_tried_again(family):
    command = [sys.executable, "-c", "print('careline.toml: x is unknown'); raise SystemExit(2)"]
    family.start(family.core(command=command))
    family.wait_for("error: core cannot start; it said:")
    family.wait_for("careline.toml: x is unknown")
    assert family.process is not None
    assert family.process.wait(timeout=60) == 2


LIVES = """
import os, sys, time
beat = lambda: os.write(int(os.environ["CARELINE_BEAT_FD"]), b".")
lives = open(sys.argv[1], "a+")
lives.write("x"); lives.flush(); lives.seek(0)
count = len(lives.read())
if count == 2:
    raise SystemExit(2)
beat()
print("life", count, flush=True)
if count == 1:
    time.sleep(0.3)
    raise SystemExit(0)
while True:
    beat(); time.sleep(0.2)
"""


def test_a_core_that_once_worked_is_tried_again_whatever_it_says(family):
    """Calls are up beside it: a new version of a plugin that it refuses must not end them."""
    command = [sys.executable, "-c", LIVES, str(family.folder / "lives")]
    family.start(family.core(command=command))
    family.wait_for("core: life 1")
    family.wait_for("core: ended (exit code 2); starting it again")
    family.wait_for("core: life 3")
    assert family.end() == 0


def test_a_port_in_use_is_said_before_anything_starts(family):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        family.start(family.asterisk(port=port), family.core())
        family.wait_for("error: careline cannot listen where it should")
        family.wait_for(f"asterisk.sip_port = {port} on 127.0.0.1 is in use")
        assert family.process is not None
        assert family.process.wait(timeout=60) == 2
    assert not (family.folder / "core.pid").exists()


def test_a_log_that_cannot_be_written_is_said(family):
    (family.folder / "file").write_text("")
    family.start(family.core(log=str(family.folder / "file/core.log")))
    family.wait_for("error: core cannot be started")
    assert family.process is not None
    assert family.process.wait(timeout=60) == 2
