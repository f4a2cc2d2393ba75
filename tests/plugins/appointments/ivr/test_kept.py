"""What the telephone keeps in the database: how far callers came, what is booked most."""

from __future__ import annotations

from datetime import date, time, timedelta

from attrs import evolve
from tests.plugins.appointments.ivr.caller import CARDS, family, site_of

from careline.storage import Database
from careline_appointments.ivr import progress
from careline_appointments.ivr.popular import counts
from careline_appointments.ivr.progress import Progress


def test_progress_comes_back_as_it_was_and_is_forgotten(db: Database) -> None:
    site = site_of(db)
    now = site.clock.now()
    first = Progress(call="hq-1.1", at=now, stage="departments")
    last = evolve(
        first,
        stage="confirm",
        proved=True,
        department="皮肤科",
        day=date(2026, 11, 24),
        start=time(9, 30),
        booking=7,
    )
    db.run_sync(progress.put, [first, last])
    assert db.run_sync(progress.read, "hq-1.1") == last
    db.run_sync(progress.put, [evolve(last, stage="booked")])
    assert db.run_sync(progress.read, "hq-1.1").stage == "booked"
    assert db.run_sync(progress.read, "hq-2.2") is None
    assert db.run_sync(progress.forget, now) == 0
    assert db.run_sync(progress.forget, now + timedelta(1)) == 1
    assert db.run_sync(progress.read, "hq-1.1") is None


def test_bookings_are_counted_by_department(db: Database) -> None:
    site = site_of(db)
    [patient] = family(site, CARDS[0])
    site.book(patient)
    assert db.run_sync(counts, site.clock.now() - timedelta(days=1)) == {("main", "cardio"): 1}
    assert db.run_sync(counts, site.clock.now() + timedelta(days=1)) == {}
