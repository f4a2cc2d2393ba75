"""Other times for a stopped visit: the nearest one of the substitute, and all of the department."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import frozen

from careline.clinic import Clinic, TimeSlot
from careline.clock import TimeoutError
from careline_appointments.model import Booking
from careline_appointments.schedules import CampusWeek
from careline_appointments.services import Services
from careline_appointments.stops.model import Stop, Substitute, nearest

PATIENCE = 1.5  # seconds: a panel waits for no HIS
FRESH = 20.0  # seconds for which an answer, or none, is used again
DAYS = 7


@frozen
class Proposal:
    """A free time; ``doctor`` is a name, empty for a general clinic."""

    clinic: Clinic
    slot: TimeSlot
    doctor: str


@frozen
class Offered:
    """A clinic with its free times; ``best`` is the nearest to the old one."""

    clinic: Clinic
    doctor: str
    slots: tuple[TimeSlot, ...]
    best: TimeSlot


class Proposing:
    """Asks schedules for times; ``services`` are the plugin's."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._schedules = services.schedules
        self._directory = services.directory
        self._kept: dict[tuple[str, str], tuple[float, CampusWeek | None]] = {}

    def forget(self, substitute: Substitute | None) -> None:
        """A time was just taken: ask anew."""
        if substitute is not None:
            self._kept.pop((substitute.campus, substitute.clinic), None)

    async def nearest(self, stop: Stop, booking: Booking) -> Proposal | None:
        """The substitute's free time nearest to the old one; None when there is none known now."""
        substitute = stop.substitute
        week = await self._week(substitute) if substitute else None
        if week is None or substitute is None:
            return None
        clinic = next((one for one in week.clinics if one.code == substitute.clinic), None)
        slot = nearest(week.slots_of(substitute.clinic), booking.start)
        if clinic is None or slot is None:
            return None
        return Proposal(clinic, slot, self._directory.doctor_name(clinic.campus, clinic.doctor))

    async def _week(self, substitute: Substitute) -> CampusWeek | None:
        key, now = (substitute.campus, substitute.clinic), self._core.clock.seconds()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < FRESH:
            return kept[1]
        try:
            asked = self._schedules.days(
                substitute.day, 1, substitute.campus, substitute.department
            )
            [week] = await self._core.clock.within(PATIENCE, asked)
        except TimeoutError:
            week = None
        found = week if week is not None and week.available else None
        if len(self._kept) > 1000:
            self._kept.clear()
        self._kept[key] = (now, found)
        return found

    async def times(
        self, stop: Stop, booking: Booking, first: date
    ) -> tuple[list[Offered], Mapping[str, Any]]:
        """A week of free times of the department on all campuses; and campuses without an answer.

        The substitute comes first, then the same doctor, then the others by day.
        """
        weeks = await self._schedules.days(first, DAYS, "", booking.department_name)
        found = [
            self._offered(week, clinic, booking)
            for week in weeks
            for clinic in week.clinics
            if not clinic.stopped and week.free(clinic.code)
        ]
        missing = {week.campus: week.reason for week in weeks if not week.available}
        return sorted(found, key=lambda one: _order(one, stop)), missing

    def _offered(self, week: CampusWeek, clinic: Clinic, booking: Booking) -> Offered:
        free = tuple(one for one in week.slots_of(clinic.code) if one.left > 0)
        best = nearest(free, booking.start) or free[0]
        doctor = self._directory.doctor_name(clinic.campus, clinic.doctor)
        return Offered(clinic, doctor, free, best)

    async def substitutes(self, stop: Stop) -> list[Offered]:
        """Clinics that could take the patients: the department's, on all campuses, a week long."""
        first = max(stop.day, self._core.campuses.today())
        weeks = await self._schedules.days(first, DAYS, "", stop.department_name)
        closed = {(stop.campus, one.clinic) for one in stop.clinics}
        found = []
        for week in weeks:
            for clinic in week.clinics:
                free = tuple(one for one in week.slots_of(clinic.code) if one.left > 0)
                if free and not clinic.stopped and (clinic.campus, clinic.code) not in closed:
                    doctor = self._directory.doctor_name(clinic.campus, clinic.doctor)
                    found.append(Offered(clinic, doctor, free, free[0]))
        return sorted(found, key=lambda one: _order(one, stop))


def _order(one: Offered, stop: Stop) -> tuple[Any, ...]:
    clinic, substitute = one.clinic, stop.substitute
    offered = substitute is not None and (substitute.campus, substitute.clinic) == (
        clinic.campus,
        clinic.code,
    )
    own = clinic.campus == stop.campus and clinic.doctor == stop.doctor
    return (not offered, not own, clinic.day, clinic.campus != stop.campus, clinic.half.value)
