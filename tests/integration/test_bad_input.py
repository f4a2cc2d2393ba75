"""Wrong input through the real command: one message with what to do, exit code 2, nothing broken.

Each test plants a fault, sees what is said in Chinese and in English, sees that nothing was changed
or started, then takes the fault away and sees that the same command succeeds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import frozen
from tests.integration.support.command import Place, Said, chinese

from careline.asterisk.layout import Tree
from careline.asterisk.lint import lint
from careline.config import Settings
from careline.demo.phone import Answer, Phone, Tone
from careline.storage.migrate import VERSION_TABLE
from careline.testing.asterisk import (
    TREE_VARIABLE,
    Network,
    RealAsterisk,
    default_files,
    phone_secret,
    start_asterisk,
)
from careline.testing.ports import free_port
from careline.testing.runner import Spinner

pytestmark = pytest.mark.integration

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def tree(asterisk_tree: Tree, pytestconfig: pytest.Config) -> Path:
    """The folder of Asterisk's program files."""
    elsewhere = os.environ.get(TREE_VARIABLE)
    return Path(elsewhere or pytestconfig.rootpath / ".cache/asterisk")


@pytest.fixture(scope="module")
def model(tree: Path, spoken_prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A home that is ready to run, from which the tests take copies."""
    made = Place(tmp_path_factory.mktemp("model") / "home").write(tree)
    (made.root / "prompts").symlink_to(spoken_prompts)
    said = made.careline("init", "--demo", seconds=200)
    assert said.code == 0, said
    return made


@pytest.fixture
def place(model: Place, tmp_path: Path) -> Place:
    return model.copy(tmp_path / "home")


def refused(place: Place, *command: str, names: tuple[str, ...] = (), starts: bool = False) -> str:
    """The command fails in both languages with one clear message and changes nothing.

    The English message, which holds all of ``names``, as the Chinese one does. With ``starts``
    things may be started first, which leaves logs.
    """
    before = {} if starts else place.files()
    texts = []
    for lang in ("zh", "en"):
        said = place.careline(*command, lang=lang)
        assert said.code == 2, said
        assert "Traceback" not in said.err + said.out
        text = said.err.strip() or said.out.strip()
        assert text, said
        assert chinese(text) is (lang == "zh"), text
        assert [name for name in names if name not in text] == []
        texts.append(text)
    assert before in ({}, place.files())
    return texts[1]


def test_all_that_is_wrong_in_careline_toml_is_listed(place: Place) -> None:
    path = place.root / "careline.toml"
    right = path.read_text(encoding="utf-8")
    wrong = right.replace("http_port = ", "http_prot = ")
    wrong = wrong.replace('level = "info"', 'level = "loud"')
    path.write_text(wrong.replace('node = "hq"', "node = 5") + "\n[nonsense]\na = 1\n", "utf-8")
    names = ("http_prot", "http_port", "log.level", "debug", "core.node", "nonsense")
    for command in ("run", "init", "status"):
        text = refused(place, command, names=names)
        assert text.count("\n  - ") == 4
    assert place.careline("--lang", "en", "run", lang="zh").err.strip() == text
    said = place.careline("doctor", lang="en")
    assert said.code == 2
    assert [name for name in names if name not in said.out] == []
    path.write_text(right, encoding="utf-8")
    assert place.careline("init").code == 0


def test_careline_toml_that_is_no_toml_names_the_line(place: Place) -> None:
    path = place.root / "careline.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\nspeed = = 3\n", encoding="utf-8")
    line = str(len(path.read_text(encoding="utf-8").splitlines()))
    refused(place, "run", names=("careline.toml", line))


FLOWS = """
[flows.main]
title = { zh = "总机", en = "Main line" }
languages = ["zh", "en"]
start = "hello"
operator = "agent"
[flows.main.nodes.hello]
kind = "play"
prompts = ["no-such-prompt"]
[flows.main.nodes.agent]
kind = "queue"
queue = "surgery"
colour = "red"
timeout = "bye"
full = "bye"
closed = "nowhere"
[flows.main.nodes.bye]
kind = "hang_up"
"""


@pytest.mark.parametrize("verb", ["check", "publish"])
def test_a_faulty_flow_is_told_whole(place: Place, tmp_path: Path, verb: str) -> None:
    path = tmp_path / "flows.toml"
    path.write_text(FLOWS, encoding="utf-8")
    before = place.careline("flow", "list", "--json").out
    names = ("hello.next", "no-such-prompt", "surgery", "agent.colour", "nowhere")
    text = refused(place, "flow", verb, str(path), names=names)
    assert "dead end" in text
    assert place.careline("flow", "list", "--json").out == before
    right = FLOWS.replace("surgery", "service").replace("no-such-prompt", "welcome")
    right = right.replace('colour = "red"\n', "").replace('"nowhere"', '"bye"')
    path.write_text(right.replace('["welcome"]', '["welcome"]\nnext = "agent"'), encoding="utf-8")
    assert place.careline("flow", verb, str(path)).code == 0


@frozen
class Taken:
    """A port that somebody else listens on."""

    setting: str
    udp: bool
    where: Callable[[Settings], tuple[str, int]]


PORTS = [
    Taken("core.agi_port", False, lambda one: ("127.0.0.1", one.core.agi_port)),
    Taken("asterisk.ami_port", False, lambda one: ("127.0.0.1", one.asterisk.ami_port)),
    Taken("asterisk.http_port", False, lambda one: ("127.0.0.1", one.asterisk.http_port)),
    Taken("web.port", False, lambda one: (one.web.bind, one.web.port)),
    Taken("asterisk.sip_port", True, lambda one: (one.asterisk.bind, one.asterisk.sip_port)),
]


def test_a_port_in_use_is_told_before_anything_is_started(place: Place) -> None:
    for taken in PORTS:
        host, port = taken.where(place.settings)
        kind = socket.SOCK_DGRAM if taken.udp else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as squatter:
            squatter.bind((host, port))
            if not taken.udp:
                squatter.listen()
            refused(place, "run", names=(f"{taken.setting} = {port}",))
        assert not (place.root / "core.pid").exists()
        assert not list(place.root.glob("asterisk/run/*.pid"))
    place.answers()


# -- Asterisk does not let us in


@pytest.fixture
def theirs(asterisk_tree: Tree, tmp_path: Path) -> Iterator[RealAsterisk]:
    """An Asterisk of the hospital's own, with our dialplan; the core's port is not served."""
    network, port = Network(), free_port()
    running = start_asterisk(
        asterisk_tree,
        tmp_path / "theirs",
        default_files(network, port),
        network=network,
        agi_port=port,
    )
    yield running
    running.stop()


def test_a_wrong_ami_secret_ends_run_and_calls_are_answered_all_the_same(
    place: Place, theirs: RealAsterisk, spin: Spinner
) -> None:
    etc = theirs.instance.folders.etc
    place.put(embedded=f'false\netc = "{etc}"', ami_port=theirs.files.ports.ami)
    place.put(agi_port=theirs.agi_port)
    refused(place, "run", names=("ami_secret_file", theirs.files.ami_user), starts=True)
    said = place.careline("doctor", lang="en")
    assert said.code == 2
    assert f"127.0.0.1:{theirs.files.ports.ami} refuses the user" in said.out
    assert "asterisk.ami_secret_file must hold the secret" in said.out
    spin(answered_by_the_fallback(spin, theirs))
    (place.root / "secrets/ami").write_text(theirs.files.ami_secret, encoding="utf-8")
    place.answers()


async def answered_by_the_fallback(spin: Spinner, asterisk: RealAsterisk) -> None:
    where = asterisk.network
    agent = Phone(
        *(spin.reactor, asterisk.sip, "2004", phone_secret("2004")),
        host=where.host(11),
        behaviour=Answer(),
        voice=Tone(700),
    )
    async with agent, Phone(spin.reactor, asterisk.sip, "138", host=where.trunk) as caller:
        assert await agent.register() == 200
        call = await caller.call("4001234567")
        assert await call.hears(700)
        await call.hang_up()


# -- the database


def test_a_table_that_is_gone_is_seen_by_all_who_need_it(place: Place) -> None:
    shutil.copy(place.root / "careline.db", place.root / "kept.db")
    with sqlite3.connect(place.root / "careline.db") as db:
        db.execute("DROP TABLE call_fact")
    db.close()
    for command in (("run",), ("core",), ("db", "upgrade")):
        refused(place, *command, names=("call_fact",))
    for command in (("doctor",), ("db", "check")):
        said = place.careline(*command, lang="en")
        assert said.code == 2
        assert "call_fact" in said.out + said.err
    (place.root / "kept.db").replace(place.root / "careline.db")
    assert place.careline("db", "upgrade").code == 0


def test_a_database_of_a_newer_careline_is_left_alone(place: Place) -> None:
    with sqlite3.connect(place.root / "careline.db") as db:
        # A revision that a plugin's builds on has no row of its own, so this one comes beside.
        # S608: the name of the table is our own
        db.execute(f"INSERT INTO {VERSION_TABLE} VALUES ('core_9999')")  # noqa: S608
    db.close()
    refused(place, "run", names=("core_9999",))


def test_migrations_that_were_killed_are_done_by_the_next(tree: Path, tmp_path: Path) -> None:
    """Killed as early as the file is there, and ever later."""
    place = Place(tmp_path / "home").write(tree)
    database = place.root / "careline.db"
    for later in (0.0, 0.01, 0.05):
        for path in place.root.glob("careline.db*"):
            path.unlink()
        process = subprocess.Popen(
            place._command(("db", "upgrade")),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=place._environ(),
        )
        ends = time.monotonic() + 120
        while not database.exists() and process.poll() is None:
            assert time.monotonic() < ends
        time.sleep(later)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        again = place.careline("db", "upgrade")
        assert again.code == 0, again
    assert place.careline("db", "check").code == 0


# -- a disk without room


class Disk:
    """A small disk of memory, mounted where ``root`` is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()

    def mount(self, kilobytes: int) -> bool:
        """Mount it; False when this machine does not let us."""
        options = ("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(self.root))
        return subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0

    def resize(self, kilobytes: int) -> None:
        """Give it room, or take it."""
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(self.root)], check=True)

    def fill(self, free_kilobytes: int) -> None:
        """Take all room but a little."""
        used = shutil.disk_usage(self.root).used // 1024
        self.resize(used + free_kilobytes)

    def unmount(self) -> None:
        """Take it away."""
        subprocess.run(["umount", str(self.root)], check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    if not made.mount(100):
        pytest.skip("only root may mount a small disk; the test by file sizes runs everywhere")
    yield made
    made.unmount()


def full(said: Said, lang: str) -> None:
    """It says that the disk is full, and that is all it says."""
    assert said.code == 2, said
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1, said
    words = ("空间", "磁盘") if lang == "zh" else ("room", "disk")
    assert [word for word in words if word not in said.err] == []


def test_init_on_a_full_disk_says_so_at_every_step_and_goes_on_later(
    tree: Path, disk: Disk
) -> None:
    """First no room for the settings, then for the tables, then for the prompts."""
    disk.resize(4)
    for lang in ("zh", "en"):
        full(Place(disk.root / "home").careline("init", lang=lang), lang)
    disk.resize(100)
    place = Place(disk.root / "home").write(tree)
    for room, lang in ((160, "en"), (300, "zh"), (1_000, "zh"), (3_000, "en")):
        disk.resize(room)
        full(place.careline("init", lang=lang, seconds=120), lang)
        assert not list(place.root.glob("prompts/*/careline/.*"))
    disk.resize(40_000)
    assert place.careline("init", seconds=200).code == 0
    assert place.careline("db", "check").code == 0
    assert lint(place.settings.home.asterisk / "etc") == []
    assert not list(place.root.rglob("*.wav.*"))


def test_there_must_be_room_for_asterisk_before_it_is_fetched(disk: Disk) -> None:
    disk.resize(20_000)
    place = Place(disk.root / "home").write(Path("tree-to-be"))
    for lang in ("zh", "en"):
        full(place.careline("asterisk", "install", lang=lang, seconds=120), lang)
        assert not (place.root / "tree-to-be").exists()


def test_a_backup_without_room_leaves_nothing(model: Place, disk: Disk) -> None:
    disk.resize(50_000)
    place = model.copy(disk.root / "home")
    disk.fill(60)
    for lang in ("zh", "en"):
        full(place.careline("backup", lang=lang), lang)
        assert list((place.root / "backups").iterdir()) == []
    disk.resize(50_000)
    assert place.careline("backup").code == 0
    assert len(list((place.root / "backups").iterdir())) == 1


@pytest.mark.parametrize("room", [100_000, 200_000])
def test_files_that_may_not_grow_are_told_too(tree: Path, tmp_path: Path, room: int) -> None:
    """A limit of this user's instead of a full disk: it needs no root to try."""
    place = Place(tmp_path / "home").write(tree)
    program = (
        "import os, resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    limited = (sys.executable, "-c", program)
    for lang in ("zh", "en"):
        said = place.careline("init", lang=lang, more=limited, seconds=120)
        assert said.code == 2, said
        assert "Traceback" not in said.err
        assert chinese(said.err) is (lang == "zh")
    assert place.careline("db", "upgrade").code == 0
    found = json.loads(place.careline("db", "check", "--json").out)
    standing = {one["name"]: one["standing"] for one in found}
    assert standing["core"] == "current"
