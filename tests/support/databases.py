"""Database fixtures: every store test runs on SQLite and on PostgreSQL.

``db``: an inline Database with all tables of the imported stores, for ``run_async`` and
``run_sync``. ``db_url``: the URL of an empty database, for whoever brings a reactor or processes of
his own. :func:`put_tables` is for whoever opens a database of his own. The cluster itself is
careline's own fixture ``postgres``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.emptied import Emptied
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks
from careline.testing.postgres import Cluster

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@cache
def _model(names: frozenset[str]) -> sqlite3.Connection:
    """The tables of these names in memory, to be copied."""
    made = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    made.run_sync(lambda tx: metadata.create_all(tx.connection))
    model: Any = made.engine.raw_connection().driver_connection
    assert isinstance(model, sqlite3.Connection)
    return model


def put_tables(db: Database) -> None:
    """Put the tables of all imported stores into an empty database.

    For SQLite in memory that is a copy of what was made once in this process, 40 times as fast.
    """
    if str(db.engine.url) != "sqlite://":
        db.run_sync(lambda tx: metadata.create_all(tx.connection))
        return
    target: Any = db.engine.raw_connection().driver_connection
    _model(frozenset(metadata.tables)).backup(target)


@pytest.fixture(params=BOTH)
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database: a SQLite file, then a PostgreSQL database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/careline.db"
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.fresh()
    yield url
    cluster.drop(url)


@pytest.fixture
def db_clock() -> Clock:
    """The clock of ``db``: a ``task.Clock`` at 0, and the real date."""
    return Clock(FakeClock())


@pytest.fixture(scope="session")
def emptied(postgres: Cluster) -> Emptied:
    """PostgreSQL databases that tests use one after the other."""
    return Emptied(postgres)


@pytest.fixture(params=BOTH)
def db(request: pytest.FixtureRequest, db_clock: Clock) -> Iterator[Database]:
    """An inline Database (SQLite in memory, then PostgreSQL) with every imported table."""
    memory = request.param == "sqlite"
    rooms: Emptied | None = None if memory else request.getfixturevalue("emptied")
    url = "sqlite://" if rooms is None else rooms.take(frozenset(metadata.tables))
    database = open_database(url, clock=db_clock, tasks=Tasks())
    if rooms is None or rooms.is_new(url):
        put_tables(database)
    if rooms is not None:
        rooms.note(url)
    yield database
    database.engine.dispose()
    if rooms is not None:
        rooms.give_back(url)
