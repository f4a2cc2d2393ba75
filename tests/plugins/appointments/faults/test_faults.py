"""Processes that book are killed, the hospital answers late, twice or never: nothing is lost.

The full form is ``make bench ARGS=bookings``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.plugins.appointments.faults.run import Plan, run


@pytest.fixture
def restart(request: pytest.FixtureRequest, db_url: str) -> Callable[[], None] | None:
    """Ends the database server and starts it again; None for a file."""
    if db_url.startswith("sqlite"):
        return None
    cluster = request.getfixturevalue("postgres")

    def again() -> None:
        cluster.stop()
        cluster.start()

    return again


def test_no_double_booking_nothing_acknowledged_lost_no_cancel_undone(
    db_url: str, tmp_path: Path, restart: Callable[[], None] | None
) -> None:
    plan = Plan(wishes=300, kill_every=200, restart_every=250)
    outcome = run(plan, db_url, tmp_path, restart)
    assert outcome.problems == []
    counts = outcome.counts
    assert counts["wishes"] >= 300
    assert counts["kills"] > 0
    assert counts["restarts"] > 0 or restart is None
    for what in ("booked", "unsure", "refused", "cancelled", "his mute", "his deaf", "his slow"):
        assert counts[what] > 0, counts


@pytest.mark.parametrize("bug", ["silence is no", "no compare"])
def test_planted_mistakes_are_found(bug: str, tmp_path: Path) -> None:
    plan = Plan(wishes=160, kill_every=0, bug=bug)
    outcome = run(plan, f"sqlite:///{tmp_path}/careline.db", tmp_path)
    assert outcome.problems
