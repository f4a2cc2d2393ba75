"""The demonstration's bookings: through both plugins, as an agent's would be."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.support.both_plugins import Both
from twisted.internet.task import Clock as FakeClock

from careline.clinic import VisitState
from careline.clock import Clock
from careline.jobs import Park
from careline.setup.demo_patients import PATIENTS
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_appointments.demo import CANCELLED, FULL, OTHERS, Demonstration
from careline_appointments.model import Booking, BookingState, Criteria
from careline_his_webservice.adapters.embedded.tables import visit_table

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture
def both(tmp_path: Path) -> Both:
    clock = Clock(FakeClock(), lambda: NOW)
    db = open_database("sqlite://", clock=clock, tasks=Tasks())
    return Both(db, clock, tmp_path)


async def made(both: Both) -> list[Booking]:
    """The bookings after the job has run twice."""
    await both.open(TODAY)
    handler = Demonstration(both.services).job_handlers()[0]
    for _ in range(2):
        await handler.do({}, None)
    found = await both.services.booker.search(Criteria(), most=500)
    await both.close()
    return list(found.bookings)


def test_bookings_of_the_demonstration(both: Both) -> None:
    bookings = run_async(made(both), both.clock)
    states = Counter(one.state for one in bookings)
    assert states == {
        BookingState.BOOKED: FULL + OTHERS - CANCELLED,
        BookingState.CANCELLED: CANCELLED,
    }
    clinics = Counter(one.clinic for one in bookings if one.active)
    assert clinics.most_common(1)[0][1] == FULL
    assert {one.campus for one in bookings} == {"main", "east"}
    # Those whose telephones the demonstration's callers have: who calls has a coming visit.
    assert set(range(1, len(PATIENTS) + 1)) <= {one.patient for one in bookings}
    assert all(one.department_name for one in bookings)
    assert not {"妇产科", "儿科"} & {one.department_name for one in bookings}
    visits = both.db.run_sync(
        lambda tx: tx.scalars(visit_table.select().with_only_columns(visit_table.c.state))
    )
    assert Counter(visits) == {
        VisitState.BOOKED: FULL + OTHERS - CANCELLED,
        VisitState.CANCELLED: CANCELLED,
    }


def test_a_hospital_without_these_clinics_is_left_alone(both: Both) -> None:
    async def nothing() -> None:
        await both.open(date(2020, 1, 1))  # its four weeks are long past
        try:
            await Demonstration(both.services).job_handlers()[0].do({}, None)
        finally:
            await both.close()

    with pytest.raises(Park):
        run_async(nothing(), both.clock)
