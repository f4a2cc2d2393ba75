"""Clinics and slots out of Schedule and Slot: a clinic is a half-day of a Schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from twisted.internet.defer import Deferred

from careline.clinic import Clinic, ClinicKind, HalfDay, Schedule, TimeSlot
from careline.clock import Clock
from careline_his_webservice.adapters.fhir.directory import department_of
from careline_his_webservice.adapters.fhir.reading import (
    Resource,
    bad,
    flag,
    moment,
    name_of,
    parts,
    referred,
    text,
)
from careline_his_webservice.adapters.fhir.server import Params, Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings

FREE, OUT, VOID = "free", "busy-unavailable", "entered-in-error"
STATUSES = (FREE, "busy", "busy-tentative", OUT, VOID)
HALVES = {"m": HalfDay.MORNING, "a": HalfDay.AFTERNOON, "e": HalfDay.EVENING}
AT_ONCE = 40
"""Schedules named in one search: addresses have a longest length."""


@frozen
class Actor:
    """Who holds a Schedule: a department, and a doctor or nobody in particular."""

    department: str
    doctor: str = ""
    place: str = ""


@frozen
class Reader:
    """Of one campus; ``zone`` is its time, ``in_thread`` is for what takes long."""

    server: Server
    settings: FhirSettings
    campus: str
    zone: ZoneInfo
    clock: Clock
    in_thread: Callable[..., Deferred[Any]]

    async def read(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots from ``first`` to ``last``."""
        actors = await self._actors()
        now = self.clock.now()
        if department:
            actors = {key: one for key, one in actors.items() if one.department == department}
        slots = await self._slots(actors, first, last, department)
        made: Schedule = await self.in_thread(self.schedule_of, actors, slots, now)
        return made

    async def clinic_slots(self, clinic: str) -> list[Resource]:
        """The Slots of one clinic."""
        schedule, day, half = split_code(clinic)
        slots = await self.server.search(
            "Slot", [("schedule", f"Schedule/{schedule}"), *self._days(day, day)]
        )
        wanted = HALVES[half]
        return [one for one in slots if HalfDay.of(self._local(one, "start").time()) is wanted]

    def schedule_of(
        self, actors: Mapping[str, Actor], slots: Sequence[Resource], now: datetime
    ) -> Schedule:
        """The same from resources; Slots of Schedules that are not ours are passed over."""
        clinics: dict[str, Clinic] = {}
        found: list[TimeSlot] = []
        out: set[str] = set()
        for one in slots:
            key = referred(one, "schedule")[1]
            status = _status(one)
            if key not in actors or status == VOID:
                continue
            start, end = self._local(one, "start"), self._local(one, "end")
            if end < start:
                raise bad(f"{name_of(one)}: it ends before it begins")
            clinic = _clinic(self.campus, key, actors[key], start)
            clinics.setdefault(clinic.code, clinic)
            out |= {clinic.code} if status != OUT else set()
            found.append(
                TimeSlot(
                    campus=self.campus,
                    code=text(one, "id"),
                    clinic=clinic.code,
                    start=start.time(),
                    end=end.time(),
                    left=1 if status == FREE else 0,
                )
            )

        held = tuple(evolve(one, stopped=one.code not in out) for one in clinics.values())
        return Schedule(clinics=held, slots=tuple(found), as_of=now)

    async def _actors(self) -> dict[str, Actor]:
        """The Schedules that are held, by id."""
        schedules = await self.server.search("Schedule", [])
        roles = await self.server.search("PractitionerRole", [])
        departments = await self.server.search(self.settings.departments, [])
        return actors_of(schedules, roles, {text(one, "id") for one in departments})

    async def _slots(
        self, actors: Mapping[str, Actor], first: date, last: date, department: str
    ) -> list[Resource]:
        days = self._days(first, last)
        if not department:
            return await self.server.search("Slot", days)
        names = [f"Schedule/{key}" for key in actors]
        found: list[Resource] = []
        for at in range(0, len(names), AT_ONCE):
            some = ("schedule", ",".join(names[at : at + AT_ONCE]))
            found += await self.server.search("Slot", [some, *days])
        return found

    def _days(self, first: date, last: date) -> Params:
        begin = datetime.combine(first, time(), self.zone)
        end = datetime.combine(last + timedelta(days=1), time(), self.zone)
        return [("start", f"ge{begin.isoformat()}"), ("start", f"lt{end.isoformat()}")]

    def _local(self, slot: Resource, field: str) -> datetime:
        found = moment(slot, field)
        if found is None:
            raise bad(f"{name_of(slot)}: {field} is missing")
        return found.astimezone(self.zone)


def actors_of(
    schedules: Sequence[Resource], roles: Sequence[Resource], codes: set[str]
) -> dict[str, Actor]:
    """Who holds which Schedule, where that is somebody of a department of ours."""
    by_role = {text(one, "id"): one for one in roles}
    by_doctor = {referred(one, "practitioner")[1]: one for one in roles}
    found = {}
    for schedule in schedules:
        actor = _actor(schedule, by_role, by_doctor, codes)
        if actor.department and flag(schedule, "active", True):
            found[text(schedule, "id")] = actor
    return found


def _actor(
    schedule: Resource,
    by_role: Mapping[str, Resource],
    by_doctor: Mapping[str, Resource],
    codes: set[str],
) -> Actor:
    department = doctor = place = ""
    for one in parts(schedule, "actor"):
        kind, ident = referred(one)
        role: Resource | None = None
        if kind == "PractitionerRole":
            role = by_role.get(ident)
            doctor = referred(role, "practitioner")[1] if role else doctor
        elif kind == "Practitioner":
            role, doctor = by_doctor.get(ident), ident
        elif ident in codes:
            department = ident
        elif kind == "Location":
            place = text(one, "display")
        if role is not None and not department:
            department = department_of(role, codes)
    return Actor(department, doctor, place)


def _clinic(campus: str, schedule: str, actor: Actor, start: datetime) -> Clinic:
    half = HalfDay.of(start.time())
    letter = next(letter for letter, one in HALVES.items() if one is half)
    return Clinic(
        campus=campus,
        code=f"{schedule}~{start:%Y%m%d}{letter}",
        department=actor.department,
        doctor=actor.doctor,
        day=start.date(),
        half=half,
        kind=ClinicKind.EXPERT if actor.doctor else ClinicKind.GENERAL,
        place=actor.place,
    )


def split_code(clinic: str) -> tuple[str, date, str]:
    """Schedule, day and half-day of a clinic's code; raises Unavailable for another's."""
    schedule, _, tail = clinic.rpartition("~")
    day: date | None
    try:
        day = date.fromisoformat(tail[:8])
    except ValueError:
        day = None
    if day is None or tail[8:] not in HALVES:
        raise bad(f"{clinic[:40]} is no clinic of this server")
    return schedule, day, tail[8:]


def _status(slot: Resource) -> str:
    status = text(slot, "status")
    if status not in STATUSES:
        raise bad(f"{name_of(slot)}: unknown status {status[:30]!r}")
    return status
