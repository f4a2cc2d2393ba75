"""Choosing in a call: whom it is for, department or doctor, a half-day of the week, a slot."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.clinic import Clinic, TimeSlot
from careline.errors import NotFound, Refused
from careline.patients.criteria import Criteria as PatientCriteria
from careline.patients.model import Patient
from careline.web import Answer, Fragment, Visit, get, post
from careline_appointments import rules
from careline_appointments.booking.service import not_now
from careline_appointments.desk.asked import LONGEST_CODE, Asked, asked_of, day_of, first_day, today
from careline_appointments.desk.grid import DAYS, week_of
from careline_appointments.desk.ground import BOOK, EDIT, VIEW, Ground
from careline_appointments.desk.nearest import Nearest
from careline_appointments.desk.words import (
    KINDS,
    SHORT_HALVES,
    shown_booking,
    shown_patient,
)
from careline_appointments.directory import Hit
from careline_appointments.model import Booking
from careline_appointments.schedules import CampusWeek

MOST_HITS = 12
MOST_PEOPLE = 6


@frozen
class Choosing:
    """Routes of the steps before anything is booked."""

    ground: Ground
    nearest: Nearest

    # For whom

    @get("/appointments/desk/patients", permission=VIEW, quiet=True)
    async def patients(self, visit: Visit) -> Answer:
        """Who of those on the phone it is for; with ``patient`` that one alone."""
        return Fragment("appointments/book_patients.html", await self.people_of(visit))

    async def people_of(self, visit: Visit) -> dict[str, Any]:
        """Variables of the choice of a patient."""
        asked = asked_of(visit.args or visit.form)
        ids = await self.patient_ids(visit, asked)
        found = await self.ground.people(ids)
        await self.ground.looked(visit, asked.call or "appointments", found)
        return {
            "asked": asked,
            "people": [shown_patient(one, visit) for one in found.values()],
            "may_find": visit.may("patients.view"),
            "may_add": visit.may("patients.edit"),
        }

    async def patient_ids(self, visit: Visit, asked: Asked) -> Sequence[int]:
        """The one who was chosen, else all on the phone."""
        if asked.patient:
            return (asked.patient,)
        if not asked.call:
            return ()
        return (await self.ground.call_of(visit, asked.call)).patients

    @get("/appointments/desk/people", permission="patients.view", quiet=True)
    async def find_people(self, visit: Visit) -> Answer:
        """Patients whom the text fits, for a booking of somebody who is not known yet."""
        text = visit.args.get("who", "").strip()[:100]
        found: list[Patient] = []
        if text:
            criteria = PatientCriteria(text=text)
            found = list((await self.ground.core.patients.search(criteria, MOST_PEOPLE)).patients)
        values = {
            "people": [shown_patient(one, visit) for one in found],
            "asked": asked_of(visit.args),
            "typed": text,
        }
        return Fragment("appointments/book_people.html", values)

    @post("/appointments/desk/patient", permission=BOOK)
    async def choose_patient(self, visit: Visit) -> Answer:
        """Say whom it is for; in a call this says who is on the phone too."""
        visit.need("patients.view")
        asked = asked_of(visit.form)
        patient = await self.ground.core.patients.get(asked.patient)
        if asked.call:
            call = await self.ground.call_of(visit, asked.call)
            if patient.id not in call.patients and visit.may("patients.edit"):
                await self.ground.core.linking.link(call.id, patient.id)
                await visit.audit(
                    "patient.linked", kind="patient", whose=str(patient.id), what=call.id
                )
        return Fragment("appointments/book_patients.html", await self.people_of(visit))

    # Which department or doctor

    @get("/appointments/desk/find", permission=VIEW, quiet=True)
    async def find(self, visit: Visit) -> Answer:
        """Departments and doctors by what is typed; with nothing typed what is likely."""
        asked = asked_of(visit.args)
        text = visit.args.get("q", "").strip()[:64]
        hits = self.ground.directory.find(text, most=MOST_HITS) if text else []
        values = {
            "asked": asked,
            "typed": text,
            "hits": self._by_name(visit, hits),
            "likely": [] if text else await self.likely(visit, asked),
            "last": None if text else await self.last(visit, asked),
        }
        return Fragment("appointments/book_found.html", values)

    def _by_name(self, visit: Visit, hits: Iterable[Hit]) -> list[tuple[Hit, str]]:
        """Hits with their campuses; a department that several campuses have stands once."""
        found: dict[tuple[str, ...], tuple[Hit, list[str]]] = {}
        for hit in hits:
            one = hit.kind == "department"
            key = (hit.kind, hit.name) if one else (hit.kind, hit.campus, hit.code)
            found.setdefault(key, (hit, []))[1].append(self.ground.campus(visit, hit.campus))
        return [(hit, "、".join(campuses)) for hit, campuses in found.values()]

    async def likely(self, visit: Visit, asked: Asked) -> list[Any]:
        """Coming visits: to be moved or cancelled without typing anything."""
        ids = await self.patient_ids(visit, asked)
        coming = await self.ground.booker.coming(ids) if ids else []
        people = await self.ground.people(one.patient for one in coming)
        await self.ground.looked(visit, asked.call or "appointments", people)
        return [shown_booking(self.ground, visit, one, people.get(one.patient)) for one in coming]

    async def last(self, visit: Visit, asked: Asked) -> Any:
        """The visit before: its doctor is the likeliest wish."""
        ids = await self.patient_ids(visit, asked)
        found = await self.ground.booker.last_doctor(ids) if ids else None
        return shown_booking(self.ground, visit, found) if found else None

    # The week

    @get("/appointments/desk/week", permission=VIEW, quiet=True)
    async def week(self, visit: Visit) -> Answer:
        """Seven days of a department over all campuses, or of one doctor."""
        return Fragment("appointments/book_week.html", await self.week_values(visit))

    async def week_values(self, visit: Visit) -> dict[str, Any]:
        """Variables of the grid."""
        ground, asked = self.ground, asked_of(visit.args)
        moving = await self._moving(visit, asked)
        if moving and not asked.chosen:
            asked = evolve(
                asked,
                campus=moving.campus,
                department=moving.department,
                doctor=moving.doctor,
                patient=moving.patient,
            )
        wanted = day_of(visit.args.get("first", "")) or (moving.day if moving else None)
        first = first_day(visit, ground.config.horizon_days, wanted)
        answers = await self.schedule(visit, asked, first)
        grid = week_of(first, answers, ground.doctor_at)
        last = today(visit) + timedelta(days=ground.config.horizon_days)
        return {
            "asked": asked,
            "moving": shown_booking(ground, visit, moving) if moving else None,
            "title": self.title(visit, asked),
            "department": ground.department(visit, asked.campus, asked.department),
            "week": grid,
            "start": grid.first_free(),
            "campus_name": lambda code: ground.campus(visit, code),
            "department_name": lambda row: ground.department(visit, row.campus, row.department),
            "kinds": KINDS,
            "halves": SHORT_HALVES,
            "back": first - timedelta(days=DAYS) if first > today(visit) else None,
            "next": first + timedelta(days=DAYS) if first + timedelta(days=DAYS) <= last else None,
            "keys": visit.args.get("keys", "") == "1",
            "today": today(visit),
        }

    async def _moving(self, visit: Visit, asked: Asked) -> Any:
        """The booking that is to be moved."""
        if not asked.moving:
            return None
        return await self.ground.booking_of(visit, asked.moving, BOOK)

    def title(self, visit: Visit, asked: Asked) -> str:
        """Department or doctor in words."""
        ground = self.ground
        if asked.doctor:
            return ground.doctor(visit, asked.campus, asked.doctor)
        return ground.department(visit, asked.campus, asked.department)

    async def schedule(self, visit: Visit, asked: Asked, first: date) -> Sequence[CampusWeek]:
        """A doctor at one campus, or a department of that name at all, that of the call first."""
        schedules = self.ground.schedules
        if asked.doctor:
            doctor = self.ground.doctor_at(asked.campus, asked.doctor)
            answers: list[CampusWeek] = await schedules.days(
                first,
                DAYS,
                campus=asked.campus,
                department=doctor.department if doctor else asked.department,
                doctor=asked.doctor,
            )
            return answers
        department = self.ground.department_at(asked.campus, asked.department)
        if department is None:
            raise NotFound(
                "appointments.department",
                "there is no department {department} at this campus",
                department=asked.department,
            )
        found: list[CampusWeek] = await schedules.days(first, DAYS, department=department.name)
        call = self.ground.core.calls.get(asked.call) if asked.call else None
        own = (call.campus if call else "") or str(visit.user.campus)
        return sorted(found, key=lambda one: one.campus != own)

    # The slots of a half-day

    @get("/appointments/desk/slots", permission=BOOK, quiet=True)
    async def slots(self, visit: Visit) -> Answer:
        """Times of one half-day; Enter books the one that is marked."""
        asked = asked_of(visit.args)
        day = day_of(visit.args.get("day", "")) or today(visit)
        clinic, slots = await self.clinic(asked, day, visit.args.get("clinic", "")[:LONGEST_CODE])
        return Fragment(
            "appointments/book_slots.html", await self.slot_values(visit, asked, clinic, slots)
        )

    async def slot_values(
        self, visit: Visit, asked: Asked, clinic: Clinic, slots: Sequence[TimeSlot]
    ) -> dict[str, Any]:
        """Variables of the form that books."""
        ground = self.ground
        moving = await self._moving(visit, asked)
        patient_id = moving.patient if moving else asked.patient
        people = await ground.people((patient_id,))
        free = [one for one in slots if one.left > 0]
        return {
            "asked": evolve(
                asked, campus=clinic.campus, department=clinic.department, doctor=clinic.doctor
            ),
            "clinic": clinic,
            "free": free,
            "near": [] if free else await self.nearest.find(visit, asked, clinic.day),
            "moving": shown_booking(ground, visit, moving) if moving else None,
            "patient": shown_patient(people[patient_id], visit) if patient_id in people else None,
            "campus": ground.campus(visit, clinic.campus),
            "department": ground.department(visit, clinic.campus, clinic.department),
            "doctor": ground.doctor(visit, clinic.campus, clinic.doctor)
            or KINDS[clinic.kind].to(visit.language),
            "half": SHORT_HALVES[clinic.half].to(visit.language),
            "key": f"desk-{secrets.token_hex(12)}",
            "wanted": visit.args.get("slot", ""),
            "may_wait": visit.may(BOOK),
            "may_late": moving is not None and visit.may(EDIT) and self._is_late(moving),
        }

    def _is_late(self, booking: Booking) -> bool:
        """Whether the patient could not move it any more."""
        core = self.ground.core
        local = core.campuses.campus(booking.campus).local(core.clock.now())
        try:
            rules.check_deadline(self.ground.config, booking, local)
        except Refused:
            return True
        return False

    async def clinic(
        self, asked: Asked, day: date, code: str
    ) -> tuple[Clinic, tuple[TimeSlot, ...]]:
        """One clinic as its campus shows it now; Unavailable or Refused when it does not."""
        answers = await self.ground.schedules.days(
            day, 1, campus=asked.campus, department=asked.department, doctor=asked.doctor
        )
        for answer in answers:
            if not answer.available:
                raise not_now()
            for clinic in answer.clinics:
                if clinic.code == code:
                    return clinic, tuple(answer.slots_of(code))
        raise Refused("appointments.full", "this clinic is not offered any more")
