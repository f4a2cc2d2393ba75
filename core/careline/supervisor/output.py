"""What children print: to the terminal with a prefix, and to log files of bounded size."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

#: A log file is put aside (``.1``) when it is longer, in bytes.
LOG_LIMIT = 10_000_000


class LogFile:
    """A log that never stops its writer: what the disk refuses is dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0

    def open(self) -> int:
        """A file descriptor for appending. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self._written = self._path.stat().st_size
        if self._written > LOG_LIMIT:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            self._written = 0
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, data: bytes) -> None:
        """Append ``data``, as far as the disk lets us."""
        with suppress(OSError):
            descriptor = self.open()
            try:
                os.write(descriptor, data)
            finally:
                os.close(descriptor)


class Lines:
    """Cuts a stream of bytes into lines, and remembers the last few for an error message."""

    def __init__(self) -> None:
        self._rest = b""
        self.last: deque[str] = deque(maxlen=8)

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes; one longer than 8 kB is cut."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > 8192:
            whole, self._rest = [*whole, self._rest], b""
        lines = [line.decode(errors="replace").rstrip("\r") for line in whole]
        self.last.extend(line for line in lines if line.strip())
        return lines

    def end(self) -> list[str]:
        """What was printed after the last line end."""
        return self.feed(b"\n") if self._rest else []
