"""One careline per home: two supervisors would end each other's children."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from careline.errors import Conflict

#: What the kernel says of all locks: proc(5).
LOCKS = Path("/proc/locks")


def is_held(path: Path, locks: Path = LOCKS) -> bool:
    """True while a process is :func:`alone` there. Nothing is locked to find out."""
    try:
        pid, number = path.read_text(encoding="utf-8").strip(), str(path.stat().st_ino)
        lines = locks.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:123456 0 EOF"
    found = (line.split() for line in lines)
    return any(
        words[1] == "FLOCK" and words[4] == pid and words[5].rpartition(":")[2] == number
        for words in found
        if len(words) > 5
    )


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` meanwhile; the kernel lets go of it when we die.

    Raises Conflict("supervisor.running") when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "supervisor.running",
                "careline runs already in {home} (process {pid}); "
                "end it first, or take another home with --home",
                home=str(path.parent),
                pid=os.read(descriptor, 20).decode().strip(),
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
