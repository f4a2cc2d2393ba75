"""Clinics are made of the weekly plan, each once, and roll on with the days."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from sqlalchemy import func, select
from tests.plugins.his_webservice.embedded.small import (
    CLINIC,
    MONDAY,
    NOW,
    PLANNED,
    order,
    put_small,
)

from careline.clinic import HalfDay, Schedule
from careline.storage import Database
from careline_his_webservice.adapters.embedded import visits
from careline_his_webservice.adapters.embedded.plan import KEEP_DAYS, put_plan, read_plan, roll
from careline_his_webservice.adapters.embedded.store import read_schedule
from careline_his_webservice.adapters.embedded.tables import slot_table

AFTERNOON = evolve(
    PLANNED, doctor="", weekday=2, half=HalfDay.AFTERNOON, fee=Decimal("10.50"), start=time(14)
)


def schedule(db: Database, first: date, days: int, department: str = "") -> Schedule:
    last = first + timedelta(days=days - 1)
    return db.run_sync(read_schedule, "main", first, last, department, NOW)


def test_a_day_is_added_with_each_day_that_goes(db: Database) -> None:
    db.run_sync(put_small, days=28)
    assert [one.day for one in schedule(db, MONDAY, 60).clinics] == [
        MONDAY + timedelta(days=days) for days in (0, 7, 14, 21)
    ]
    assert db.run_sync(roll, "main", MONDAY, 28) == 0
    assert db.run_sync(roll, "main", MONDAY + timedelta(days=1), 28) == 1
    assert db.run_sync(roll, "main", MONDAY + timedelta(days=2), 28) == 0


def test_what_was_made_stays_whatever_the_plan_says_later(db: Database) -> None:
    db.run_sync(put_small)
    db.run_sync(visits.book, order(1), MONDAY, NOW)
    db.run_sync(visits.stop, "main", CLINIC, "开会")
    db.run_sync(put_plan, "main", [evolve(PLANNED, capacity=9), AFTERNOON])
    assert db.run_sync(roll, "main", MONDAY, 7) == 1
    monday, tuesday = schedule(db, MONDAY, 7).clinics
    assert (monday.stopped, tuesday.stopped) == (True, False)
    assert (tuesday.doctor, tuesday.fee) == ("", Decimal("10.50"))
    slots = schedule(db, MONDAY, 1).slots
    assert [(one.start, one.end, one.capacity, one.left) for one in slots] == [
        (time(8), time(8, 30), 2, 0),
        (time(8, 30), time(9), 2, 0),
    ]


def test_a_plan_is_read_as_it_was_written(db: Database) -> None:
    db.run_sync(put_plan, "main", [PLANNED, AFTERNOON])
    db.run_sync(put_plan, "east", [PLANNED])
    assert db.run_sync(read_plan, "main") == [AFTERNOON, PLANNED]
    with pytest.raises(ValueError, match="weekday"):
        evolve(PLANNED, weekday=8)


def test_old_clinics_go_unless_somebody_was_booked(db: Database) -> None:
    db.run_sync(put_small, days=14)
    db.run_sync(visits.book, order(1), MONDAY, NOW)
    db.run_sync(roll, "main", MONDAY + timedelta(days=KEEP_DAYS + 14), 1)
    assert [one.code for one in schedule(db, MONDAY, 14).clinics] == [CLINIC]
    assert db.run_sync(lambda tx: tx.scalar(select(func.count()).select_from(slot_table))) == 2


def test_a_schedule_is_that_of_its_campus_and_department(db: Database) -> None:
    db.run_sync(put_small)
    assert len(schedule(db, MONDAY, 1, "11").clinics) == 1
    other = schedule(db, MONDAY, 1, "12")
    assert (other.clinics, other.slots) == ((), ())
    east = db.run_sync(read_schedule, "east", MONDAY, MONDAY, "", NOW)
    assert east.clinics == ()
