"""The installed ``careline`` command on a home of its own, as an administrator uses it."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from attrs import evolve, field, frozen

from careline.config import Home, Settings, load, write_default
from careline.testing.asterisk import Network
from careline.testing.hospital import put_setting
from careline.testing.ports import free_port

COMMAND = Path(sys.executable).with_name("careline")
#: Files that any command may leave or change without having done anything.
PASSING = {"run.lock", "careline.db.migrate-lock", "careline.db-shm", "careline.db-wal"}
ANSWERS = "热线已可接听"


@frozen
class Said:
    """What one command line came to."""

    code: int
    out: str
    err: str


@frozen
class Place:
    """A home with ports of its own on loopback addresses of its own."""

    root: Path
    network: Network = field(factory=Network)

    @property
    def settings(self) -> Settings:
        """Its careline.toml, which must be right."""
        return load(Home(self.root).config, {})

    def write(self, tree: Path) -> Place:
        """Write careline.toml, with Asterisk's program files from elsewhere."""
        write_default(Home(self.root))
        self.put(
            embedded=f'true\ntree = "{tree}"',
            bind=f'"{self.network.server}"',
            agi_port=free_port(),
            port=free_port(),
            ami_port=free_port(),
            http_port=free_port(),
        )
        return self

    def put(self, **settings: object) -> None:
        """Change settings of careline.toml, as TOML values."""
        path = Home(self.root).config
        text = path.read_text(encoding="utf-8")
        for name, value in settings.items():
            text = put_setting(text, name, value)
        path.write_text(text, encoding="utf-8")

    def careline(
        self, *args: str, lang: str = "", more: Sequence[str] = (), seconds: float = 180
    ) -> Said:
        """Run one command to its end; ``lang`` by environment, ``more`` is put in front of it."""
        done = subprocess.run(
            [*more, *self._command(args)],
            env=self._environ(lang),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self) -> Iterator[Queue[str]]:
        """``careline run`` while the block lasts; its lines, an empty one at its end."""
        lines: Queue[str] = Queue()
        process = subprocess.Popen(
            self._command(("run",)),
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        output = process.stdout

        def read() -> None:
            for line in output:
                lines.put(line)
            lines.put("")

        reading = Thread(target=read)
        reading.start()
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(120)
            reading.join(60)
            output.close()

    def answers(self, seconds: float = 180) -> None:
        """Assert that ``careline run`` ends with a hotline that answers."""
        with self.running() as lines:
            said: list[str] = []
            try:
                while ANSWERS not in (line := lines.get(timeout=seconds)):
                    said.append(line)
                    assert line, "".join(said)
            except Empty:
                raise AssertionError("".join(said)) from None

    def _command(self, args: Sequence[str]) -> list[str]:
        return [str(COMMAND), "--home", str(self.root), *args]

    def _environ(self, lang: str = "") -> dict[str, str]:
        environ = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        return environ | {"LANG": "C.UTF-8"} | ({"CARELINE_LANG": lang} if lang else {})

    def files(self) -> dict[str, str]:
        """What each file of the home holds, to compare before and after."""
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink() and path.name not in PASSING
        }

    def copy(self, root: Path) -> Place:
        """Another home with the same contents and ports of its own."""
        shutil.copytree(self.root, root, symlinks=True)
        made = evolve(self, root=root, network=Network())
        made.put(
            bind=f'"{made.network.server}"',
            agi_port=free_port(),
            port=free_port(),
            ami_port=free_port(),
            http_port=free_port(),
        )
        return made


def chinese(text: str) -> bool:
    """True when it is written in Chinese."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
