"""An entrance on an empty database: SQLite in memory, and PostgreSQL where a test says ``both``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.door import Door, made_door


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """An entrance on an empty database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield made_door()
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.fresh()
    made = made_door(url)
    yield made
    made.db.engine.dispose()
    cluster.drop(url)
