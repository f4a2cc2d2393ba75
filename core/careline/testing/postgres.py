"""A private PostgreSQL cluster: own folder, own port, own socket, gone with the test run."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from careline.testing.ports import free_port

PR_SET_PDEATHSIG = 1
START_S = 120.0
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def find_bin() -> Path | None:
    """The newest installed server's folder of programs, or None."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def cluster() -> Iterator[Cluster | None]:
    """A running cluster while the block lasts; None where PostgreSQL is not installed."""
    programs = find_bin()
    if programs is None:
        yield None
        return
    base = Path(tempfile.mkdtemp(prefix="pg-"))
    base.chmod(0o755)  # another user must pass through
    made = Cluster(programs, base / "cluster")
    try:
        made.create()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(base, ignore_errors=True)


class Cluster:
    """A server that may be stopped, hung and started again, as tests of failure want it."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.user = self._unprivileged()
        self.process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    @staticmethod
    def _unprivileged() -> str | None:
        """PostgreSQL refuses root, so root lends it another name."""
        if os.geteuid() != 0:
            return None
        names = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in names else "nobody"

    def create(self) -> None:
        """Make its folder; once."""
        self.folder.mkdir(mode=0o700)
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        subprocess.run(  # noqa: S603 - what the system installed
            [
                self.programs / "initdb", "-D", self.folder / "data", "-U", "careline",
                "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            ],
            check=True, capture_output=True, user=self.user, cwd=self.folder, timeout=START_S,
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {**FAST, "listen_addresses": "127.0.0.1", "port": str(self.port)}
        settings |= {"unix_socket_directories": str(self.folder), "max_connections": "40"}
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - what the system installed
                command, stdout=log, stderr=log, user=self.user, cwd=self.folder,
                start_new_session=True, preexec_fn=_end_with_parent,
            )  # fmt: skip
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        ends = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=10).close()
                return
            except psycopg.OperationalError:
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < ends, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, clients are cut off."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(60)
        self.process = None

    def processes(self) -> list[int]:
        """The server's process and all it has forked."""
        assert self.process is not None
        me = self.process.pid
        children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
        return [me, *map(int, children)]

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://careline@127.0.0.1:{self.port}/{name}"

    def fresh(self) -> str:
        """Create an empty database and give its URL."""
        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that :meth:`fresh` made, whoever is connected to it."""
        name = url.rsplit("/", 1)[1]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _end_with_parent() -> None:
    """In the child: a test run that is killed takes its server along."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
