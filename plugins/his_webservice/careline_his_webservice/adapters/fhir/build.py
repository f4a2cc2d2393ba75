"""A campus whose system speaks FHIR R4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from careline.clinic import Directory, Order, Person, Reply, Schedule, Table, Verdict, VisitFound
from careline.errors import CarelineError, Refused
from careline_his_webservice.adapter import Ability, Finding, Info
from careline_his_webservice.adapters.fhir.directory import read_directory
from careline_his_webservice.adapters.fhir.encounters import Encounters
from careline_his_webservice.adapters.fhir.people import People
from careline_his_webservice.adapters.fhir.reading import bad, text
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
    """See :class:`careline_his_webservice.adapter.His`; also tells stays."""

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
        now = self._ground.core.clock.now()
        return await self._reader().read(first, last, department, now)

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
            return Reply(verdict=Verdict.UNKNOWN)
        return Reply(verdict=Verdict.CANCELLED)

    async def people(self, typed: str) -> Sequence[Person]:
        """Patients by number, id card or telephone number."""
        return await self._people.find(typed)

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Never asked: it is not among what we can."""
        raise Refused("his.unmapped", "this system cannot be asked that")

    async def stays(self, since: datetime) -> Sequence[News]:
        """Stays that changed after ``since``."""
        return await self._encounters.changed(since)

    async def check(self) -> Sequence[Finding]:
        """Walk everything that is read, and say what is missing to make visits of it."""
        found = [await self._try("metadata", self._metadata())]
        if not found[0].ok:
            return found
        for kind in (self._settings.departments, "PractitionerRole", "Practitioner", "Schedule"):
            found.append(await self._try(kind, self._count(kind)))
        found.append(await self._try("directory", self._directory()))
        found.append(await self._try("Slot", self._slots()))
        return found

    async def _try(self, what: str, walk: object) -> Finding:
        try:
            ok, detail = await walk  # type: ignore[misc]  # one of the coroutines below
        except CarelineError as error:
            return Finding(what=what, ok=False, detail=str(error))
        return Finding(what=what, ok=ok, detail=detail)

    async def _metadata(self) -> tuple[bool, str]:
        answer = await self._server.capabilities()
        version = text(answer.resource, "fhirVersion")
        if version and not version.startswith("4."):
            return False, f"FHIR {version}, not R4"
        return answer.good, version

    async def _count(self, kind: str) -> tuple[bool, str]:
        count = len(await self._server.search(kind, []))
        return count > 0, str(count)

    async def _directory(self) -> tuple[bool, str]:
        directory = await self.directory()
        count = f"{len(directory.departments)} / {len(directory.doctors)}"
        return bool(directory.departments and directory.doctors), count

    async def _slots(self) -> tuple[bool, str]:
        """Those of one day are enough to see whether they can be read and have versions."""
        today = self._ground.core.clock.now().astimezone(self._zone()).date()
        schedule = await self.schedule(today, today, "")
        for slot in schedule.slots[:1]:
            if not (await self._server.read("Slot", slot.code)).version:
                raise bad(f"Slot/{slot.code}: no version, so that nothing could be booked once")
        return True, str(len(schedule.slots))

    def _reader(self) -> Reader:
        return Reader(self._server, self._settings, self._ground.campus, self._zone())

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._ground.core.campuses.campus(self._ground.campus).timezone)
