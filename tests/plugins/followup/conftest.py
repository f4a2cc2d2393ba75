"""SQLite alone for what is the same on both; ``test_both.py`` runs on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from careline.clock import Clock
from careline.storage import Database, metadata, open_database
from careline.tasks import Tasks


@pytest.fixture
def db(db_clock: Clock) -> Iterator[Database]:
    """An empty database in memory."""
    database = open_database("sqlite://", clock=db_clock, tasks=Tasks())
    database.run_sync(lambda tx: metadata.create_all(tx.connection))
    yield database
    database.engine.dispose()
