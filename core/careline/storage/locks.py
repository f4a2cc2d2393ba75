"""Locks between processes: one server per home, one migration at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from careline.errors import Unavailable
from careline.storage.engine import sqlite_path

MIGRATION_KEY = 0x6361_7265  # "care": the advisory lock's number on PostgreSQL
WAIT = 30.0
STEP = 0.1


class HomeLock:
    """Held by a running server on its home directory; freed by the kernel however it ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "careline.lock"
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process has it."""
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back; the file stays, so that nobody locks a file of another name."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> str:
        """The process id that the last holder wrote, for messages."""
        try:
            return self._path.read_text().strip()
        except OSError:
            return ""


@contextmanager
def migration_lock(engine: Engine, wait: float = WAIT) -> Iterator[None]:
    """Keep a second ``db upgrade`` out; Unavailable ("db.migrating") after ``wait`` seconds."""
    path = sqlite_path(engine.url)
    if engine.dialect.name == "postgresql":
        with _advisory(engine, wait):
            yield
    elif path is not None:
        with _file(path.with_name(path.name + ".migrate-lock"), wait):
            yield
    else:
        yield


@contextmanager
def _advisory(engine: Engine, wait: float) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        ends = time.monotonic() + wait
        take = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=MIGRATION_KEY)
        while not connection.execute(take).scalar():
            _wait_or_give_up(ends)
        try:
            yield
        finally:
            give = text("SELECT pg_advisory_unlock(:key)").bindparams(key=MIGRATION_KEY)
            connection.execute(give)


@contextmanager
def _file(path: Path, wait: float) -> Iterator[None]:
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            "db.away", "The database's folder cannot be written: {detail}", detail=str(error)
        ) from error
    try:
        ends = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                _wait_or_give_up(ends)
        yield
    finally:
        os.close(file)


def _wait_or_give_up(ends: float) -> None:
    if time.monotonic() >= ends:
        raise Unavailable(
            "db.migrating", "Another process is changing the database now; try again when it ends."
        )
    time.sleep(STEP)
