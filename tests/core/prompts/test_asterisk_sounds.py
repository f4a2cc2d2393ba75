"""Asterisk itself speaks Mandarin: nothing it plays on a zh channel is missing.

There are no other languages beside, so that it cannot fall back to English without a word.
"""

import re
import shutil
import socket
import time

import pytest
from attrs import evolve

from careline.asterisk.model import Announcements, QueueConf
from careline.testing.asterisk import Network, default_files, start_asterisk
from careline.testing.ports import free_port

pytestmark = pytest.mark.integration

NUMBERS = (
    *(0, 1, 2, 9, 10, 11, 12, 19, 20, 21, 35, 40, 58, 60, 74, 80, 99, 100, 101, 110, 200, 999),
    *(1000, 1001, 1010, 2026, 10000, 10001, 100050, 1000000, 99999999, 100000000, 200000305, -5),
)
OTHERS = {
    "digits": "SayDigits(13800001111*#)",
    "letters": "SayAlpha(abcdefghijklm)",
    "others": "SayAlpha(nopqrstuvwxyz)",
    "signs": "SayAlpha(0+-./@= $!*#)",
    "date": "SayUnixTime(1795305909,Asia/Shanghai,ABdYIMp)",
    "date24": "SayUnixTime(1795349109,Asia/Shanghai,QkMSp)",
    "dates": "SayUnixTime(1785542400,Asia/Shanghai,qYBdAHMS)",
    "plain": "SayUnixTime()",
    "first": "Queue(announced,,,,6)",
    "second": "Queue(announced,,,,6)",
    "more": "Queue(announced,,,,6)",
    "record": "Record(/tmp/careline-beep-%d:wav,1,1)",
}
DIALPLAN = """
[careline-phones]
exten => hold,1,Answer()
 same => n,Wait(120)
exten => elsewhere,1,Answer()
 same => n,Set(CHANNEL(language)=en)
 same => n,Playback(zh/careline/num-1)
 same => n,Verbose(1,said elsewhere ${PLAYBACKSTATUS})
 same => n,Hangup()
exten => _say-.,1,Answer()
 same => n,Set(CHANNEL(language)=zh)
 same => n,SayNumber(${EXTEN:4})
 same => n,Verbose(1,said ${EXTEN})
 same => n,Hangup()
"""


def _extension(name, application):
    return (
        f"exten => {name},1,Answer()\n same => n,Set(CHANNEL(language)=zh)\n"
        f" same => n,{application}\n same => n,Verbose(1,said {name})\n same => n,Hangup()\n"
    )


@pytest.fixture
def asterisk(asterisk_tree, all_prompts, tmp_path):
    prompts = tmp_path / "prompts"
    shutil.copytree(all_prompts.root, prompts, symlinks=True)
    dialplan = DIALPLAN + "".join(
        _extension(name, application.replace("/tmp/careline-beep-%d", str(tmp_path / "beep")))
        for name, application in OTHERS.items()
    )
    network = Network()
    files = default_files(network, free_port(), dialplan)
    announced = Announcements(
        position=True,
        hold_time=True,
        frequency_s=3,
        periodic=("queue-periodic-announce",),
        periodic_s=4,
    )
    files = evolve(files, queues=(QueueConf("announced", announcements=announced),))
    running = start_asterisk(
        asterisk_tree, tmp_path / "instance", files, network=network, prompts=prompts
    )
    shutil.rmtree(prompts / "en")
    running.rx("logger add channel said.log verbose(5),warning,error,notice")
    yield running
    running.stop()


def _originate(asterisk, extensions):
    """Let each extension run at once on a channel of its own."""
    host, port = asterisk.ami
    with socket.create_connection((host, port), 10) as ami:
        login = f"Action: Login\r\nUsername: {asterisk.files.ami_user}\r\n"
        ami.sendall(f"{login}Secret: {asterisk.files.ami_secret}\r\n\r\n".encode())
        for name in extensions:
            ami.sendall(
                f"Action: Originate\r\nActionID: {name}\r\n"
                f"Channel: Local/hold@careline-phones/n\r\nContext: careline-phones\r\n"
                f"Exten: {name}\r\nPriority: 1\r\nAsync: true\r\n\r\n".encode()
            )
        ami.sendall(b"Action: Logoff\r\n\r\n")
        while ami.recv(65536):
            pass


def _wait_said(log, names, seconds=90.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = log.read_text(errors="replace")
        missing = [name for name in names if not re.search(rf"said {re.escape(name)}\n", text)]
        if not missing:
            return text
        time.sleep(0.1)
    raise AssertionError(f"not said in time: {missing}\n{text[-3000:]}")


def test_asterisk_speaks_mandarin_of_its_own(asterisk, tmp_path):
    names = [*(f"say-{number}" for number in NUMBERS), *OTHERS]
    _originate(asterisk, [*names, "elsewhere"])
    text = _wait_said(tmp_path / "instance/log/said.log", names)
    wrong = [line for line in text.splitlines() if re.search("WARNING|ERROR|does not exist", line)]
    assert wrong == []
    played = set(re.findall(r"Playing '([^']+?)\.\w+' \(language 'zh'\)", text))
    assert {"digits/wan", "digits/yi", "digits/minus", "digits/hundred", "letters/q"} <= played
    assert {"queue-youarenext", "queue-thereare", "queue-callswaiting", "beep"} <= played
    assert {"queue-thankyou", "queue-periodic-announce", "digits/a-m", "digits/p-m"} <= played
    assert "said elsewhere SUCCESS" in text, "a name with its language plays on any channel"
