"""A modem's folders: by hand, and with a real gammu-smsd on its dummy phone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.sms.gateways.scene import CHINESE, Ear, Reply, ground, outgoing
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.messaging.gateway import Busy, Rejected, Uncertain
from careline.testing import run_async
from careline.testing.runner import Spinner
from careline_sms.gateways.gammu.gateway import GammuGateway
from careline_sms.gateways.gammu.settings import GammuSettings

TO = "+8613811112222"
FOLDERS = ("inbox", "outbox", "sent", "error")
CONFIG = """
[gammu]
model = dummy
connection = none
device = {root}/phone

[smsd]
service = files
logfile = {root}/log
inboxpath = {root}/inbox/
outboxpath = {root}/outbox/
outboxformat = unicode
sentsmspath = {root}/sent/
errorsmspath = {root}/error/
transmitformat = auto
commtimeout = 1
loopsleep = 1
checksecurity = 0
checkbattery = 0
checksignal = 0
checknetwork = 0
"""


class Modem:
    """A gateway with folders of its own."""

    def __init__(self, root: Path, clock: Clock, in_thread: Callable[..., Any], **more: Any):
        for name in FOLDERS:
            (root / name).mkdir()
        folders = {name: root / name for name in FOLDERS}
        self.root, self.ear = root, Ear()
        settings = GammuSettings(**folders, look_s=1.0, send_s=10.0, **more)
        self.gateway = GammuGateway("modem", ground(clock), settings, in_thread)


@pytest.fixture
def fake() -> FakeClock:
    return FakeClock()


@pytest.fixture
def modem(tmp_path: Path, fake: FakeClock) -> Modem:
    return Modem(tmp_path, Clock(fake), maybeDeferred)


def begin(coro: Any) -> list[Any]:
    found: list[Any] = []
    Deferred.fromCoroutine(coro).addBoth(found.append)
    return found


def test_a_file_goes_out_whole_and_where_it_ends_is_told(modem: Modem, fake: FakeClock) -> None:
    for place in ("sent", "error"):
        found = begin(modem.gateway.send(outgoing(TO)))
        (path,) = (modem.root / "outbox").iterdir()
        assert path.name == f"OUTC19700101_000000_07_{TO}_7.txt"
        assert path.read_bytes().decode("utf-16") == CHINESE
        path.rename(modem.root / place / path.name)
        fake.advance(1)
        if place == "error":
            assert isinstance(found[0].value, Rejected)
        else:
            assert found[0].reference == ()
            assert not modem.gateway.state().inflight


@pytest.mark.parametrize("place", ["sent", "error"])
def test_what_is_left_of_an_earlier_try_ends_no_later_one(
    modem: Modem, fake: FakeClock, place: str
) -> None:
    (modem.root / place / f"OUTC19700101_000000_07_{TO}_7.txt").write_text("old")
    found = begin(modem.gateway.send(outgoing(TO)))
    fake.advance(1)
    assert found == []
    (path,) = (modem.root / "outbox").iterdir()
    path.rename(modem.root / "sent" / path.name)
    fake.advance(1)
    assert found[0].reference == ()


def test_a_daemon_that_does_nothing_leaves_it_uncertain_and_never_sends_it_later(
    modem: Modem, fake: FakeClock
) -> None:
    with pytest.raises(Uncertain):
        run_async(modem.gateway.send(outgoing(TO)), fake)
    assert list((modem.root / "outbox").iterdir()) == []
    assert not modem.gateway.state().up


def test_a_daemon_that_is_known_not_to_run_is_given_nothing(
    tmp_path: Path, fake: FakeClock
) -> None:
    pid = tmp_path / "pid"
    modem = Modem(tmp_path, Clock(fake), maybeDeferred, pid_file=pid)
    for text in ("", "999999999", "nonsense"):
        pid.write_text(text)
        with pytest.raises(Busy):
            run_async(modem.gateway.send(outgoing(TO)), fake)
    assert list((tmp_path / "outbox").iterdir()) == []
    pid.write_text(str(os.getpid()))
    begin(modem.gateway.send(outgoing(TO)))
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_a_folder_that_is_gone_is_busy(modem: Modem, fake: FakeClock) -> None:
    (modem.root / "outbox").rmdir()
    with pytest.raises(Busy):
        run_async(modem.gateway.send(outgoing(TO)), fake)


def test_replies_are_joined_stored_and_only_then_removed(modem: Modem, fake: FakeClock) -> None:
    run_async(modem.gateway.start(modem.ear), fake)
    inbox = modem.root / "inbox"
    for part, text in enumerate(("我要改约", "，谢谢😀")):
        path = inbox / f"IN20261123_021521_00_+8613811112222_{part:02}.txt"
        data = b"\xfe\xff" + text.encode("utf-16-be")
        path.write_bytes(data + bytes(2 * len(data)))  # as gammu-smsd 1.42 writes it
        os.utime(path, (0, 0))
    (inbox / "IN20261123_021522_00_13811112222_00.txt").write_bytes(b"TD")
    os.utime(inbox / "IN20261123_021522_00_13811112222_00.txt", (0, 0))
    (inbox / "other.txt").write_text("x")
    modem.ear.fails = 1
    fake.advance(1)
    assert modem.ear.replies == []
    assert len(list(inbox.iterdir())) == 4
    fake.advance(1)
    assert modem.ear.replies == [
        Reply(TO, "我要改约，谢谢😀", "", "20261123_021521_00/2222"),
        Reply(TO, "TD", "", "20261123_021522_00/2222"),
    ]
    assert [path.name for path in inbox.iterdir()] == ["other.txt"]
    run_async(modem.gateway.stop(), fake)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[[], None]]:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        (tmp_path / "phone").mkdir()
        config = tmp_path / "smsd.conf"
        config.write_text(CONFIG.format(root=tmp_path), encoding="utf-8")
        out = subprocess.DEVNULL
        command = ["gammu-smsd", "--config", str(config)]
        running.append(subprocess.Popen(command, stdout=out, stderr=out))

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.integration
def test_a_real_daemon_sends_a_long_chinese_text(
    tmp_path: Path, spin: Spinner, daemon: Callable[[], None]
) -> None:
    modem = Modem(tmp_path, spin.clock, maybeDeferred)
    daemon()
    sent = spin(modem.gateway.send(outgoing(TO, CHINESE * 3)))
    assert sent.reference == ()
    assert "total: 2" in (tmp_path / "log").read_text(encoding="utf-8")
