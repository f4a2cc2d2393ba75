"""``careline his check`` for FHIR: what is read for visits is read, and what lacks is said."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from careline.clinic.his import Finding
from careline.errors import CarelineError
from careline.i18n import Text, error_text
from careline.i18n.catalog import Lang
from careline_his_webservice.adapters.fhir.directory import directory_of
from careline_his_webservice.adapters.fhir.reading import bad, name_of, text
from careline_his_webservice.adapters.fhir.schedules import Reader, actors_of
from careline_his_webservice.adapters.fhir.server import Server
from careline_his_webservice.adapters.fhir.settings import FhirSettings

if TYPE_CHECKING:
    from datetime import date

NONE = Text("there are none").msgid
IGNORED = Text("a search by identifier gives others too: the server ignores it").msgid
NO_VERSION = Text("resources have no version: nothing could be booked just once").msgid
SHOWN = 5

Found = tuple[bool, str]


@frozen
class Check:
    """One walk; ``today`` is the day whose slots are read."""

    server: Server
    settings: FhirSettings
    reader: Reader
    today: date
    lang: Lang

    async def findings(self) -> Sequence[Finding]:
        """All that was seen, in order; nothing more once the server does not answer."""
        found = [await self._try("metadata", self._metadata())]
        if not found[0].ok:
            return found
        kinds = (self.settings.departments, "PractitionerRole", "Practitioner", "Schedule")
        for kind in kinds:
            found.append(await self._try(kind, self._count(kind)))
        found.append(await self._try(Text("doctors and their departments").msgid, self._doctors()))
        found.append(await self._try(Text("schedules and who holds them").msgid, self._holders()))
        found.append(await self._try("Slot", self._slots()))
        for kind, system in (
            ("Patient", self.settings.number_system),
            ("Patient", self.settings.id_card_system),
            ("Appointment", self.settings.visit_system),
        ):
            what = f"{kind}?identifier={system}|"
            found.append(await self._try(what, self._identifier(kind, system)))
        return found

    async def _try(self, what: str, walk: Awaitable[Found]) -> Finding:
        try:
            ok, detail = await walk
        except CarelineError as error:
            ok, detail = False, error_text(error, self.lang)
        return Finding(what=what, ok=ok, detail=detail)

    async def _metadata(self) -> Found:
        """Some servers give none, which is no fault."""
        answer = await self.server.capabilities()
        version = text(answer.resource, "fhirVersion")
        if version and not version.startswith("4."):
            raise bad(f"FHIR {version}, R4 = 4.0.1")
        return True, version

    async def _count(self, kind: str) -> Found:
        count = len(await self.server.search(kind, []))
        return count > 0, str(count) if count else NONE

    async def _doctors(self) -> Found:
        search = self.server.search
        departments = await search(self.settings.departments, [])
        roles = await search("PractitionerRole", [])
        people = await search("Practitioner", [])
        found = directory_of(self.settings, "", departments, roles, people)
        placed = {one.code for one in found.doctors}
        left = [name_of(one) for one in people if text(one, "id") not in placed]
        return bool(found.doctors), _summary(len(found.doctors), left)

    async def _holders(self) -> Found:
        search = self.server.search
        schedules = await search("Schedule", [])
        roles = await search("PractitionerRole", [])
        departments = await search(self.settings.departments, [])
        actors = actors_of(schedules, roles, {text(one, "id") for one in departments})
        left = [name_of(one) for one in schedules if text(one, "id") not in actors]
        return bool(actors), _summary(len(actors), left)

    async def _slots(self) -> Found:
        schedule = await self.reader.read(self.today, self.today, "")
        for slot in schedule.slots[:1]:
            if not (await self.server.read("Slot", slot.code)).version:
                return False, NO_VERSION
        return True, str(len(schedule.slots))

    async def _identifier(self, kind: str, system: str) -> Found:
        """Asked for one that nobody has."""
        asked = [("identifier", f"{system}|careline-check")]
        return (False, IGNORED) if await self.server.search(kind, asked) else (True, "")


def _summary(count: int, left: Sequence[str]) -> str:
    """How many, and the first of those that are left out."""
    more = "…" if len(left) > SHOWN else ""
    return f"{count}" + (f" (- {len(left)}: {', '.join(left[:SHOWN])}{more})" if left else "")
