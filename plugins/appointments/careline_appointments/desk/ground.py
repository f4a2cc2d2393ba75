"""What all pages of the desk stand on: the services, whose call it is, looks written down once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from careline.agents.service import Agents
from careline.auth.model import Subject
from careline.calls.model import CallRecord
from careline.calls.store import load
from careline.clinic import Department, Doctor
from careline.desk.model import took_part
from careline.errors import NotFound, Refused
from careline.i18n import Text
from careline.patients.model import Patient
from careline.web import Visit
from careline_appointments.campuses import campus_name
from careline_appointments.model import Booking
from careline_appointments.services import Services

VIEW, BOOK, CANCEL, EDIT = (
    "appointments.view",
    "appointments.book",
    "appointments.cancel",
    "appointments.edit",
)
REMEMBERED = 5_000


class Came(Protocol):
    """How far a caller came in the menus before an agent answered: a line for each step."""

    @property
    def campus(self) -> str:
        """The campus that was chosen, or empty."""

    @property
    def department(self) -> str:
        """The department's name, or empty."""

    @property
    def where(self) -> tuple[Text, ...]:
        """What was chosen, in order."""


Progress = Callable[[str], Awaitable["Came | None"]]


async def nowhere(call: str) -> Came | None:
    """For a house whose menus book nothing."""
    return None


class Ground:
    """Services of the pages, and the questions that recur."""

    def __init__(self, services: Services, progress: Progress = nowhere) -> None:
        self.core = services.core
        self.config = services.config
        self.directory = services.directory
        self.schedules = services.schedules
        self.booker = services.booker
        self.standings = services.standings
        self.waiting = services.waiting
        self.progress = progress
        self._looked: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    # Calls

    async def call_of(self, visit: Visit, call_id: str) -> CallRecord:
        """A call, open or over, that is this visitor's business; NotFound for any other."""
        call: CallRecord | None = self.core.calls.get(call_id)
        if call is None:
            stored = await self.core.db.run(load, call_id)
            call = stored.record if stored else None
        if call is None:
            raise NotFound("call.unknown", "there is no call {call}", call=call_id)
        agent = str(visit.user.agent)
        if agent and (self._at_desk(agent) == call.id or took_part(call, agent)):
            return call
        try:
            visit.need("calls.view", self._subject(call))
        except Refused:
            raise NotFound("call.unknown", "there is no call {call}", call=call_id) from None
        return call

    def _at_desk(self, agent: str) -> str:
        agents: Agents = self.core.agents
        status = agents.states.get(agent)
        return status.call if status else ""

    def _subject(self, call: CallRecord) -> Subject:
        """Whose call it is: the last agent's, else its campus's."""
        agents: Agents = self.core.agents
        known = agents.people.get(call.agents[-1]) if call.agents else None
        if known is None:
            return Subject(campus=call.campus)
        return Subject(known.id, known.team, known.campus or call.campus)

    # Bookings

    async def booking_of(self, visit: Visit, booking_id: int, permission: str) -> Booking:
        """A booking of a campus that the visitor's permission reaches; else NotFound."""
        booking: Booking = await self.booker.get(booking_id)
        visit.need(permission, Subject(campus=booking.campus))
        return booking

    # Patients

    async def people(self, ids: Iterable[int]) -> dict[int, Patient]:
        """Records by id; one that was merged stands under its old number too."""
        wanted = tuple(dict.fromkeys(one for one in ids if one))
        found: list[Patient] = await self.core.patients.several(wanted) if wanted else []
        return {one.id: one for one in found}

    async def looked(self, visit: Visit, where: str, patients: Iterable[int]) -> None:
        """Write down whose data was shown, once for each sign-in and place (a call, a page)."""
        for patient in patients:
            key = (visit.session.id if visit.session else "", where, patient)
            if key not in self._looked:
                await visit.audit("patient.view", kind="patient", whose=str(patient), what=where)
            self._looked[key] = None
            self._looked.move_to_end(key)
        while len(self._looked) > REMEMBERED:
            self._looked.popitem(last=False)

    # Names

    def campus(self, visit: Visit, campus: str) -> str:
        """A campus in the reader's language; one that is not set up by its code."""
        return campus_name(self.core, visit, campus)

    def campus_choices(self, visit: Visit, empty: str = "") -> list[tuple[str, str]]:
        """Campuses that take patients, for a field; with ``empty`` in front."""
        found = [(one, self.campus(visit, one)) for one in self.directory.campuses()]
        return [("", empty), *found] if empty else found

    def department_at(self, campus: str, code: str) -> Department | None:
        """A department as the directory has it, or None."""
        try:
            found: Department = self.directory.department(campus, code)
        except NotFound:
            return None
        return found

    def doctor_at(self, campus: str, code: str) -> Doctor | None:
        """A doctor as the directory has it, or None; also for no code (a general clinic)."""
        if not code:
            return None
        try:
            found: Doctor = self.directory.doctor(campus, code)
        except NotFound:
            return None
        return found

    def department(self, visit: Visit, campus: str, code: str, else_: str = "") -> str:
        """A department in the reader's language; what was kept of it when it is gone."""
        one = self.department_at(campus, code)
        return named(one, visit) if one else else_ or code

    def doctor(self, visit: Visit, campus: str, code: str, else_: str = "") -> str:
        """A doctor in the reader's language; empty for a general clinic."""
        one = self.doctor_at(campus, code)
        return named(one, visit) if one else else_ or code


def named(one: Department | Doctor, visit: Visit) -> str:
    """A name in the reader's language."""
    return one.name_en or one.name if visit.language == "en" else one.name
