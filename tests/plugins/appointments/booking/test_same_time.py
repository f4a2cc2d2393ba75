"""Nobody sees two doctors at once, and a half-day's number says no time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from careline.errors import Conflict
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Source, Wish
from careline_appointments.rules import check_limits

DAY, NOW = date(2026, 11, 24), datetime(2026, 11, 23, tzinfo=UTC)
BOOKED = Booking(
    id=7,
    key="k",
    campus="main",
    department="cardiology",
    doctor="",
    clinic="c1",
    slot="s1",
    day=DAY,
    start=time(8),
    end=time(8, 30),
    patient=1,
    state=BookingState.BOOKED,
    source=Source.AGENT,
    created=NOW,
    changed=NOW,
)


def wish(start: time, end: time | None, day: date = DAY) -> Wish:
    """A visit to another department of another campus."""
    return Wish(
        campus="east",
        department="eyes",
        doctor="",
        clinic="c2",
        slot="s2",
        day=day,
        start=start,
        end=end,
        patient=1,
        source=Source.AGENT,
    )


def refused(wanted: Wish) -> bool:
    """What the rule says."""
    try:
        check_limits(AppointmentsConfig(), wanted, [BOOKED])
    except Conflict as error:
        return error.code == "appointments.twice"
    return False


@pytest.mark.parametrize(
    ("start", "end", "same"),
    [
        (time(8), time(8, 30), True),
        (time(8, 15), time(8, 45), True),
        (time(8, 30), time(9), False),
        (time(7, 30), time(8), False),
        (time(8), time(12), False),
        (time(8), None, False),
    ],
)
def test_two_visits_overlap_only_where_their_times_are_known(
    start: time, end: time | None, same: bool
) -> None:
    assert refused(wish(start, end)) is same
    assert not refused(wish(start, end, date(2026, 11, 25)))
