"""The main job by the command line alone: run, demo call, changes while it runs, faults."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from attrs import define, field
from tests.cli.conftest import make_home

from careline.asterisk.layout import Tree
from careline.config import Home, load

pytestmark = pytest.mark.integration

BOOT_S = 300.0
MADE_UP = 3
"""Talks that the demonstration begins with."""


@define
class Hotline:
    """``careline run --demo`` on a home of its own; what it printed is in ``log``."""

    home: Home
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def command(self, *words: str) -> list[str]:
        command = [sys.executable, "-m", "careline_cli", "--home", str(self.home.root)]
        return [*command, "--lang", "en", *words]

    def start(self) -> None:
        """Start it and wait until it says that it answers."""
        guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [*guard, *self.command("run", "--demo")], stdout=out, stderr=out
            )
        end = time.monotonic() + BOOT_S
        while "The hotline answers" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        """What it printed so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(120)
        self.process = None
        return code

    def do(self, *words: str, timeout: float = 120.0) -> str:
        """What a command prints that must go well while it runs."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=timeout, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def ready(tmp_path: Path, asterisk_tree: Tree, spoken_prompts: Path) -> Home:
    """A home with program files and prompts at hand, so that nothing has to be fetched."""
    home = make_home(tmp_path / "h")
    root = asterisk_tree.binary.parents[2]
    text = home.config.read_text(encoding="utf-8")
    text = text.replace("embedded = true", f'embedded = true\ntree = "{root}"')
    home.config.write_text(text, encoding="utf-8")
    shutil.copytree(spoken_prompts, home.prompts, symlinks=True)
    return home


@pytest.fixture
def hotline(ready: Home, tmp_path: Path) -> Iterator[Hotline]:
    """The hotline, answering."""
    made = Hotline(ready, tmp_path / "run.log")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_run_demo_call_and_changes(hotline: Hotline) -> None:
    said = hotline.do("demo", "call")
    for step in ("caller: dials 4001234567", "waits in queue", "rings at agent 8001", "wraps up"):
        assert step in said
    assert "Rate us" in said
    assert "Everything was right." in said
    assert "talks with agent 8001" in hotline.do("call", "show", "latest")
    assert "All is well." in hotline.do("doctor")
    _the_call_can_be_heard(hotline)
    # A phone, an agent and a queue that are new work at once.
    hotline.do("queue", "add", "night", "夜间", "--campus", "main")
    hotline.do("agent", "add", "8011", "孙七", "--phone", "1011", "--queue", "night")
    instance = hotline.home.asterisk / "run.sh"
    told = subprocess.run(
        [str(instance), "-rx", "pjsip show endpoint 1011"], capture_output=True, text=True
    )
    assert "Endpoint:  1011" in told.stdout
    assert (hotline.home.prompts / "zh_8011").is_dir()
    assert "not ready" in hotline.do("agent", "sign-in", "8011")
    assert "ready" in hotline.do("agent", "ready", "8011")
    told = subprocess.run(
        [str(instance), "-rx", "queue show night"], capture_output=True, text=True
    )
    assert "8011" in told.stdout
    assert "agent 8011 on phone 1011: ready" in hotline.do("status")
    hotline.do("agent", "sign-out", "8011")
    _comes_in_by_a_link_and_is_thrown_out(hotline)
    assert hotline.stop() == 0
    settings = load(hotline.home.config, {})
    for port in (settings.asterisk.ami_port, settings.core.agi_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def _the_call_can_be_heard(hotline: Hotline) -> None:
    """The talk just performed, beside those that the demonstration begins with."""
    end = time.monotonic() + 120
    while True:
        kept = json.loads(hotline.do("recording", "list", "--json"))
        if len(kept) == 1 + MADE_UP:
            break
        assert time.monotonic() < end, kept
    assert {one["call"] for one in kept if one["seconds"] > 4} == {one["call"] for one in kept}
    hotline.do("recording", "verify")


def _comes_in_by_a_link_and_is_thrown_out(hotline: Hotline) -> None:
    """As a newcomer with a browser would, with the address that was printed."""
    link = next(re.finditer(r"\(8002\), once: (\S+)", hotline.said()))[1]
    root = link.partition("/link/")[0]
    browser = build_opener(HTTPCookieProcessor())
    browser.addheaders = [("Origin", root)]
    assert "王芳" in browser.open(link, timeout=60).read().decode()
    came = browser.open(link, data=b"csrf=", timeout=60)
    assert came.status == 200
    assert came.url == f"{root}/"
    with pytest.raises(HTTPError):
        build_opener().open(link, timeout=60)  # it works once
    assert browser.open(f"{root}/account", timeout=60).url == f"{root}/account"
    hotline.do("user", "disable", "8002")
    assert browser.open(f"{root}/account", timeout=60).url.startswith(f"{root}/signin")
    acts = [one["act"] for one in json.loads(hotline.do("audit", "search", "--json"))]
    assert {"user.signed_in", "user.disabled", "user.thrown_out"} <= set(acts)


def refused(home: Home, *words: str) -> str:
    """What ``careline run`` says when it ends with exit code 2."""
    command = [sys.executable, "-m", "careline_cli", "--home", str(home.root), "--lang", "en"]
    done = subprocess.run(
        [*command, *(words or ("run",))],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_port_in_use_is_told_before_anything_is_made(ready: Home) -> None:
    settings = load(ready.config, {})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", settings.asterisk.sip_port))
        said = refused(ready)
    assert f"asterisk.sip_port = {settings.asterisk.sip_port}" in said
    assert not (ready.root / "careline.db").exists()


def test_two_of_the_same_home(hotline: Hotline) -> None:
    assert "runs already" in refused(hotline.home)
    assert "runs already" in refused(hotline.home, "restore", "x.tar.gz", "--replace")
    assert "link to Asterisk: up" in hotline.do("status")


def test_a_half_applied_migration(ready: Home) -> None:
    import sqlite3

    done = subprocess.run(
        [sys.executable, "-m", "careline_cli", "--home", str(ready.root), "db", "upgrade"],
        check=True,
        capture_output=True,
    )
    assert done.returncode == 0
    with sqlite3.connect(ready.root / "careline.db") as connection:
        connection.execute("DROP TABLE call_fact")
    connection.close()
    assert "half-applied" in refused(ready)


def test_the_secret_of_somebody_elses_asterisk_is_wrong(ready: Home, tmp_path: Path) -> None:
    """An Asterisk of the hospital's own that refuses us: told, and all ends."""
    settings = load(ready.config, {})
    text = ready.config.read_text(encoding="utf-8")
    text = text.replace("embedded = true", f'embedded = false\netc = "{tmp_path}"')
    ready.config.write_text(text, encoding="utf-8")
    answer = (
        "import socket, sys\n"
        "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "while True:\n"
        " c, _ = s.accept()\n"
        " c.sendall(b'Asterisk Call Manager/9.0.0\\r\\n')\n"
        " got = c.recv(4000).decode()\n"
        " action = [l for l in got.split('\\r\\n') if l.lower().startswith('actionid')][0]\n"
        " c.sendall(('Response: Error\\r\\n' + action + '\\r\\nMessage: Authentication failed'\n"
        "  '\\r\\n\\r\\n').encode())\n"
    )
    port = str(settings.asterisk.ami_port)
    with subprocess.Popen([sys.executable, "-c", answer, port]) as fake:
        try:
            said = refused(ready)
        finally:
            fake.kill()
    assert "refuses the AMI user careline" in said
    assert "asterisk.ami_secret_file" in said
