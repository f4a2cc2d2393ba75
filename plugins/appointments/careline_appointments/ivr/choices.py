"""What can be booked, from the weeks that the campuses told: earliest first, pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time

from attrs import frozen

from careline.clinic import Clinic, TimeSlot
from careline_appointments.schedules import CampusWeek


@frozen
class Option:
    """A slot that is free, and its clinic."""

    clinic: Clinic
    slot: TimeSlot

    @property
    def campus(self) -> str:
        """Where."""
        return self.clinic.campus

    @property
    def when(self) -> tuple[date, time]:
        """Day and time, of the campus."""
        return self.clinic.day, self.slot.start


def options(week: CampusWeek, department: str = "", doctor: str | None = None) -> list[Option]:
    """All free slots of a campus in order of time; ``doctor`` empty: general clinics alone."""
    clinics = {
        one.code: one
        for one in week.clinics
        if not one.stopped and department in ("", one.department) and doctor in (None, one.doctor)
    }
    found = [
        Option(clinics[slot.clinic], slot)
        for slot in week.slots
        if slot.left > 0 and slot.clinic in clinics
    ]
    return sorted(found, key=lambda one: (one.when, one.clinic.doctor, one.slot.code))


def first_of_each(found: Iterable[Option], what: Callable[[Option], object]) -> list[Option]:
    """The earliest of each doctor, clinic ..., in order of time."""
    firsts: dict[object, Option] = {}
    for one in found:
        firsts.setdefault(what(one), one)
    return list(firsts.values())


def by_doctor(found: Iterable[Option]) -> list[Option]:
    """The earliest of the general clinics, then of each doctor by time."""
    firsts = first_of_each(found, lambda one: one.clinic.doctor)
    return sorted(firsts, key=lambda one: (one.clinic.doctor != "", one.when))


def by_clinic(found: Iterable[Option]) -> list[Option]:
    """The earliest of each half-day."""
    return first_of_each(found, lambda one: one.clinic.code)


def later(found: Sequence[Option], than: Option) -> Option | None:
    """The next free slot of the same clinic."""
    same = [one for one in found if one.clinic.code == than.clinic.code]
    return next((one for one in same if one.when > than.when), None)


def find(found: Iterable[Option], clinic: str, slot: str) -> Option | None:
    """The option of that slot, if it is still free."""
    return next((one for one in found if (one.clinic.code, one.slot.code) == (clinic, slot)), None)
