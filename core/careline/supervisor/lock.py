"""One careline per home: two supervisors would end each other's children."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from careline.errors import Conflict


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
