"""Schedules of all campuses side by side: a hospital that does not answer harms no other."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from careline.clinic import Clinic, Schedule, TimeSlot
from careline.clock import TimeoutError
from careline.i18n import Text
from careline_appointments.directory import Directory

PATIENCE = 2.5  # seconds for each campus; whoever asks has an answer of all within three
NOT_NOW = Text("not available now")


@frozen(kw_only=True)
class CampusWeek:
    """One campus's clinics and slots, as the HIS said at ``as_of`` (UTC), without what is past.

    ``available`` false: nothing is known now, ``reason`` says so. A clinic that is ``stopped``
    stays in, its slots do not.
    """

    campus: str
    available: bool
    reason: Text | None = None
    as_of: datetime | None = None
    clinics: tuple[Clinic, ...] = ()
    slots: tuple[TimeSlot, ...] = ()

    def slots_of(self, clinic: str) -> list[TimeSlot]:
        """The slots of one clinic in order of time."""
        return sorted((s for s in self.slots if s.clinic == clinic), key=lambda s: s.start)

    def free(self, clinic: str) -> int:
        """How many numbers (号源) of a clinic are left."""
        return sum(slot.left for slot in self.slots if slot.clinic == clinic)


class Schedules:
    """Asks the hospitals through the hub; nothing is kept here."""

    def __init__(self, core: Any, directory: Directory) -> None:
        self._core = core
        self._directory = directory

    async def days(
        self, first: date, days: int = 7, campus: str = "", department: str = "", doctor: str = ""
    ) -> list[CampusWeek]:
        """Clinics of ``days`` days from ``first``, by campus.

        With a campus, ``department`` and ``doctor`` are its codes. Without one all campuses are
        asked, and ``department`` is a name: campuses that have none of that name are left out.
        NotFound for a campus that is not there.
        """
        wanted = self._wanted(campus, department)
        for one in wanted:
            self._core.campuses.campus(one)
        last = first + timedelta(days - 1)
        asked = [
            Deferred.fromCoroutine(self._week(one, first, last, code, doctor))
            for one, code in wanted.items()
        ]
        weeks: list[CampusWeek] = await gatherResults(asked, consumeErrors=True)
        return weeks

    def _wanted(self, campus: str, department: str) -> dict[str, str]:
        if campus:
            return {campus: department}
        if department:
            return self._directory.department_codes(department)
        return dict.fromkeys(self._core.campuses.directory.campuses, "")

    async def _week(
        self, campus: str, first: date, last: date, department: str, doctor: str
    ) -> CampusWeek:
        ask = self._core.hub.clinic_schedule(
            campus=campus, first=first, last=last, department=department
        )
        try:
            told: Schedule | None = await self._core.clock.within(PATIENCE, ask)
        except TimeoutError:
            told = None
        if told is None:
            return CampusWeek(campus=campus, available=False, reason=NOT_NOW)
        return self._shown(campus, told, first, last, department, doctor)

    def _shown(
        self, campus: str, told: Schedule, first: date, last: date, department: str, doctor: str
    ) -> CampusWeek:
        local = self._core.campuses.campus(campus).local(self._core.clock.now())
        clinics = {
            one.code: one
            for one in told.clinics
            if department in ("", one.department)
            and doctor in ("", one.doctor)
            and max(first, local.date()) <= one.day <= last
        }
        now = local.time()
        slots = tuple(
            slot
            for slot in told.slots
            if slot.clinic in clinics
            and not clinics[slot.clinic].stopped
            and (clinics[slot.clinic].day > local.date() or slot.start > now)
        )
        return CampusWeek(
            campus=campus,
            available=True,
            as_of=told.as_of,
            clinics=tuple(clinics.values()),
            slots=slots,
        )
