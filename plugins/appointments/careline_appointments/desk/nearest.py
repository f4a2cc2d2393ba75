"""What is free instead of a time that cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from attrs import frozen

from careline.clinic import Clinic, TimeSlot
from careline.web import Visit
from careline_appointments.desk.asked import Asked, today
from careline_appointments.desk.grid import DAYS
from careline_appointments.desk.ground import Ground
from careline_appointments.desk.words import KINDS
from careline_appointments.schedules import CampusWeek

MOST = 3
BEFORE = timedelta(days=2)


@frozen(kw_only=True)
class Near:
    """A free slot near the one that could not be had."""

    clinic: Clinic
    slot: TimeSlot
    campus: str
    doctor: str


@frozen
class Nearest:
    """Looks around in the department of that name, over all campuses."""

    ground: Ground

    async def find(self, visit: Visit, asked: Asked, day: date, start: str = "") -> list[Near]:
        """The best few: the same doctor's first, then the same campus's, then the soonest."""
        doctor = self.ground.doctor_at(asked.campus, asked.doctor)
        code = asked.department or (doctor.department if doctor else "")
        department = self.ground.department_at(asked.campus, code)
        if department is None:
            return []
        first = max(today(visit), day - BEFORE)
        answers = await self.ground.schedules.days(first, DAYS, department=department.name)
        wanted = datetime.fromisoformat(f"{day}T{start or '08:00'}")

        def rank(one: tuple[Clinic, TimeSlot]) -> tuple[object, ...]:
            clinic, slot = one
            away = abs(datetime.combine(clinic.day, slot.start) - wanted)
            others = clinic.doctor != asked.doctor, clinic.campus != asked.campus
            return (*others, away, clinic.code, slot.code)

        best = sorted(free(answers), key=rank)[:MOST]
        return [self._shown(visit, clinic, slot) for clinic, slot in best]

    def _shown(self, visit: Visit, clinic: Clinic, slot: TimeSlot) -> Near:
        name = self.ground.doctor(visit, clinic.campus, clinic.doctor)
        return Near(
            clinic=clinic,
            slot=slot,
            campus=self.ground.campus(visit, clinic.campus),
            doctor=name or KINDS[clinic.kind].to(visit.language),
        )


def free(answers: Iterable[CampusWeek]) -> Iterator[tuple[Clinic, TimeSlot]]:
    """The first free slot of each clinic that takes patients."""
    for answer in answers:
        for clinic in answer.clinics if answer.available else ():
            slots = [] if clinic.stopped else answer.slots_of(clinic.code)
            slot = next((one for one in slots if one.left > 0), None)
            if slot is not None:
                yield clinic, slot
