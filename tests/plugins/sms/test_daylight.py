"""Nights in which the clocks are changed: each reminder once, and none while people sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.plugins.sms.site import NOW, Site

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.storage import Database
from careline_sms.model import State

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize("day", [datetime(2026, 3, 8), datetime(2026, 11, 1)])  # noqa: DTZ001 - local
def test_each_reminder_is_sent_once_and_not_at_night(db: Database, day: datetime) -> None:
    site = Site(db)
    new_york = Campus(id="main", title="总院", timezone="America/New_York")
    db.run_sync(campuses_store.put_campus, new_york)
    site.run(site.campuses.load())
    begin = (day - timedelta(hours=4)).replace(tzinfo=ZONE).astimezone(UTC)  # 20:00 the day before
    site.wall = begin - NOW
    site.start()
    for number in range(12):
        due = begin + timedelta(hours=number)
        times = {"not_before": due, "not_after": begin + timedelta(days=3)}
        site.put(f"r{number}", to=f"+861380000{number:04}", **times)
    hours: dict[str, int] = {}
    for _ in range(30):
        site.pass_(10, step=10)
        for one in site.gateways["a"].sent:
            hours.setdefault(one.key, site.now().astimezone(ZONE).hour)
        site.wall += timedelta(minutes=30)
    assert len(site.gateways["a"].sent) == len(hours) == 12
    assert set(hours.values()) <= set(range(8, 21))
    assert {site.state(f"r{number}") for number in range(12)} == {State.SENT}
