"""An entrance on an empty database, SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from tests.support.door import Door
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.storage import Database


@pytest.fixture
def door(db: Database, db_clock: Clock) -> Door:
    """An entrance on an empty database."""
    fake = db_clock.reactor
    assert isinstance(fake, FakeClock)
    return Door(db, fake)
