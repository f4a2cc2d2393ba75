"""Booking and cancelling for other plugins, by the same rules as for everybody."""

from __future__ import annotations

from datetime import date

from careline.calls.model import CallRecord
from careline.clinic import Appointment, Offer
from careline.errors import CarelineError, NotFound
from careline.hooks import Refusal
from careline_appointments import store
from careline_appointments.booking.service import not_now
from careline_appointments.history import appointment
from careline_appointments.model import Source, Wish
from careline_appointments.schedules import CampusWeek
from careline_appointments.services import Services
from careline_appointments.waiting_store import WaiterState


class Asked:
    """Answers the hooks by which plugins book; what they raise here is an answer there."""

    def __init__(self, services: Services) -> None:
        self._db = services.core.db
        self._schedules = services.schedules
        self._booker = services.booker
        self._waiting = services.waiting
        self._directory = services.directory

    async def book(
        self, campus: str, day: date, clinic: str, slot: str, patient_id: int, key: str
    ) -> Appointment | Refusal:
        """Book a slot by its codes."""
        try:
            (week,) = await self._schedules.days(day, 1, campus)
            wish = _wish(week, clinic, slot, patient_id, key)
            return appointment(await self._booker.book(wish))
        except CarelineError as error:
            return _refusal(error)

    async def cancel(self, booking_id: int, reason: str) -> Appointment | Refusal:
        """Cancel."""
        try:
            return appointment(await self._booker.cancel(booking_id, reason, "", Source.API))
        except CarelineError as error:
            return _refusal(error)

    async def department(self, call: CallRecord) -> str | None:
        """The department of the visit that was booked last in a call."""
        patients = list(call.patients)
        found = await self._db.run(store.last_of_call, patients, call.id) if patients else None
        return found.department_name or None if found else None

    async def offer(self, waiter_id: int) -> Offer | None:
        """What is offered to somebody on the waiting list now."""
        try:
            one = await self._waiting.get(waiter_id)
        except NotFound:
            return None
        if one.state is not WaiterState.OFFERED or not (one.day and one.start and one.until):
            return None
        return Offer(
            waiter=one.id,
            patient=one.patient,
            campus=one.campus,
            department=self._directory.department_name(one.campus, one.department),
            doctor=self._directory.doctor_name(one.campus, one.offer_doctor),
            day=one.day,
            start=one.start,
            until=one.until,
            place=one.place,
        )


def _wish(week: CampusWeek, clinic: str, slot: str, patient: int, key: str) -> Wish:
    found = [one for one in week.clinics if one.code == clinic]
    slots = [one for one in week.slots_of(clinic) if one.code == slot]
    if not week.available:
        raise not_now()
    if not found or not slots:
        raise NotFound("appointments.slot", "there is no such time in the schedule")
    return Wish.of(found[0], slots[0], patient=patient, source=Source.API, key=key)


def _refusal(error: CarelineError) -> Refusal:
    return Refusal(error.code, error.message, error.params)
