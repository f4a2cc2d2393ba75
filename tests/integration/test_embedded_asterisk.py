"""The embedded Asterisk, really running: quiet, lean, least rights, reloadable, adoptable."""

from __future__ import annotations

import csv
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from careline.asterisk.existing import write_included
from careline.asterisk.layout import folders
from careline.asterisk.lint import lint
from careline.asterisk.model import (
    Announcements,
    Member,
    Music,
    Phone,
    QueueConf,
    Trunk,
    new_secret,
)
from careline.asterisk.modules import LEAN
from careline.asterisk.plain import JOURNAL_COLUMNS
from careline.asterisk.process import Instance
from careline.clock import Clock
from careline.demo.phone import PATIENCE_S
from careline.errors import Unavailable
from careline.supervisor import Supervisor, asterisk_child
from careline.testing.asterisk import Network, default_files, start_asterisk
from careline.testing.ports import free_port

pytestmark = pytest.mark.integration

DIALPLAN = """
[careline-inbound]
exten => wait,1,Answer()
 same => n,Wait(60)
[careline-phones]
exten => hello,1,Answer()
 same => n,Set(__CARELINE_CALL=${UNIQUEID})
 same => n,Wait(0.3)
 same => n,Hangup()
"""


def full_files(network):
    """Every kind of thing that a configuration can hold."""
    files = default_files(network, free_port(), DIALPLAN)
    return evolve(
        files,
        phones=(
            *files.phones,
            Phone("browser", new_secret(), webrtc=True, callerid='"王芳" <3001>', language="zh"),
        ),
        trunks=(
            *files.trunks,
            Trunk(
                "gateway",
                (network.host(3),),
                f"sip:{network.host(3)}",
                username="careline",
                secret=new_secret(),
                qualify_s=0,
                fax=True,
            ),
        ),
        queues=(
            *files.queues,
            QueueConf(
                "clinic",
                weight=5,
                max_callers=20,
                music="clinic",
                announcements=Announcements(True, True, 30, ("queue-periodic-announce",), 60),
                members=(Member("PJSIP/browser", "王芳", 2),),
            ),
        ),
        music=(Music("default"), Music("clinic", "moh")),
    )


@pytest.fixture(scope="module")
def asterisk(asterisk_tree, tmp_path_factory):
    network = Network()
    root = tmp_path_factory.mktemp("embedded") / "instance"
    running = start_asterisk(asterisk_tree, root, full_files(network), network=network)
    yield running
    running.stop()


@pytest.fixture
def instance(asterisk_tree, tmp_path):
    """One that a test starts, kills and restarts itself."""
    network = Network()
    instance = Instance(asterisk_tree, folders(tmp_path / "own"))
    yield instance, default_files(network, free_port(), DIALPLAN)
    instance.stop()


class Ami:
    """Just enough of AMI to see what Asterisk lets its user do."""

    def __init__(self, asterisk):
        self.socket = socket.create_connection(asterisk.ami, PATIENCE_S)
        self.file = self.socket.makefile("rb")
        self.banner = self.file.readline()
        self.seen = []
        self.login = self.action(
            "Login", Username=asterisk.files.ami_user, Secret=asterisk.files.ami_secret
        )

    def close(self):
        self.file.close()
        self.socket.close()

    def message(self):
        lines = []
        while (line := self.file.readline().decode().rstrip("\r\n")) or not lines:
            if line:
                lines.append(line.partition(": ")[::2])
        message = dict(lines)
        self.seen.append(message)
        return message

    def until(self, **wanted):
        while not wanted.items() <= (message := self.message()).items():
            pass
        return message

    def action(self, name, **fields):
        lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in fields.items())]
        self.socket.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        while "Response" not in (message := self.message()):
            pass
        return message


@pytest.fixture
def ami(asterisk):
    with closing(Ami(asterisk)) as ami:
        yield ami


def until(fact, what):
    end = time.monotonic() + 120
    while not (result := fact()):
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)
    return result


def complaints(running):
    return [line for line in running.log().splitlines() if re.search(r"WARNING|ERROR", line)]


def test_it_boots_without_a_warning(asterisk):
    assert complaints(asterisk) == []


def test_its_configuration_passes_the_lint(asterisk):
    assert lint(asterisk.instance.folders.etc, asterisk.files.http_bind) == []


def test_all_that_was_configured_is_there(asterisk):
    endpoints = asterisk.rx("pjsip show endpoints")
    for phone in asterisk.files.phones:
        assert re.search(rf"Endpoint: +{phone.name}\b", endpoints)
    queues = asterisk.rx("queue show")
    for queue in asterisk.files.queues:
        assert f"{queue.name} has 0 calls" in queues
    assert "王芳 (PJSIP/browser) with penalty 2" in queues
    assert "Class: clinic" in asterisk.rx("moh show classes")
    assert "hq" in asterisk.rx("core show settings")


def test_the_lean_modules_run_and_nothing_else(asterisk):
    listing = asterisk.rx("module show")
    running = set(re.findall(r"^(\w+)\.so .*Running", listing, re.MULTILINE))
    there = {name for name in LEAN if f"{name}.so" in asterisk.instance.tree.module_files}
    assert running == there
    assert {"app_queue", "res_agi", "chan_pjsip", "cel_custom", "codec_opus_open_source"} <= running


def test_it_is_small(asterisk):
    status = Path(f"/proc/{asterisk.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
    assert resident < 100_000


def test_all_its_code_comes_from_the_tree(asterisk):
    maps = Path(f"/proc/{asterisk.pid}/maps").read_text()
    code = set(re.findall(r"r-xp .* (/\S+)", maps))
    tree = str(asterisk.instance.tree.loader.parents[3])
    others = {path for path in code if not path.startswith(tree)}
    # How names are looked up is the machine's choice (/etc/nsswitch.conf), by modules of its own.
    assert {path for path in others if not Path(path).name.startswith("libnss_")} == set()


def test_it_listens_on_loopback_only(asterisk):
    inodes = {
        match[1]
        for fd in Path(f"/proc/{asterisk.pid}/fd").iterdir()
        if (match := re.match(r"socket:\[(\d+)\]", os.readlink(fd)))
    }
    tcp = listening(asterisk.pid, "tcp", inodes) + listening(asterisk.pid, "tcp6", inodes)
    udp = listening(asterisk.pid, "udp", inodes)
    ports = asterisk.files.ports
    bind = asterisk.files.bind
    assert sorted(tcp) == sorted([(asterisk.files.ami_bind, ports.ami), (bind, ports.http)])
    assert (bind, ports.sip) in udp
    # res_pjsip's DNS client opens one random port on all addresses; nothing configures it.
    outside = [place for place in udp if not place[0].startswith("127.")]
    assert len(outside) <= 1
    assert all(port > 1024 and port not in (ports.sip, 5060) for _, port in outside)


def listening(pid, kind, inodes):
    lines = Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    # 0A is LISTEN; 07 is an unconnected UDP socket.
    return [address(line[1]) for line in fields if line[9] in inodes and line[3] in ("0A", "07")]


def address(text):
    host, port = text.split(":")
    number = bytes.fromhex(host)[::-1] if len(host) == 8 else b"\0\0\0\0"
    return socket.inet_ntoa(number), int(port, 16)


def test_its_files_are_private(asterisk):
    where = asterisk.instance.folders
    assert where.root.stat().st_mode & 0o077 == 0
    logs = [where.log / name for name in ("messages.log", "security.log", "queue_log")]
    for path in (*where.etc.iterdir(), *logs, where.lib / "astdb.sqlite3"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_login_is_told_that_it_is_fully_booted(ami):
    assert ami.login["Response"] == "Success"
    ami.until(Event="FullyBooted")


def test_the_ami_user_cannot_run_programs_or_change_files(ami):
    for name, fields in (
        ("Command", {"Command": "core show version"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "a.conf", "DstFilename": "b.conf"}),
        ("Reload", {}),
        ("ModuleLoad", {"LoadType": "reload"}),
        ("Filter", {"Operation": "Add", "Filter": "Event: x"}),
        ("MixMonitor", {"Channel": "x", "Command": "touch /tmp/x"}),
        ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
        ("DialplanExtensionAdd", {"Context": "x", "Extension": "1", "Priority": "1"}),
    ):
        answer = ami.action(name, **fields)
        assert answer["Response"] == "Error", name
        assert answer["Message"] in ("Permission denied", "Invalid/unknown command"), name


def test_originating_a_program_is_refused(ami):
    answer = ami.action(
        "Originate",
        Channel="Local/hello@careline-phones",
        Application="System",
        Data="touch /tmp/x",
    )
    assert answer["Response"] == "Error"


def test_the_ami_user_can_do_what_careline_does(ami):
    for name, fields in (
        ("QueueAdd", {"Queue": "clinic", "Interface": "PJSIP/2001", "Paused": "true"}),
        ("QueuePause", {"Queue": "clinic", "Interface": "PJSIP/2001", "Paused": "false"}),
        ("QueueRemove", {"Queue": "clinic", "Interface": "PJSIP/2001"}),
        ("QueueStatus", {"Queue": "clinic"}),
        ("CoreShowChannels", {}),
        ("BridgeList", {}),
        ("DeviceStateList", {}),
        ("Getvar", {"Variable": "PJSIP_AOR(2001,contact)"}),
        ("UserEvent", {"UserEvent": "test"}),
        ("Ping", {}),
    ):
        assert ami.action(name, **fields)["Response"] == "Success", name


def test_only_subscribed_events_come_and_each_carries_the_call(asterisk, ami):
    ami.action(
        "Originate",
        Channel="Local/wait@careline-inbound/n",
        Context="careline-phones",
        Exten="hello",
        Priority="1",
        Async="true",
    )
    hangup = ami.until(Event="Hangup", Exten="hello")
    assert re.fullmatch(r"hq-\d+\.\d+", hangup["Uniqueid"])
    assert hangup["ChanVariable"] == f"CARELINE_CALL={hangup['Uniqueid']}"
    assert re.fullmatch(r"\d+\.\d{6}", hangup["Timestamp"])
    if not any(message.get("Event") == "DeviceStateChange" for message in ami.seen):
        ami.until(Event="DeviceStateChange")  # told by a thread of its own, at times after the end
    names = {message["Event"] for message in ami.seen if "Event" in message}
    assert {"Newchannel", "Newstate", "Hangup", "DeviceStateChange"} <= names
    assert names <= set(asterisk.files.events)
    assert not {"VarSet", "Newexten", "TestEvent"} & names


def test_asterisks_own_journal_has_the_call_with_microseconds(asterisk, ami):
    ami.action(
        "Originate",
        Channel="Local/wait@careline-inbound/n",
        Context="careline-phones",
        Exten="hello",
        Priority="1",
        Async="true",
        ChannelId="journal-1",
        CallerID='"张, ""三"" \'x" <138>',
    )
    ami.until(Event="Hangup", Uniqueid="journal-1")
    journal = asterisk.instance.folders.log / "cel-custom/journal.csv"

    def rows():
        with journal.open(newline="") as file:
            found = [dict(zip(JOURNAL_COLUMNS, row, strict=True)) for row in csv.reader(file)]
        own = [row for row in found if row["linkedid"] == "journal-1"]
        return own if any(row["eventtype"] == "LINKEDID_END" for row in own) else []

    found = until(rows, "the journal's last line")
    kinds = [row["eventtype"] for row in found if row["uniqueid"] == "journal-1"]
    assert kinds[:4] == ["CHAN_START", "ANSWER", "HANGUP", "CHAN_END"]
    assert [row["eventtype"] for row in found][-1] == "LINKEDID_END"
    assert all(re.fullmatch(r"\d{10}\.\d{6}", row["eventtime"]) for row in found)
    assert {row["cid_num"] for row in found} == {"", "138"}


def test_a_change_is_reloaded_without_a_restart(asterisk):
    pid, instance, files = asterisk.instance.pid(), asterisk.instance, asterisk.files
    changed = evolve(
        files,
        phones=(*files.phones, Phone("4001", new_secret())),
        queues=(*files.queues, QueueConf("new")),
        dialplan=files.dialplan + "\n[more]\nexten => 1,1,NoOp()\n",
    )
    changes = instance.prepare(changed)
    try:
        assert set(changes.files) == {"pjsip.conf", "queues.conf", "extensions.conf"}
        assert not changes.restart
        instance.reload(changes)
        assert "4001" in asterisk.rx("pjsip show endpoint 4001")
        assert "new has 0 calls" in asterisk.rx("queue show new")
        assert "'1' =>" in asterisk.rx("dialplan show more")
    finally:
        instance.reload(instance.prepare(files))
    assert "Unable to find object 4001" in asterisk.rx("pjsip show endpoint 4001")
    assert instance.pid() == pid
    assert complaints(asterisk) == []


def start(instance):
    process = subprocess.Popen(instance.command)
    instance.wait_booted()
    return process


def test_it_is_found_running_killed_and_stopped(instance):
    instance, files = instance
    instance.prepare(files)
    assert instance.pid() is None
    with pytest.raises(Unavailable, match="does not answer"):
        instance.rx("core show version")
    process = start(instance)
    assert instance.pid() == process.pid
    assert instance.is_running()
    process.kill()
    process.wait(60)
    assert instance.folders.pid_file.exists()
    assert instance.pid() is None
    assert not instance.is_running()
    process = start(instance)
    assert instance.is_running()
    instance.stop()
    assert process.wait(60) == 0
    assert not instance.folders.pid_file.exists()


def test_it_stops_even_while_it_boots(instance):
    instance, files = instance
    instance.prepare(files)
    process = subprocess.Popen(instance.command)
    until(instance.is_running, "its control socket")
    instance.stop()
    assert process.wait(60) == 0


def test_a_pid_file_that_names_somebody_else_is_not_believed(instance):
    instance, files = instance
    instance.prepare(files)
    instance.folders.pid_file.write_text(f"{os.getpid()}\n")
    assert instance.pid() is None
    instance.stop()


def test_core_restart_finds_its_libraries_again(instance):
    instance, files = instance
    instance.prepare(files)
    process = start(instance)
    instance.rx("core restart now")
    until(lambda: uptime(instance), "back after the restart")
    assert instance.pid() == process.pid
    instance.stop()
    assert process.wait(60) == 0


def uptime(instance):
    log = (instance.folders.log / "messages.log").read_text()
    return log.count("modules will be loaded") == 2 and instance.is_running()


def test_an_asterisk_of_ones_own_takes_the_files_in(instance):
    instance, files = instance
    instance.prepare(evolve(files, phones=(), trunks=(), queues=(), dialplan="[globals]\nA=1\n"))
    etc = instance.folders.etc
    with (etc / "manager.conf").open("a") as file:
        file.write("\n[boss]\nsecret = x\n")
    text = f"[general]\nstatic=yes\n[globals]\nCARELINE_AGI=agi://127.0.0.1:1\n{DIALPLAN}"
    own = evolve(files, dialplan=text, ami_user="careline2")
    included = write_included(own, etc, instance.folders.root / "careline")
    for name, line in included.lines:
        with (etc / name).open("a") as file:
            file.write(f"\n{line}\n")
    process = start(instance)
    log = (instance.folders.log / "messages.log").read_text()
    assert [line for line in log.splitlines() if re.search("WARNING|ERROR", line)] == []
    assert "2001" in instance.rx("pjsip show endpoint 2001")
    assert "support has 0 calls" in instance.rx("queue show")
    shown = instance.rx("dialplan show globals")
    assert "CARELINE_AGI=agi://127.0.0.1:1" in shown
    assert "A=1" in shown
    users = instance.rx("manager show users")
    assert "careline2" in users
    assert "boss" in users
    assert "CARELINE_CALL" in instance.rx("manager show settings")
    instance.stop()
    process.wait(60)


def test_the_supervisor_restarts_it_and_the_next_adopts_it(instance, spin):
    instance, files = instance
    instance.prepare(files)
    clock = Clock(spin.reactor)

    def child(keep=False):
        return asterisk_child(instance, files.ports, files.bind, files.http_bind, keep=keep)

    async def first():
        supervisor = Supervisor(spin.reactor, clock, [child(keep=True)], say)
        running = spawn(supervisor)
        await wait(instance.is_running)
        old = instance.pid()
        os.kill(old, signal.SIGKILL)
        await wait(lambda: instance.pid() not in (None, old) and instance.is_running())
        await supervisor.stop()
        assert await running == 0

    async def second():
        pid = instance.pid()
        supervisor = Supervisor(spin.reactor, clock, [child()], say)
        running = spawn(supervisor)
        assert supervisor.pid("asterisk") == pid
        await supervisor.stop()
        assert await running == 0
        assert instance.pid() is None

    async def wait(fact):
        while not fact():
            await clock.sleep(0.05)

    said = []
    say = said.append
    spin(first())
    assert instance.is_running()
    spin(second())
    assert said[-1].endswith("taken over")


def spawn(supervisor):
    from twisted.internet.defer import ensureDeferred

    return ensureDeferred(supervisor.run())
