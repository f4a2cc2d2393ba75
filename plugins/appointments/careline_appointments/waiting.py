"""The waiting list (候补): a freed slot is offered to the next who waits for one.

Offering keeps nothing in the HIS, which knows no such thing: whoever books first has the slot. An
offer is a task for agents and an event for messages; when its time is over the next one gets it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from attrs import evolve

from careline.clinic import Clinic, HalfDay, TimeSlot
from careline.errors import Conflict, Invalid, Refused, Unavailable
from careline.storage import Tx, read_committed
from careline_appointments import waiting_store as store
from careline_appointments.booking import Booker
from careline_appointments.config import AppointmentsConfig
from careline_appointments.directory import Directory
from careline_appointments.model import Booking, Source, Wish
from careline_appointments.schedules import Schedules
from careline_appointments.stops.store import is_stopped
from careline_appointments.waiting_store import NO_OFFER, OPEN, Waiter, WaiterState

REST = timedelta(hours=20)
"""After an offer that was not taken: nobody is told of the next one before another day."""


class Waiting:
    """Who waits, and what is offered to whom; ``core`` is a ``careline.plugins.Core``."""

    def __init__(
        self,
        core: Any,
        config: AppointmentsConfig,
        directory: Directory,
        schedules: Schedules,
        booker: Booker,
    ) -> None:
        self._core = core
        self._config = config
        self._directory = directory
        self._schedules = schedules
        self._booker = booker

    async def add(
        self,
        patient: int,
        campus: str,
        department: str,
        doctor: str,
        first: date,
        last: date,
        by: str,
        note: str = "",
    ) -> Waiter:
        """Put a patient on the list; ``doctor`` empty: any of the department.

        Raises Conflict when the patient waits for the same, Invalid for days that are past, and
        NotFound for a department that is not there.
        """
        self._directory.department(campus, department)
        if last < first or last < self._today():
            raise Invalid("appointments.days", "These days are past, or the wrong way round.")
        waiter = Waiter(
            patient=(await self._core.patients.get(patient)).id,
            campus=campus,
            department=department,
            doctor=doctor,
            first=first,
            last=last,
            note=note,
            by=by,
            created=self._core.clock.now(),
        )
        stored: Waiter = await self._core.db.run(store.add_waiter, waiter)
        self._tell(stored)
        return stored

    async def get(self, waiter_id: int) -> Waiter:
        """The entry with that id, else NotFound."""
        found: Waiter = await self._core.db.run(store.get_waiter, waiter_id)
        return found

    async def listed(self, states: Collection[WaiterState] = OPEN) -> list[Waiter]:
        """The list in the order in which it is served."""
        found: list[Waiter] = await self._core.db.run(store.list_waiters, states)
        return found

    async def of_patient(self, patient: int) -> list[Waiter]:
        """What a patient waits for."""
        found: list[Waiter] = await self._core.db.run(store.list_waiters, OPEN, patient)
        return found

    async def take(self, waiter_id: int, by: str, call: str = "") -> Booking:
        """Book the offered slot; raises what :meth:`Booker.book` does, and then waits on."""
        waiter = await self.get(waiter_id)
        if waiter.state is not WaiterState.OFFERED or not waiter.day or not waiter.start:
            raise Conflict("appointments.no_offer", "Nothing is offered to this patient now.")
        try:
            booking = await self._booker.book(_wish(waiter, by, call))
        except Refused:
            await self._change(waiter, WaiterState.WAITING, offers=waiter.offers + 1, **NO_OFFER)
            raise
        except Unavailable:  # the offer stands; the next try is another order
            await self._change(waiter, WaiterState.OFFERED, offers=waiter.offers + 1)
            raise
        await self._core.db.run(store.take_out, waiter.id, booking.id)
        self._tell(waiter)
        return booking

    async def decline(self, waiter_id: int) -> Waiter:
        """The patient does not want this slot and waits on; the next one gets it."""
        waiter = await self.get(waiter_id)
        if waiter.state is not WaiterState.OFFERED:
            raise Conflict("appointments.no_offer", "Nothing is offered to this patient now.")
        return await self._pass_on(waiter)

    async def close(self, waiter_id: int) -> Waiter:
        """The patient waits no more."""
        waiter = await self.get(waiter_id)
        if waiter.state not in OPEN:
            return waiter
        return await self._change(waiter, WaiterState.CLOSED)

    # Offering

    async def offer_of(self, booking_id: int) -> Waiter | None:
        """Offer the slot of a cancelled booking to the next who waits for one."""
        booking = await self._booker.get(booking_id)
        return await self._offer(*_freed(booking))

    async def look(self) -> int:
        """Pass ended offers on, close what is past, and offer what the schedules show free."""
        for waiter in await self._core.db.run(store.outdated, self._today()):
            await self._change(waiter, WaiterState.CLOSED)
        for waiter in await self._core.db.run(store.ended_offers, self._core.clock.now()):
            await self._pass_on(waiter)
        places: dict[tuple[str, str], list[Waiter]] = {}
        for one in await self.listed((WaiterState.WAITING,)):
            if one.campus in self._core.campuses.directory.campuses and self._rested(one):
                places.setdefault((one.campus, one.department), []).append(one)
        return sum([await self._look_at(*place, those) for place, those in places.items()])

    def _rested(self, waiter: Waiter) -> bool:
        return waiter.until is None or waiter.until <= self._core.clock.now()

    async def _look_at(self, campus: str, department: str, waiting: list[Waiter]) -> int:
        """Offer what is free to those who wait there, each one slot."""
        (week,) = await self._schedules.days(
            self._today(), self._config.horizon_days, campus, department
        )
        count = 0
        for clinic in week.clinics:
            for slot in week.slots_of(clinic.code):
                if slot.left > 0 and any(_wants(one, clinic) for one in waiting):
                    offered = await self._offer(clinic, slot)
                    waiting = [one for one in waiting if offered is None or one.id != offered.id]
                    count += offered is not None
        return count

    async def _offer(self, clinic: Clinic, slot: TimeSlot) -> Waiter | None:
        local = self._core.campuses.campus(clinic.campus).local(self._core.clock.now())
        if (clinic.day, slot.start) <= (local.date(), local.time()):
            return None
        now = self._core.clock.now()
        until = now + timedelta(minutes=self._config.offer_minutes)
        offered: Waiter | None = await self._core.db.run(
            _offer, self._core.hub, clinic, slot, now, until
        )
        if offered is not None:
            self._tell(offered)
        return offered

    async def _pass_on(self, waiter: Waiter) -> Waiter:
        """Back into the line behind those who had fewer offers; a free slot goes to the next."""
        rest = {**NO_OFFER, "until": self._core.clock.now() + REST}
        changed = await self._change(waiter, WaiterState.WAITING, offers=waiter.offers + 1, **rest)
        if waiter.day and waiter.start:
            await self._offer(*_offered(waiter))
        return changed

    async def _change(self, waiter: Waiter, state: WaiterState, **values: Any) -> Waiter:
        done: Waiter | None = await self._core.db.run(store.change_waiter, waiter, state, **values)
        self._tell(waiter)
        return done or await self.get(waiter.id)

    def _today(self) -> date:
        today: date = self._core.campuses.today()
        return today

    def _tell(self, waiter: Waiter) -> None:
        events = self._core.events
        events.tell("waiting_changed", str(waiter.id), permission="appointments.view")


@read_committed
def _offer(
    tx: Tx, hub: Any, clinic: Clinic, slot: TimeSlot, now: datetime, until: datetime
) -> Waiter | None:
    stopped = is_stopped(tx, clinic.campus, clinic.code)
    waiter = None if stopped else store.next_for(tx, clinic, slot, now)
    if waiter is None:
        return None
    values = {
        "clinic": clinic.code,
        "slot": slot.code,
        "offer_doctor": clinic.doctor,
        "day": clinic.day,
        "start": slot.start,
        "end": slot.end,
        "kind": clinic.kind,
        "fee": clinic.fee,
        "place": clinic.place,
        "until": until,
    }
    done = store.change_waiter(tx, waiter, WaiterState.OFFERED, **values)
    if done is not None:
        hub.slot_offered(tx, waiter_id=done.id)
    return done


def _wants(waiter: Waiter, clinic: Clinic) -> bool:
    return waiter.doctor in ("", clinic.doctor) and waiter.first <= clinic.day <= waiter.last


def _wish(waiter: Waiter, by: str, call: str) -> Wish:
    clinic, slot = _offered(waiter)
    wish = Wish.of(clinic, slot, patient=waiter.patient, source=Source.WAITING, by=by, call=call)
    return evolve(wish, key=f"waiting-{waiter.id}-{waiter.offers}")


def _offered(waiter: Waiter) -> tuple[Clinic, TimeSlot]:
    assert waiter.day is not None  # noqa: S101  an offer has them
    assert waiter.start is not None  # noqa: S101
    return _place(waiter, waiter.offer_doctor, waiter.day, waiter.start)


def _freed(booking: Booking) -> tuple[Clinic, TimeSlot]:
    return _place(booking, booking.doctor, booking.day, booking.start)


def _place(one: Waiter | Booking, doctor: str, day: date, start: time) -> tuple[Clinic, TimeSlot]:
    clinic = Clinic(
        campus=one.campus,
        code=one.clinic,
        department=one.department,
        doctor=doctor,
        day=day,
        half=HalfDay.of(start),
        kind=one.kind,
        fee=one.fee,
        place=one.place,
    )
    slot = TimeSlot(
        campus=one.campus,
        code=one.slot,
        clinic=one.clinic,
        start=start,
        end=one.end or start,
        left=1,
    )
    return clinic, slot
