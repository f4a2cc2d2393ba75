"""Engines as careline needs them: SQLite in WAL mode, one writer; PostgreSQL serializable, UTC."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from careline.errors import Invalid

SQLITE_BUSY_SECONDS = 2.0
POSTGRESQL_THREADS = 4
# connect_timeout and keep-alives bound how long a vanished server can hold a thread.
POSTGRESQL_ARGS = {
    "connect_timeout": 4,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "careline",
    "options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
}
dump_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def parse_url(url: str) -> URL:
    """Read a database URL; only sqlite and postgresql are known, the driver is ours to choose."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Invalid("db.url", "This is not a database URL: {url}", url=url) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise Invalid(
        "db.kind",
        "Unknown database {backend}: use sqlite:///file or postgresql://user@host/name.",
        backend=backend,
    )


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite URL; None for memory and for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def build_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """Build the engine for ``url``; connects lazily. ``foreign_keys=False`` is for migrations."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    return _sqlite(parsed, foreign_keys)


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        connect_args={key: val for key, val in POSTGRESQL_ARGS.items() if key not in url.query},
        isolation_level="SERIALIZABLE",
        pool_size=POSTGRESQL_THREADS,
        max_overflow=2,  # run_sync and one more beside the threads
        pool_timeout=5,
        pool_recycle=1800,
        json_serializer=dump_json,
        hide_parameters=True,  # patients' data stays out of error texts and logs
    )


def _sqlite(url: URL, foreign_keys: bool) -> Engine:
    path = sqlite_path(url)
    if path is None:
        pool: dict[str, Any] = {"poolclass": StaticPool}
    else:
        pool = {"pool_size": 1, "max_overflow": 2, "pool_timeout": 5}
    engine = create_engine(
        url,
        connect_args={"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False},
        json_serializer=dump_json,
        hide_parameters=True,
        **pool,
    )

    @event.listens_for(engine, "do_connect")
    def create_private(*_: object) -> None:
        if path is not None and path.parent.is_dir():
            # Patients' data: readable by its owner alone from the first byte.
            with suppress(OSError):
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a commit outlives a power cut
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock first, so no transaction fails half-way through as busy.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def sever(connection: Any) -> None:
    """Break off what a driver's connection is doing, from another thread.

    SQLite's statement is interrupted; PostgreSQL's socket is shut, which no hung server can delay.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
        return
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
