"""The pages on one kind of database: what they ask of it is tested with the bookings."""

from __future__ import annotations

import pytest
from tests.plugins.appointments.desk.house import House
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.storage import metadata, open_database
from careline.tasks import Tasks


@pytest.fixture
def house() -> House:
    """On SQLite alone: what the stores do on both is tested with them."""
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    db.run_sync(lambda tx: metadata.create_all(tx.connection))
    return House(db)
