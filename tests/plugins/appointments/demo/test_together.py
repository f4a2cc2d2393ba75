"""Both plugins as they run: what the demonstration shows, with the real embedded system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.both_plugins import Both
from twisted.internet.task import Clock as FakeClock

from careline.clinic import Clinic, VisitState
from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_appointments.demo import FULL, Demonstration
from careline_appointments.model import Booking, BookingState, Criteria, Source, Wish
from careline_appointments.stops.model import Substitute, TaskState
from careline_appointments.stops.service import Wanted
from careline_appointments.stops.settling import Agent
from careline_his_webservice.adapters.embedded.tables import visit_table

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TODAY = date(2026, 11, 22)
AGENT = Agent(id="8001", login="8001")


@pytest.fixture
def both(tmp_path: Path) -> Both:
    fake = FakeClock()
    clock = Clock(fake, lambda: NOW + timedelta(seconds=fake.seconds()))
    db = open_database("sqlite://", clock=clock, tasks=Tasks())
    return Both(db, clock, tmp_path)


def play(both: Both, scenario: Coroutine[Any, Any, None]) -> None:
    """Open, play, close."""

    async def whole() -> None:
        await both.open(TODAY)
        try:
            await scenario
        finally:
            await both.close()

    run_async(whole(), both.clock, limit=7200)


async def full_half_day(both: Both) -> tuple[Clinic, list[Booking]]:
    """The demonstration's half-day of a doctor with every place taken."""
    await Demonstration(both.services).job_handlers()[0].do({}, None)
    found = await both.services.booker.search(Criteria(), most=500)
    (code,) = [c for c, n in Counter(b.clinic for b in found.bookings).items() if n == FULL]
    weeks = await both.services.schedules.days(TODAY, 14, "main")
    (clinic,) = [one for week in weeks for one in week.clinics if one.code == code]
    return clinic, [one for one in found.bookings if one.clinic == code]


def visits(both: Both, clinic: str) -> Counter[VisitState]:
    """What the hospital's own system says of a clinic."""
    states = select(visit_table.c.state).where(visit_table.c.clinic == clinic)
    return Counter(both.db.run_sync(lambda tx: tx.scalars(states)))


def test_a_stopped_half_day_with_30_patients_is_settled_to_the_last(both: Both) -> None:
    async def scenario() -> None:
        clinic, bookings = await full_half_day(both)
        stops = both.appointments.stops
        choices = await stops.stopping.choices("main", clinic.department, clinic.doctor)
        (choice,) = [one for one in choices if one.clinic.clinic == clinic.code]
        assert (choice.booked, choice.taken, choice.stopped) == (FULL, FULL, False)
        wanted = Wanted(
            campus="main",
            department=clinic.department,
            doctor=clinic.doctor,
            clinics=(choice.clinic,),
            reason="外出会诊",
        )
        stop = await stops.stopping.stop(wanted, "leader")
        assert len(await stops.stopping.affected(wanted)) == FULL
        await one_by_one(stop.id)
        substitute = await general_clinic(clinic)
        await stops.settling.offer(stop.id, substitute)
        assert await stops.settling.move_those(stop.id, "leader") == FULL - 2
        ((_, counts),) = await stops.stopping.listed(over=True, offset=0, most=10)
        assert (counts.settled, counts.total) == (FULL, FULL)
        assert [counts[one.value] for one in (TaskState.CANCELLED, TaskState.UNREACHED)] == [1, 1]
        assert visits(both, clinic.code) == {VisitState.CANCELLED: FULL - 1, VisitState.BOOKED: 1}
        assert visits(both, substitute.clinic)[VisitState.BOOKED] >= FULL - 2
        assert len({one.patient for one in bookings}) == FULL

    async def one_by_one(stop: int) -> None:
        """An agent calls: the first cancels, the second is not reached, three times."""
        settling = both.appointments.stops.settling
        first = await settling.take_next(AGENT.id, ["main"], stop)
        done = await settling.cancelled(first, AGENT)
        assert done.state is BookingState.CANCELLED
        second = await settling.take_next(AGENT.id, ["main"], stop)
        for _ in range(2):
            await settling.unreached(second, AGENT)
            await both.clock.sleep(1300)
            await settling.take(second, AGENT.id)
        await settling.unreached(second, AGENT)

    async def general_clinic(clinic: Clinic) -> Substitute:
        """The department's general clinic on the next day."""
        (week,) = await both.services.schedules.days(
            clinic.day + timedelta(days=1), 1, "main", clinic.department
        )
        other = next(one for one in week.clinics if not one.doctor)
        return Substitute(
            campus="main",
            department=other.department,
            clinic=other.code,
            day=other.day,
            name="普通门诊",
        )

    play(both, scenario())


def test_without_his_webservice_appointments_say_not_now_and_go_on(both: Both) -> None:
    async def scenario() -> None:
        clinic, bookings = await full_half_day(both)
        (week,) = await both.services.schedules.days(TODAY, 7, "east", "E12")
        place = next((c, s) for c in week.clinics for s in week.slots_of(c.code) if s.left)
        both.hub.unregister("his_webservice")
        weeks = await both.services.schedules.days(TODAY, 7)
        assert [one.available for one in weeks] == [False, False]
        with pytest.raises(Unavailable):
            await both.services.booker.book(Wish.of(*place, patient=50, source=Source.IVR))
        known = await both.services.booker.of_patient(bookings[0].patient)
        assert [one.clinic for one in known] == [clinic.code]
        assert both.services.directory.find("xxg")[0].name == "心血管内科"
        # A cancel is taken, and done when the hospital is there again.
        held = await both.services.booker.cancel(known[0].id, "不来了", "8001", Source.AGENT)
        assert held.state is BookingState.CANCELLING
        both.hub.register("his_webservice", both.his)
        await both.clock.sleep(120)
        await both.appointments.work.settler.settle()
        done = await both.services.booker.get(held.id)
        assert done.state is BookingState.CANCELLED
        assert visits(both, clinic.code)[VisitState.BOOKED] == FULL - 1

    play(both, scenario())
