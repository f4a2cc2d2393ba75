"""A campus whose system speaks FHIR R4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from careline.clinic import Directory, Order, Person, Reply, Schedule, Table, Verdict, VisitFound
from careline.clinic.his import Ability, Finding, Info, no_answer
from careline.errors import Refused
from careline_his_webservice.adapters.fhir.check import Check
from careline_his_webservice.adapters.fhir.directory import read_directory
from careline_his_webservice.adapters.fhir.encounters import Encounters
from careline_his_webservice.adapters.fhir.people import People
from careline_his_webservice.adapters.fhir.reading import text
from careline_his_webservice.adapters.fhir.schedules import OUT, Reader
from careline_his_webservice.adapters.fhir.server import Lost, Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings
from careline_his_webservice.adapters.fhir.visits import Visits
from careline_his_webservice.ground import Ground
from careline_his_webservice.stays import News


def build(ground: Ground, settings: FhirSettings) -> Fhir:
    """The adapter of a campus."""
    return Fhir(ground, settings)


class Fhir:
    """See :class:`careline.clinic.his.His`; also tells stays."""

    can = frozenset(Ability) - {Ability.INFO}
    info_kinds: frozenset[Info] = frozenset()

    def __init__(self, ground: Ground, settings: FhirSettings) -> None:
        self._ground = ground
        self._settings = settings
        self._server = Server(ground, settings)
        self._people = People(self._server, settings)
        self._visits = Visits(self._server, settings, self._people)
        self._encounters = Encounters(self._server, self._people, ground.campus)

    async def start(self) -> None:
        """Connections are made when they are needed."""

    async def stop(self) -> None:
        """Close connections."""
        await self._server.close()

    async def directory(self) -> Directory:
        """Departments and doctors."""
        return await read_directory(self._server, self._settings, self._ground.campus)

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots."""
        return await self._reader().read(first, last, department)

    async def book(self, order: Order) -> Reply:
        """Hold the Slot, make the Appointment."""
        return await self._visits.book(order)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel the Appointment, free the Slot."""
        return await self._visits.cancel(order, reference, reason)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """How the Appointment stands."""
        return await self._visits.state(order, reference)

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Take the free Slots of a half-day out; those that are booked stay so."""
        try:
            for slot in await self._reader().clinic_slots(clinic):
                if text(slot, "status") == "free":
                    answer = await self._server.update(
                        {**slot, "status": OUT, "comment": reason},
                        text(slot, "meta", "versionId"),
                    )
                    if not answer.good:  # booked at this moment: it is asked again
                        return Reply(verdict=Verdict.UNKNOWN, reason=answer.said)
        except Lost:
            raise no_answer() from None
        return Reply(verdict=Verdict.CANCELLED)

    async def people(self, typed: str) -> Sequence[Person]:
        """Patients by number, id card or telephone number."""
        return await self._people.find(typed)

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Never asked: it is not among what we can."""
        raise Refused("his.unmapped", "this system cannot be asked that")

    async def stays(self, since: datetime, until: datetime | None) -> Sequence[News]:
        """Stays that changed from ``since`` on, and before ``until`` where it is given."""
        return await self._encounters.changed(since, until)

    async def check(self) -> Sequence[Finding]:
        """Walk everything that is read, and say what is missing to make visits of it."""
        core = self._ground.core
        today = core.clock.now().astimezone(self._zone()).date()
        lang = core.settings.language
        check = Check(self._server, self._settings, self._reader(), today, lang)
        return await check.findings()

    def _reader(self) -> Reader:
        ground = self._ground
        return Reader(
            self._server,
            self._settings,
            ground.campus,
            self._zone(),
            ground.core.clock,
            ground.in_thread,
        )

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._ground.core.campuses.campus(self._ground.campus).timezone)
