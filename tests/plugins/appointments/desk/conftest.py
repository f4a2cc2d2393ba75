"""The pages on one kind of database: what they ask of it is tested with the bookings."""

from __future__ import annotations

import pytest
from tests.plugins.appointments.desk.house import House
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.storage import open_database
from careline.tasks import Tasks


@pytest.fixture
def house() -> House:
    """On SQLite alone: what the stores do on both is tested with them."""
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    return House(db)
