"""Runs a StarPy program as its user would, and plays its Asterisk over a plain socket."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.core.starpy.peer import GREETING, parsed, wire

LIMIT = 15.0
"""Seconds to wait for anything a program should do."""
ROOT = Path(__file__).parents[3]


class Program:
    """A running program; ``says`` checks what it prints, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self) -> str:
        """The next line it prints."""
        return self._lines.get(timeout=LIMIT)

    def says(self, *lines: str) -> None:
        """Wait for exactly these lines."""
        for line in lines:
            said = self.line()
            assert said == line, f"it said {said!r}, not {line!r}"

    def says_in_any_order(self, *lines: str) -> None:
        """Wait for these lines, where Asterisk decides what comes first."""
        said = [self.line() for _ in lines]
        assert sorted(said) == sorted(lines), f"it said {said}"

    def ends(self) -> None:
        """Wait until it ends by itself, without an error."""
        assert self.process.wait(LIMIT) == 0

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def program(name: str, *arguments: object) -> Iterator[Program]:
    """Run programs/NAME.py; warnings are errors there too, and its errors are shown."""
    script = Path(__file__).with_name("programs") / f"{name}.py"
    command = [sys.executable, "-W", "error", str(script), *map(str, arguments)]
    paths = [str(ROOT / "core"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    running = Program(process)
    try:
        yield running
    finally:
        running.close()


class Connection:
    """Asterisk's end of one connection."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self.end.settimeout(LIMIT)
        self._rest = b""

    def until(self, mark: bytes) -> bytes:
        """What comes up to ``mark``, that included."""
        while mark not in self._rest:
            data = self.end.recv(4096)
            if not data:
                raise EOFError(self._rest)
            self._rest += data
        found, mark, self._rest = self._rest.partition(mark)
        return found + mark

    def action(self, expected: str) -> dict[str, list[str]]:
        """The next AMI action, which must be of this name."""
        (fields,) = parsed(self.until(b"\r\n\r\n"))
        assert fields["action"] == [expected]
        return fields

    def answer(self, expected: str, *lines: str, response: str = "Success") -> dict[str, list[str]]:
        """Answer the next AMI action; returns it."""
        fields = self.action(expected)
        self.say(f"Response: {response}", f"ActionID: {fields['actionid'][0]}", *lines)
        return fields

    def say(self, *lines: str) -> None:
        """Send one AMI message."""
        self.end.sendall(wire(*lines))

    def command(self, expected: str, answer: str) -> None:
        """Read one AGI command, which must be this, and answer it."""
        assert self.until(b"\n").decode() == f"{expected}\n"
        self.end.sendall(f"{answer}\n".encode())

    def at_end(self) -> bool:
        """True when the program has closed its end and sent nothing more."""
        return self._rest == b"" and self.end.recv(1) == b""


class Pbx:
    """Listens on a port of its own as Asterisk's AMI does."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LIMIT)
        self.port = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []

    def accept(self) -> Connection:
        """The next connection, greeted."""
        end, _ = self._server.accept()
        self._ends.append(end)
        end.sendall(GREETING)
        return Connection(end)

    def close(self) -> None:
        """Break all connections and stop listening."""
        for end in self._ends:
            end.close()
        self._server.close()

    def back(self) -> None:
        """Listen again on the same port."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._server.settimeout(LIMIT)


@contextmanager
def pbx() -> Iterator[Pbx]:
    """An Asterisk to talk to."""
    running = Pbx()
    try:
        yield running
    finally:
        running.close()


@contextmanager
def agi_call(port: int) -> Iterator[Connection]:
    """A call that Asterisk hands to the FastAGI server on ``port``."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as end:
        yield Connection(end)
