"""Database fixtures: every store test runs on SQLite and on PostgreSQL.

``db``: an inline Database with all tables of the imported stores, for ``run_async`` and
``run_sync``. ``db_url``: the URL of an empty database, for whoever brings a reactor or processes of
his own. The cluster itself is careline's own fixture ``postgres``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


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


@pytest.fixture(params=BOTH)
def db(request: pytest.FixtureRequest, db_clock: Clock) -> Iterator[Database]:
    """An inline Database (SQLite in memory, then PostgreSQL) with every imported table."""
    memory = request.param == "sqlite"
    url = "sqlite://" if memory else request.getfixturevalue("postgres").fresh()
    database = open_database(url, clock=db_clock, tasks=Tasks())
    database.run_sync(lambda tx: metadata.create_all(tx.connection))
    yield database
    database.engine.dispose()
    if not memory:
        request.getfixturevalue("postgres").drop(url)
