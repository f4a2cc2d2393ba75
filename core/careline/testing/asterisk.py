"""A real Asterisk for tests: an instance of its own on a loopback network of its own.

Every instance gets a random network 127.x.y.0/24: Asterisk on .1, the trunk's callers on .2 and
phones on .10 and above, so that any number of instances and test runs share a machine.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from attrs import define, field, frozen

from careline.asterisk.dialplan import dialplan
from careline.asterisk.install import install_asterisk
from careline.asterisk.layout import Tree, folders, unpacked
from careline.asterisk.model import (
    AsteriskFiles,
    Member,
    Phone,
    Ports,
    QueueConf,
    Strategy,
    Trunk,
    new_secret,
)
from careline.asterisk.process import Instance
from careline.errors import NotFound
from careline.testing.ports import free_port

BOOT_SECONDS = 120.0
#: ERROR lines that say nothing of careline. The last is Asterisk's own: at a phone's blind transfer
#: (REFER) two of its threads, that of the bridge's events and that of the channel, may both end the
#: one subscription of res_pjsip_refer; the second finds it ended and does nothing more.
HARMLESS = (
    "Is endpoint registered and reachable?",
    "Failed to create outgoing session",
    "Session already DISCONNECTED",
    "Internal error: subscription has invalid topic",
)
TREE_VARIABLE = "CARELINE_ASTERISK_TREE"


def cache_of(project: Path) -> Path:
    """Where the tests of ``project`` keep what takes long to get: Asterisk, spoken prompts.

    careline's own checkout keeps it in ``.cache``; all other projects share ``careline`` in the
    user's cache ($XDG_CACHE_HOME, ~/.cache).
    """
    if (project / "core" / "careline").is_dir():
        return project / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "careline"


def find_tree(project: Path) -> Tree:
    """The unpacked Asterisk: $CARELINE_ASTERISK_TREE, else ``asterisk`` in the project's cache.

    It is installed there when it is missing, which takes some seconds and a Debian mirror.
    """
    root = Path(os.environ.get(TREE_VARIABLE) or cache_of(project) / "asterisk")
    try:
        return unpacked(root)
    except NotFound:
        root.parent.mkdir(parents=True, exist_ok=True)
        return install_asterisk(root, lambda *_: None)


@frozen
class Network:
    """A loopback /24 network that nobody else uses: ``prefix`` is ``127.x.y``."""

    prefix: str = field(
        factory=lambda: f"127.{1 + secrets.randbelow(253)}.{secrets.randbelow(256)}"
    )

    def host(self, number: int) -> str:
        """Address ``number`` (1 to 254) of the network."""
        return f"{self.prefix}.{number}"

    @property
    def server(self) -> str:
        """Where Asterisk listens."""
        return self.host(1)

    @property
    def trunk(self) -> str:
        """Where calls from outside come from."""
        return self.host(2)


PHONES = ("2001", "2002", "2003", "2004")


def phone_secret(name: str) -> str:
    """The SIP password of a test phone: known to all, long enough for the configuration's lint."""
    return f"{name}-for-tests-only-1"


def default_files(network: Network, agi_port: int, text: str | None = None) -> AsteriskFiles:
    """A small site: one trunk, phones 2001 to 2004, queues support and sales, careline's dialplan.

    ``text`` replaces the dialplan.
    """
    return AsteriskFiles(
        node="hq",
        ami_secret=new_secret(),
        dialplan=dialplan(agi_port, language="en") if text is None else text,
        ports=Ports(sip=5060, ami=free_port(), http=8088, rtp_low=10_000, rtp_high=10_999),
        bind=network.server,
        http_bind=network.server,
        codecs=("ulaw", "alaw"),
        phones=tuple(
            Phone(name, phone_secret(name), callerid=f'"Agent {name}" <{name}>') for name in PHONES
        ),
        trunks=(
            Trunk(
                "trunk", match=(network.trunk,), contact=f"sip:{network.trunk}:5060", qualify_s=0
            ),
        ),
        queues=(
            QueueConf("support", Strategy.LONGEST_IDLE, ring_s=5),
            QueueConf("sales", Strategy.RING_ALL, ring_s=5),
            QueueConf(
                "careline-fallback", Strategy.RING_ALL, members=(Member("PJSIP/2004", "Fallback"),)
            ),
        ),
    )


@define
class RealAsterisk:
    """A running Asterisk.

    ``sip`` and ``ami`` are its addresses, ``agi_port`` the port of 127.0.0.1 on which its dialplan
    looks for the core: whoever is under test listens there.
    """

    instance: Instance
    files: AsteriskFiles
    network: Network
    agi_port: int
    _process: subprocess.Popen[bytes]
    _output: IO[bytes]

    @property
    def sip(self) -> tuple[str, int]:
        """Address of SIP over UDP."""
        return self.files.bind, self.files.ports.sip

    @property
    def ami(self) -> tuple[str, int]:
        """Address of AMI; user and secret are in ``files``."""
        return "127.0.0.1", self.files.ports.ami

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def rx(self, command: str) -> str:
        """What Asterisk's command line prints for ``command``."""
        return self.instance.rx(command)

    def log(self) -> str:
        """messages.log so far."""
        path = self.instance.folders.log / "messages.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def errors(self, allowed: Sequence[str] = ()) -> list[str]:
        """ERROR lines of the log, without those that hold one of the ``allowed`` texts.

        A call to a phone that is off line logs two, one that is given up as it is answered another,
        a phone's blind transfer at times a third: tests provoke them all the time.
        """
        allowed = (*allowed, *HARMLESS)
        lines = [
            line for line in self.log().splitlines() if "] ERROR[" in line or " ERROR[" in line
        ]
        return [line for line in lines if not any(text in line for text in allowed)]

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        """End it, by its own pid, and wait until it is gone."""
        if self._process.poll() is None:
            self.instance.stop()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._output.close()
        shutil.rmtree(self.instance.folders.run, ignore_errors=True)


def start_asterisk(
    tree: Tree,
    root: Path,
    files: AsteriskFiles | None = None,
    *,
    network: Network | None = None,
    agi_port: int = 0,
    prompts: Path | None = None,
) -> RealAsterisk:
    """Start an Asterisk in the new folder ``root`` and wait until it has booted.

    ``files`` is its configuration, :func:`default_files` when None. The caller stops it.
    """
    network, agi_port = network or Network(), agi_port or free_port()
    files = files or default_files(network, agi_port)
    instance = Instance(tree, folders(root))
    instance.prepare(files, prompts)
    asterisk = _launch(instance, files, network, agi_port)
    try:
        instance.wait_booted(BOOT_SECONDS)
    except BaseException:
        asterisk.stop()
        raise
    return asterisk


def restart(asterisk: RealAsterisk) -> RealAsterisk:
    """Start an Asterisk again that was stopped or killed, with the same files and ports."""
    asterisk.stop()
    asterisk.instance.folders.run.mkdir(exist_ok=True, mode=0o700)
    again = _launch(asterisk.instance, asterisk.files, asterisk.network, asterisk.agi_port)
    again.instance.wait_booted(BOOT_SECONDS)
    return again


def _launch(
    instance: Instance, files: AsteriskFiles, network: Network, agi_port: int
) -> RealAsterisk:
    """The process, which the kernel ends when the test run is killed (``setpriv --pdeathsig``)."""
    setpriv = shutil.which("setpriv")
    command = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
    output = (instance.folders.log / "output.log").open("ab")
    process = subprocess.Popen(  # noqa: S603 -- the instance's own script
        [*command, *instance.command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=instance.folders.root,
    )
    return RealAsterisk(instance, files, network, agi_port, process, output)
