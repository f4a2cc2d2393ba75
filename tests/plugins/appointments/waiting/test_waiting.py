"""The waiting list: a freed slot goes to the next, and is lost by nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from tests.plugins.appointments.site import Site

from careline.clinic import HalfDay
from careline.errors import Conflict, NotFound, Refused, Unavailable
from careline.storage import Database
from careline.testing.his import DAY
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Source
from careline_appointments.stops.model import Stop, StoppedClinic
from careline_appointments.stops.store import add_stop
from careline_appointments.waiting_store import Waiter, WaiterState, waiting_table


@pytest.fixture
def site(db: Database) -> Site:
    made = Site(db, AppointmentsConfig(most_per_department=0))
    made.run(made.services.directory.sync())
    made.his.slots = made.his.slots[:1]
    return made


def add(site: Site, name: str, **values: object) -> Waiter:
    wanted = {"doctor": "d1", "first": DAY, "last": DAY + timedelta(7), **values}
    patient = site.patient(name)
    return site.run(site.services.waiting.add(patient, "main", "cardio", by="1001", **wanted))  # type: ignore[arg-type]  # of a dict


def freed(site: Site) -> Booking:
    """The only slot, booked by somebody and cancelled."""
    one = site.book(site.patient("先生"))
    site.run(site.booker.cancel(one.id, "有事", "1001", Source.AGENT))
    assert [job.args for job in site.jobs("appointments.offer")][-1] == {"booking": one.id}
    site.run(site.services.waiting.offer_of(one.id))
    return one


def stored(site: Site, waiter: Waiter) -> Waiter:
    return site.run(site.services.waiting.get(waiter.id))


def test_a_freed_slot_is_offered_to_the_first_who_waits_for_it(site: Site) -> None:
    other = add(site, "别的", doctor="d2")
    one, two = add(site, "甲"), add(site, "乙", doctor="")
    freed(site)
    assert stored(site, one).state is WaiterState.OFFERED
    assert stored(site, two).state is stored(site, other).state is WaiterState.WAITING
    assert site.heard("slot_offered") == [one.id]
    offer = site.run(site.hub.offered_slot(waiter_id=one.id))
    assert (offer.patient, offer.department, offer.doctor) == (one.patient, "心血管内科", "单小明")
    assert offer.day == DAY
    assert site.run(site.hub.offered_slot(waiter_id=two.id)) is None, "nothing is offered yet"
    assert site.run(site.hub.offered_slot(waiter_id=99)) is None
    booking = site.run(site.services.waiting.take(one.id, "1001"))
    assert (booking.state, booking.source) == (BookingState.BOOKED, Source.WAITING)
    assert site.run(site.hub.offered_slot(waiter_id=one.id)) is None, "it was taken"
    assert stored(site, one).booking == booking.id


def test_a_slot_of_a_stopped_clinic_is_offered_to_nobody(site: Site) -> None:
    one = add(site, "甲")
    cancelled = site.book(site.patient("先生"))
    site.run(site.booker.cancel(cancelled.id, "停诊", "1001", Source.STOP))
    clinics = (StoppedClinic(clinic="c1", day=DAY, half=HalfDay.MORNING),)
    stop = Stop(campus="main", department="cardio", reason="x", at=site.now(), clinics=clinics)
    site.db.run_sync(add_stop, stop)
    site.run(site.services.waiting.offer_of(cancelled.id))
    assert stored(site, one).state is WaiterState.WAITING


def test_an_offer_that_ends_goes_to_the_next_and_comes_round_the_next_day(site: Site) -> None:
    one, two = add(site, "甲"), add(site, "乙")
    later = {"day": DAY + timedelta(2)}
    site.his.clinics = [evolve(site.his.clinics[0], **later)]
    cancelled = site.book(site.patient("先生"), **later)
    site.run(site.booker.cancel(cancelled.id, "有事", "1001", Source.AGENT))
    site.run(site.services.waiting.offer_of(cancelled.id))
    site.later(minutes=31)
    site.run(site.services.waiting.look())
    assert stored(site, one).state is WaiterState.WAITING
    assert stored(site, two).state is WaiterState.OFFERED
    site.run(site.services.waiting.decline(two.id))
    for _ in range(5):
        site.later(hours=2)
        site.run(site.services.waiting.look())
    assert site.heard("slot_offered") == [one.id, two.id], "nobody is told again and again"
    site.later(hours=12)
    site.run(site.services.waiting.look())
    assert stored(site, one).state is WaiterState.OFFERED


def test_an_offer_whose_booking_came_to_nothing_leaves_the_patient_waiting(site: Site) -> None:
    one = add(site, "甲")
    freed(site)
    site.his.how = ["swallowed"]
    booking = site.run(site.services.waiting.take(one.id, "1001"))
    assert (booking.state, stored(site, one).state) == (BookingState.UNSURE, WaiterState.TAKEN)
    site.later(seconds=61)
    site.settle()
    assert site.stored(booking).state is BookingState.FAILED
    assert stored(site, one).state is WaiterState.WAITING
    site.run(site.services.waiting.look())
    assert site.run(site.services.waiting.take(one.id, "1001")).state is BookingState.BOOKED


def test_a_campus_that_is_no_more_holds_up_nobody(site: Site) -> None:
    one = add(site, "甲")
    site.db.run_sync(lambda tx: tx.execute(waiting_table.update().values(campus="gone")).rowcount)
    two = add(site, "乙")
    site.run(site.services.waiting.look())
    assert stored(site, one).state is WaiterState.WAITING
    assert stored(site, two).state is WaiterState.OFFERED


def test_a_slot_seen_free_in_the_schedule_is_offered_once(site: Site) -> None:
    one, two = add(site, "甲"), add(site, "乙")
    for _ in range(2):
        site.run(site.services.waiting.look())
    assert stored(site, one).state is WaiterState.OFFERED
    assert stored(site, two).state is WaiterState.WAITING
    assert site.heard("slot_offered") == [one.id]


def test_who_is_too_late_for_the_offer_waits_on(site: Site) -> None:
    one = add(site, "甲")
    freed(site)
    site.book(site.patient("快"))
    with pytest.raises(Refused):
        site.run(site.services.waiting.take(one.id, "1001"))
    assert stored(site, one).state is WaiterState.WAITING


def test_a_his_that_is_down_takes_no_offer_away(site: Site) -> None:
    one = add(site, "甲")
    freed(site)
    site.his.how = ["down"]
    with pytest.raises(Unavailable):
        site.run(site.services.waiting.take(one.id, "1001"))
    assert site.run(site.services.waiting.take(one.id, "1001")).state is BookingState.BOOKED


def test_nobody_waits_twice_for_the_same_or_for_nothing(site: Site) -> None:
    one = add(site, "甲")
    waiting = site.services.waiting
    with pytest.raises(Conflict):
        site.run(waiting.add(one.patient, "main", "cardio", "d1", DAY, DAY, "1001"))
    with pytest.raises(NotFound):
        site.run(waiting.add(one.patient, "main", "nothing", "", DAY, DAY, "1001"))
    site.run(waiting.close(one.id))
    assert site.run(waiting.of_patient(one.patient)) == []


def test_whose_days_are_past_waits_no_more(site: Site) -> None:
    one = add(site, "甲")
    site.later(days=10)
    site.run(site.services.waiting.look())
    assert stored(site, one).state is WaiterState.CLOSED
