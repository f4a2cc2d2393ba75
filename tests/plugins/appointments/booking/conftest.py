"""The campus in this folder's tests."""

from __future__ import annotations

import pytest
from tests.plugins.appointments.site import Site

from careline.storage import Database


@pytest.fixture
def site(db: Database) -> Site:
    return Site(db)
