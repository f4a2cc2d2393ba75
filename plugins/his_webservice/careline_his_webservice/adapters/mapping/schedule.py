"""A schedule made of rows that a system gave, which may be more than was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from careline.clinic import Clinic, Schedule, TimeSlot


def schedule_within(
    clinics: Iterable[Clinic],
    slots: Iterable[TimeSlot],
    first: date,
    last: date,
    department: str,
    as_of: datetime,
) -> Schedule:
    """What lies within the days and the department (a code, or empty for all); nothing else."""
    wanted = [
        one for one in clinics if first <= one.day <= last and department in ("", one.department)
    ]
    known = {one.code for one in wanted}
    return Schedule(
        clinics=tuple(wanted),
        slots=tuple(slot for slot in slots if slot.clinic in known),
        as_of=as_of,
    )
