"""The desk in this folder's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.calls.support import T0
from tests.core.pages.desk.house import House
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.dispositions.demo import put_starter
from careline.storage import open_database
from careline.tasks import Tasks


@pytest.fixture
def house(tmp_path: Path) -> House:
    """On SQLite alone: what the stores do on both is tested with them."""
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    db.run_sync(put_starter, T0)
    return House(db, tmp_path)
