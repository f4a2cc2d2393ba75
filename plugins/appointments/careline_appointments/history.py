"""What others learn of a patient's appointments, and what becomes of them with the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import asdict, evolve

from careline.clinic import Appointment
from careline.errors import NotFound
from careline.hooks import ExportPart, HealthCheck, Level, TimelineEntry
from careline.i18n import DEFAULT, Text, translate
from careline_appointments import merge_store, store
from careline_appointments.model import Booking, BookingState
from careline_appointments.services import Services
from careline_appointments.stops.store import reason_for

MOST = 100
WORRY = timedelta(minutes=10)

TITLES: Mapping[BookingState, Text] = {
    BookingState.HOLDING: Text("Visit: being booked"),
    BookingState.UNSURE: Text("Visit: not confirmed yet"),
    BookingState.BOOKED: Text("Visit: booked"),
    BookingState.FAILED: Text("Visit: could not be booked"),
    BookingState.CANCELLING: Text("Visit: being cancelled"),
    BookingState.CANCELLED: Text("Visit: cancelled"),
    BookingState.VISITED: Text("Visit: came"),
    BookingState.MISSED: Text("Visit: missed"),
}
TOLD: Mapping[BookingState, str] = {
    BookingState.HOLDING: "unsure",
    BookingState.UNSURE: "unsure",
    BookingState.FAILED: "cancelled",
    BookingState.CANCELLING: "booked",
}
"""Names for other plugins; what is being cancelled is booked until the HIS has cancelled it."""
STANDS = ("booked", "unsure")


class History:
    """Answers the hooks about patients; ``services`` are the plugin's."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._directory = services.directory
        self._booker = services.booker

    async def appointment_of(self, booking_id: int) -> Appointment | None:
        """One appointment in words; the reason of one that stands is why its clinic is stopped."""
        try:
            found = appointment(await self._booker.get(booking_id))
        except NotFound:
            return None
        if found.state not in STANDS:
            return found
        return evolve(found, reason=await self._core.db.run(reason_for, booking_id))

    async def timeline(self, patient_id: int) -> list[TimelineEntry]:
        """The patient's visits, the newest first."""
        return [entry(one) for one in await self._booker.of_patient(patient_id, MOST)]

    async def export(self, patient_id: int) -> list[ExportPart]:
        """All that is kept of a patient."""
        found = await self._core.db.run(merge_store.everything_of, patient_id)
        return [ExportPart(name=name, rows=tuple(rows)) for name, rows in found.items() if rows]

    async def erase(self, patient_id: int) -> None:
        """Keep what was booked for the count of it, and nothing that says by whom."""
        await self._core.db.run(merge_store.erase, patient_id)

    async def merge(self, kept: int, gone: int) -> None:
        """Two records are one."""
        await self._core.db.run(merge_store.merge, kept, gone)

    async def unmerge(self, kept: int, gone: int) -> None:
        """And two again."""
        await self._core.db.run(merge_store.unmerge, kept, gone)

    async def health(self) -> list[HealthCheck]:
        """Bookings that nobody knows the end of; campuses of which nothing is known."""
        before = self._core.clock.now() - WORRY
        count = await self._core.db.run(store.count_unsettled, before)
        known = set(self._directory.campuses())
        missing = [one for one in self._core.campuses.directory.campuses if one not in known]
        return [_unsettled(count), _directories(missing)]


def appointment(one: Booking) -> Appointment:
    """A booking in words."""
    return Appointment(
        id=one.id,
        state=TOLD.get(one.state, one.state.value),
        campus=one.campus,
        patient=one.patient,
        phone=one.phone,
        department=one.department_name,
        doctor=one.doctor_name,
        day=one.day,
        start=one.start,
        place=one.place,
        number=one.number,
        reason=translate(one.reason, DEFAULT),
        moved_from=one.moved_from,
    )


def entry(one: Booking) -> TimelineEntry:
    """A booking as a line of the patient's history."""
    why = translate(one.reason, DEFAULT)  # our own reasons are msgids
    words = (f"{one.day} {one.start:%H:%M}", one.department_name, one.doctor_name, why)
    return TimelineEntry(
        at=one.changed,
        kind="appointment",
        title=TITLES[one.state].msgid,
        detail=" · ".join(word for word in words if word),
    )


def plain(one: Any) -> dict[str, Any]:
    """A value as JSON-able words."""
    return {name: merge_store.jsonable(value) for name, value in asdict(one, recurse=False).items()}


def _unsettled(count: int) -> HealthCheck:
    title = "Appointments without an answer of the hospital"
    if not count:
        return HealthCheck(name="appointments.unsettled", title=title)
    return HealthCheck(
        name="appointments.unsettled",
        title=title,
        level=Level.MINOR,
        detail=str(count),
        remedy="careline his list",
    )


def _directories(missing: list[str]) -> HealthCheck:
    title = "Departments and doctors of the campuses"
    if not missing:
        return HealthCheck(name="appointments.directory", title=title)
    return HealthCheck(
        name="appointments.directory",
        title=title,
        level=Level.NOTICE,
        detail=", ".join(missing),
        remedy="careline his check " + missing[0],
    )
