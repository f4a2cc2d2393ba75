"""Bookings of the demonstration, made the usual way once the hospitals answer for the first time.

Among them is a doctor's half-day with every place taken, to try what a stopped clinic (停诊) asks
for, and visits of those whose telephones the demonstration's callers have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from attrs import evolve

from careline.clinic import Clinic, TimeSlot
from careline.errors import Conflict, Refused
from careline.hooks import JobHandler
from careline.jobs import Job, Park
from careline.jobs import store as jobs_store
from careline.patients.store import newest_ids
from careline.storage import Tx
from careline_appointments.model import Booking, Source, Wish
from careline_appointments.schedules import CampusWeek
from careline_appointments.services import Services

KIND = "appointments.demo"
#: Places of the half-day that is booked out, and bookings beside it.
FULL, OTHERS, CANCELLED = 30, 36, 4
REASON = "临时有事，来不了"
#: Where not everybody goes: the demonstration books without asking for age and sex.
NOT_FOR_ALL = ("妇产科", "儿科")
AGENT = "8001"

Place = tuple[Clinic, TimeSlot]


def put_job(tx: Tx, today: date) -> None:
    """Have the bookings made at the first start; ``today`` is not needed."""
    jobs_store.put(tx, Job(KIND, dedupe_key=KIND))


class Demonstration:
    """Books, where the hospitals and patients of the demonstration are."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._directory = services.directory
        self._schedules = services.schedules
        self._booker = services.booker

    def job_handlers(self) -> list[JobHandler]:
        """What does the one job."""
        return [JobHandler(kind=KIND, do=self._book_all, timeout=300, max_tries=5)]

    async def _book_all(self, args: Mapping[str, Any], job: Any) -> None:
        """Safe to repeat: each booking has a key of its own."""
        await self._directory.sync()
        today = self._core.campuses.today()
        weeks = [
            self._for_all(week)
            for week in await self._schedules.days(today + timedelta(days=1), 10)
        ]
        patients = sorted(await self._core.db.run(newest_ids, 5000))
        places = places_of(weeks, full=FULL)
        if not places or len(patients) < FULL + OTHERS:
            raise Park("there is no demonstration hospital here")
        made = [
            await self._book(number, patient, *place)
            for number, (patient, place) in enumerate(zip(patients, places, strict=False))
        ]
        for booking in [one for one in made[:OTHERS] if one is not None][-CANCELLED:]:
            await self._booker.cancel(booking.id, REASON, AGENT, Source.AGENT, late=True)

    def _for_all(self, week: CampusWeek) -> CampusWeek:
        """The week without the clinics of departments for some."""
        named = self._directory.department_name
        fitting = [
            one for one in week.clinics if named(one.campus, one.department) not in NOT_FOR_ALL
        ]
        return evolve(week, clinics=tuple(fitting))

    async def _book(
        self, number: int, patient: int, clinic: Clinic, slot: TimeSlot
    ) -> Booking | None:
        source = (Source.AGENT, Source.IVR)[number % 2]
        by = AGENT if source is Source.AGENT else ""
        key = f"demo-{number}"
        try:
            return await self._booker.book(
                Wish.of(clinic, slot, patient=patient, source=source, by=by, key=key)
            )
        except (Refused, Conflict):
            return None  # somebody was quicker; the demonstration goes without it


def places_of(weeks: Iterable[CampusWeek], full: int) -> list[Place]:
    """A place in each of many clinics, then every place of one that has exactly ``full``."""
    free = [
        (clinic, week.slots_of(clinic.code))
        for week in weeks
        for clinic in week.clinics
        if not clinic.stopped and week.free(clinic.code)
    ]
    whole = [(clinic, slots) for clinic, slots in free if _is_whole(clinic, slots, full)]
    if not whole:
        return []
    clinic, slots = min(whole, key=lambda one: (one[0].day, one[0].code))
    others = [one for one in free if one[0] is not clinic]
    spread = islice(_spread(others), OTHERS)
    return [*spread, *((clinic, slot) for slot in slots for _ in range(slot.left))]


def _is_whole(clinic: Clinic, slots: Sequence[TimeSlot], full: int) -> bool:
    left = sum(slot.left for slot in slots)
    return bool(clinic.doctor) and left == full == sum(slot.capacity for slot in slots)


def _spread(free: Sequence[tuple[Clinic, Sequence[TimeSlot]]]) -> Iterator[Place]:
    """One place each of clinics far apart in the list, at different times of the day."""
    for at in range(len(free)):
        clinic, slots = free[at * 7 % len(free)]
        yield clinic, slots[at % len(slots)]
