"""Answers to the hooks of appointments and of the core, for the campuses that are configured.

None of them raises because of a campus's system, or outlasts its hook: the core counts failures of
a hook by plugin, and one campus's must not switch a hook off for the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from careline.clinic import Directory, Order, Person, Reply, Schedule, VisitFound
from careline.clock import TimeoutError
from careline.errors import CarelineError, Invalid
from careline.hooks import hook
from careline.numbers.phone import parse_phone
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex
from careline_his_webservice.campus import Campus, Span
from careline_his_webservice.campuses import Campuses

T = TypeVar("T")

#: Seconds, each a little less than the hook's own time.
DIRECTORY_S = 18.0
SCHEDULE_S = 5.5
STATE_S = 14.0
FIND_S = 2.5
MOST_FOUND = 20
FEWEST_DIGITS = 5

log = Logger()


class Answers:
    """The hooks that ask a campus's system; ``campuses`` is set by the one who inherits them."""

    campuses: Campuses

    @hook(optionalhook=True)
    def serves_campus(self, campus: str) -> bool | None:
        """Whether a system is configured for the campus."""
        return True if self.campuses.get(campus) else None

    @hook(optionalhook=True)
    async def clinic_directory(self, campus: str) -> Directory | None:
        """Departments and doctors."""
        asked = self.campuses.get(campus)
        return await _tried(asked, asked.directory(DIRECTORY_S)) if asked else None

    @hook(optionalhook=True)
    async def clinic_schedule(
        self, campus: str, first: date, last: date, department: str
    ) -> Schedule | None:
        """Clinics and slots."""
        asked = self.campuses.get(campus)
        span = Span(first, last, department)
        return await _tried(asked, asked.schedule(span, SCHEDULE_S)) if asked else None

    @hook(optionalhook=True)
    async def book_visit(self, order: Order) -> Reply | None:
        """Book."""
        asked = self.campuses.get(order.campus)
        return await asked.book(order) if asked else None

    @hook(optionalhook=True)
    async def cancel_visit(self, order: Order, reference: str, reason: str) -> Reply | None:
        """Cancel."""
        asked = self.campuses.get(order.campus)
        return await asked.cancel(order, reference, reason) if asked else None

    @hook(optionalhook=True)
    async def visit_state(self, order: Order, reference: str) -> VisitFound | None:
        """How a visit stands."""
        asked = self.campuses.get(order.campus)
        return await _tried(asked, asked.state(order, reference, STATE_S)) if asked else None

    @hook(optionalhook=True)
    async def stop_clinic(self, campus: str, clinic: str, reason: str) -> Reply | None:
        """Stop a clinic."""
        asked = self.campuses.get(campus)
        return await asked.stop_clinic(clinic, reason) if asked else None

    @hook
    async def find_patients(self, text: str, campus: str) -> Sequence[Patient]:
        """Patients by a number, of one campus or of all, asked side by side."""
        number = asked_number(text)
        if not number:
            return []
        chosen = [one for one in self.campuses.by_name.values() if campus in ("", one.name)]
        found = await gatherResults([Deferred.fromCoroutine(_found(one, number)) for one in chosen])
        return [patient for patients in found for patient in patients][:MOST_FOUND]

    @hook
    async def load_patient(self, campus: str, number: str) -> Patient | None:
        """The one patient with this telephone number, not whose other number is the same."""
        asked, wanted = self.campuses.get(campus), asked_number(number)
        found = await _found(asked, wanted) if asked else []
        callers = [
            one for one in found if any(asked_number(its.number) == wanted for its in one.phones)
        ]
        return callers[0] if len(callers) == 1 else None


async def _tried(campus: Campus, asked: Awaitable[T]) -> T | None:
    """The answer; None when there is none now, which the campus's state tells more of."""
    try:
        return await asked
    except (CarelineError, TimeoutError) as error:
        log.debug("campus {campus}: {error}", campus=campus.name, error=error)
        return None


async def _found(campus: Campus, number: str) -> list[Patient]:
    people = await _tried(campus, campus.people(number, FIND_S)) if number else None
    return [patient_of(campus.name, one) for one in people or ()]


def asked_number(text: str) -> str:
    """What a system is asked for: telephone numbers as dialled at home, others as typed.

    Empty for words, and for what is too short to mean one patient.
    """
    bare = "".join(text.split()).upper()
    if sum(char.isdigit() for char in bare) < FEWEST_DIGITS:
        return ""
    try:
        return parse_phone(bare).national
    except Invalid:
        return bare


def patient_of(campus: str, person: Person) -> Patient:
    """A patient who is not stored yet."""
    known = {one.value: one for one in Sex}
    return Patient(
        name=person.name,
        sex=known.get(person.sex, Sex.UNKNOWN),
        birth_date=person.birth_date,
        id_card=person.id_card,
        phones=(PatientPhone(person.phone, preferred=True),) if person.phone else (),
        numbers=(OutpatientNumber(campus, person.number),) if person.number else (),
    )
