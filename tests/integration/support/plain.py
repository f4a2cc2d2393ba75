"""AMI and AGI by bare sockets: what Asterisk does, seen without any code of careline's."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from careline.testing.asterisk import RealAsterisk

USER, SECRET = "tester", "for-tests-only-tester-1"
END = b"\r\n\r\n"
#: How long to wait for anything, seconds.
PATIENCE = 60.0


def let_in(asterisk: RealAsterisk, user: str = USER, *options: str) -> None:
    """Give Asterisk an AMI user who may do and see all, with these further ``options``."""
    lines = ["", f"[{user}]", f"secret = {SECRET}", "read = all", "write = all", *options, ""]
    path = asterisk.instance.folders.etc / "manager.conf"
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("\n".join(lines))
    asterisk.rx("manager reload")


class PlainAmi:
    """One AMI connection that is read only when told; ``taken`` are all messages read so far."""

    def __init__(self, asterisk: RealAsterisk, *, small_window: bool = False) -> None:
        self.socket = socket.socket()
        if small_window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(asterisk.ami)
        self._buffer = b""
        self.read_bytes = 0
        self.taken: list[dict[str, str]] = []

    def log_in(self, user: str = USER, secret: str = SECRET) -> PlainAmi:
        """Say who we are; AssertionError when we are not let in."""
        assert self.line().startswith(b"Asterisk Call Manager/")
        assert self.ask("Login", ("Username", user), ("Secret", secret))["Response"] == "Success"
        return self

    def send(self, text: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(text)

    def ask(self, action: str, *fields: tuple[str, str]) -> dict[str, str]:
        """Do an action; its response."""
        lines = [("Action", action), ("ActionID", action), *fields]
        self.send("".join(f"{key}: {value}\r\n" for key, value in lines).encode() + b"\r\n")
        return self.until("Response", ActionID=action)

    def line(self) -> bytes:
        """The next line."""
        return self._cut(b"\r\n")

    def message(self) -> dict[str, str]:
        """The next message; of a key that comes twice the last counts."""
        lines = self._cut(END).decode("utf-8", "replace").split("\r\n")
        found = dict(line.split(": ", 1) for line in lines if ": " in line)
        self.taken.append(found)
        return found

    def until(self, key: str, value: str = "", **fields: str) -> dict[str, str]:
        """The next message with ``key`` (``value`` when given) and these fields."""
        while True:
            message = self.message()
            fits = all(message.get(name) == wanted for name, wanted in fields.items())
            if key in message and value in ("", message[key]) and fits:
                return message

    def is_closed(self) -> bool:
        """Read on; True when Asterisk has closed, False when it answers a Ping."""
        try:
            return self.ask("Ping")["Ping"] != "Pong"
        except (ConnectionError, EOFError):
            return True

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _cut(self, end: bytes) -> bytes:
        while end not in self._buffer:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self._buffer += more
            self.read_bytes += len(more)
        found, _, self._buffer = self._buffer.partition(end)
        return found


class PlainAgi:
    """One call at a time of a FastAGI server that does exactly what the test says."""

    def __init__(self, port: int) -> None:
        self._listening = socket.create_server(("127.0.0.1", port))
        self._listening.settimeout(PATIENCE)
        self.socket: socket.socket

    def accept(self) -> None:
        """Take the next call and read what Asterisk says of it."""
        self.socket, _ = self._listening.accept()
        self.socket.settimeout(PATIENCE)
        text = b""
        while not text.endswith(b"\n\n"):
            text += self.socket.recv(4096)

    def send(self, command: str) -> None:
        """Send a command, and wait for nothing."""
        self.socket.sendall(command.encode() + b"\n")

    def lines(self, wanted: Iterable[bytes]) -> bool:
        """Read until each of ``wanted`` was seen; False when Asterisk closes before."""
        missing, text = set(wanted), b""
        while any(one not in text for one in missing):
            more = self.socket.recv(4096)
            if not more:
                return False
            text += more
        return True

    def close(self, *, reset: bool = False) -> None:
        """Close the call's connection: FIN, as a process that exits, or RST."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def stop(self) -> None:
        """Close the port."""
        self._listening.close()
