"""The embedded system as an adapter: every question is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from careline.clinic import (
    Directory,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    Verdict,
    VisitFound,
)
from careline.clinic.his import Ability, Finding, Info
from careline.errors import Invalid, Unavailable
from careline.i18n import Text
from careline_his_webservice.adapters.embedded import visits
from careline_his_webservice.adapters.embedded.people import find_people
from careline_his_webservice.adapters.embedded.plan import read_plan
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings
from careline_his_webservice.adapters.embedded.store import (
    COLUMNS,
    read_directory,
    read_info,
    read_schedule,
)
from careline_his_webservice.ground import Ground


def build(ground: Ground, settings: EmbeddedSettings) -> Embedded:
    """The system of one campus; its settings are for the nightly job alone."""
    return Embedded(ground)


class Embedded:
    """Knows everything, and books for sure or not at all.

    Only a database that went away during the very commit leaves an answer unknown.
    """

    can = frozenset(Ability)
    info_kinds = frozenset(COLUMNS)

    def __init__(self, ground: Ground) -> None:
        self._campus = ground.campus
        self._core = ground.core

    async def start(self) -> None:
        """Nothing to open; clinics are made by the nightly job (see ``rolling.py``)."""

    async def stop(self) -> None:
        """Nothing is open."""

    def today(self) -> date:
        """The campus's."""
        campus = self._core.campuses.campus(self._campus)
        return campus.local(self._core.clock.now()).date()

    async def directory(self) -> Directory:
        """All departments and doctors."""
        return await self._core.db.run(read_directory, self._campus)

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots as they are at this moment."""
        now = self._core.clock.now()
        return await self._core.db.run(read_schedule, self._campus, first, last, department, now)

    async def book(self, order: Order) -> Reply:
        """Book once for this key; refused when the key was cancelled before."""
        now = self._core.clock.now()
        try:
            return await self._core.db.run(visits.book, order, self.today(), now)
        except Unavailable as error:
            return _unsure(error)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; a visit that never was can then never be."""
        now = self._core.clock.now()
        try:
            return await self._core.db.run(visits.cancel, order, reference, reason, now)
        except Unavailable as error:
            return _unsure(error)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """How it stands."""
        return await self._core.db.run(visits.state, order, reference)

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Take no more patients for a clinic."""
        try:
            return await self._core.db.run(visits.stop, self._campus, clinic, reason)
        except Unavailable as error:
            return _unsure(error)

    async def people(self, text: str) -> Sequence[Person]:
        """Patients by outpatient number, id card or telephone number."""
        return await self._core.db.run(find_people, self._campus, text)

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Rows of one kind; Invalid when ``day`` is no day."""
        now = self._core.clock.now()
        try:
            return await self._core.db.run(read_info, self._campus, kind, query, now)
        except ValueError as error:
            text = "this is not a day: {day}"
            raise Invalid("his.day", text, day=query.get("day", "")) from error

    async def check(self) -> Sequence[Finding]:
        """Whether there is what it needs to answer: departments, doctors, a plan, clinics."""
        today = self.today()
        directory = await self.directory()
        plan = await self._core.db.run(read_plan, self._campus)
        coming = await self.schedule(today, today, "")
        known = {one.code for one in directory.departments}
        lost = sorted({one.department for one in plan} - known)
        return (
            _finding(Text("departments"), len(directory.departments)),
            _finding(Text("doctors"), len(directory.doctors)),
            _finding(Text("weekly plan"), len(plan)),
            Finding(
                what=Text("departments of the weekly plan").msgid,
                ok=not lost,
                detail=", ".join(lost),
            ),
            Finding(what=Text("clinics today").msgid, ok=True, detail=str(len(coming.clinics))),
        )


def _finding(what: Text, count: int) -> Finding:
    return Finding(what=what.msgid, ok=count > 0, detail=str(count))


def _unsure(error: Unavailable) -> Reply:
    """The commit was cut off, and nobody can say; every other outage wrote nothing."""
    if error.code == "db.unsure":
        return Reply(verdict=Verdict.UNKNOWN)
    raise error
