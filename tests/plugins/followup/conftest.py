"""SQLite alone for what is the same on both; ``test_both.py`` runs on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.databases import put_tables

from careline.clock import Clock
from careline.storage import Database, open_database
from careline.tasks import Tasks


@pytest.fixture
def db(db_clock: Clock) -> Iterator[Database]:
    """An empty database in memory."""
    database = open_database("sqlite://", clock=db_clock, tasks=Tasks())
    put_tables(database)
    yield database
    database.engine.dispose()
