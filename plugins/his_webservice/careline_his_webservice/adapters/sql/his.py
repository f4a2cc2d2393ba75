"""A campus whose views are read, as his_webservice asks it; it cannot be booked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from attrs import frozen

from careline.clinic import Directory, Order, Person, Reply, Schedule, Table, VisitFound
from careline.clinic.his import Ability, Finding, Info
from careline.errors import CarelineError, Refused
from careline.i18n import Text
from careline_his_webservice.adapters.mapping.findings import (
    finding,
    schedule_told,
    unknown_told,
)
from careline_his_webservice.adapters.mapping.formats import Values
from careline_his_webservice.adapters.mapping.people import exactly, questions_for
from careline_his_webservice.adapters.mapping.rows import MOST_ROWS, Cell, Row, Rows
from careline_his_webservice.adapters.mapping.schedule import schedule_within
from careline_his_webservice.adapters.mapping.template import day_of
from careline_his_webservice.adapters.phones import national
from careline_his_webservice.adapters.sql.reading import Reading
from careline_his_webservice.adapters.sql.rules import InfoView, Rules, View

T = TypeVar("T")

#: Rows of information that are shown; nobody reads more in a call.
MOST_SHOWN = 200
#: Days whose schedule is read by a check.
DAYS = 7
#: Rows of each view that a check looks at.
SEEN = 20
#: NULL equals nothing: nobody is found by an id card that was not asked for.
NOBODY: Mapping[str, Any] = {"number": None, "id_card": None, "phone": None}


@frozen
class SqlHis:
    """Reads by the rules of its file."""

    reading: Reading
    rules: Rules

    @property
    def can(self) -> frozenset[Ability]:
        """What is mapped."""
        return self.rules.can

    @property
    def info_kinds(self) -> frozenset[Info]:
        """Which information is mapped."""
        return self.rules.info_kinds

    async def start(self) -> None:
        """Connections are made when they are needed."""

    async def stop(self) -> None:
        """Close them."""
        self.reading.close()

    async def directory(self) -> Directory:
        """All departments and doctors."""
        departments = await self._read("departments", self.rules.departments, {}, Rows.department)
        doctors = await self._read("doctors", self.rules.doctors, {}, Rows.doctor)
        return Directory(departments=tuple(departments), doctors=tuple(doctors))

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots; rows outside the days that were asked for are left out."""
        given = {"first": first, "last": last, "department": department}
        clinics = await self._read("clinics", self.rules.clinics, given, Rows.clinic)
        slots = await self._read("slots", self.rules.slots, given, Rows.slot)
        now = self._ground.core.clock.now()
        return schedule_within(clinics, slots, first, last, department, now)

    async def book(self, order: Order) -> Reply:
        """Refused: views are read."""
        raise self._reads_only()

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Refused: views are read."""
        raise self._reads_only()

    async def state(self, order: Order, reference: str) -> VisitFound:
        """Refused: views are read."""
        raise self._reads_only()

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Refused: views are read."""
        raise self._reads_only()

    async def people(self, text: str) -> Sequence[Person]:
        """Patients by outpatient number, id card or telephone number; exact matches alone."""
        for given in questions_for(text):
            phone = national(str(given.get("phone", "")))
            asked = {**NOBODY, **given, "phone": phone or None}
            exact = exactly(await self._read("person", self.rules.person, asked, Rows.person), text)
            if exact:
                return exact
        return []

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Hospital information as a table of texts."""
        view = self.rules.info[kind.value]
        given = {**query, "day": day_of(query.get("day", ""))}
        found = await self.reading.rows(
            kind.value, view, {**self._always(), **given}, MOST_SHOWN + 1
        )
        values = self._values
        rows = [
            tuple(_text_of(values, row, spec) for spec in view.columns.values())
            for row in found[:MOST_SHOWN]
        ]
        return Table(
            columns=tuple(view.columns),
            rows=tuple(rows),
            as_of=self._ground.core.clock.now(),
            more=len(found) > MOST_SHOWN,
        )

    async def check(self) -> Sequence[Finding]:
        """Read a little of each view, and directory and schedule as they will be."""
        found: list[Finding] = []
        today = self._always()["today"]
        given = {**self._always(), "first": today, "last": today + timedelta(days=DAYS - 1)}
        views: list[tuple[str, View | InfoView]] = [*self.rules.views]
        views += [(f"info {kind}", one) for kind, one in self.rules.info.items()]
        for name, view in views:
            try:
                rows = await self.reading.rows(name, view, given, SEEN)
            except CarelineError as error:
                found.append(finding(self._ground, name, ok=False, detail=error))
            else:
                told = Text("{count} rows", {"count": len(rows)})
                found.append(finding(self._ground, name, ok=True, detail=told))
        if Ability.DIRECTORY in self.can:
            found.append(await self._tried("directory", self._directory_told))
        if Ability.SCHEDULE in self.can:
            found.append(await self._tried("schedule", lambda: self._schedule_told(today)))
        return found

    async def _tried(
        self, what: str, ask: Callable[[], Coroutine[Any, Any, tuple[bool, Text]]]
    ) -> Finding:
        try:
            ok, told = await ask()
        except CarelineError as error:
            return finding(self._ground, what, ok=False, detail=error)
        return finding(self._ground, what, ok=ok, detail=told)

    async def _directory_told(self) -> tuple[bool, Text]:
        read = await self.directory()
        lost = {one.department for one in read.doctors} - {one.code for one in read.departments}
        if lost:
            return False, unknown_told(lost)
        counts: dict[str, object] = {
            "departments": len(read.departments),
            "doctors": len(read.doctors),
        }
        return bool(read.departments), Text("{departments} departments, {doctors} doctors", counts)

    async def _schedule_told(self, today: date) -> tuple[bool, Text]:
        read = await self.schedule(today, today + timedelta(days=DAYS - 1), "")
        return bool(read.clinics and read.slots), schedule_told(DAYS, read)

    async def _read(
        self, name: str, view: View | None, given: Mapping[str, Any], make: Callable[[Rows, Row], T]
    ) -> list[T]:
        if view is None:
            raise self._reads_only()
        found = await self.reading.rows(name, view, {**self._always(), **given}, MOST_ROWS + 1)
        rows = Rows(self._ground.campus, name, view.fields, self._values)
        build: list[T] = await self._ground.in_thread(
            rows.build, [_cell(row) for row in found], lambda row: make(rows, row)
        )
        return build

    @property
    def _ground(self) -> Any:
        return self.reading.ground

    @property
    def _values(self) -> Values:
        campus = self._ground.core.campuses.directory.campuses.get(self._ground.campus)
        return Values.of(campus, self.rules.formats, self.rules.values)

    def _always(self) -> dict[str, Any]:
        core = self._ground.core
        campus = core.campuses.directory.campuses.get(self._ground.campus)
        now = core.clock.now()
        local = campus.local(now) if campus else now.astimezone(core.campuses.zone())
        return {"campus": self._ground.campus, "today": local.date()}

    def _reads_only(self) -> Refused:
        return Refused(
            "his.reads_only",
            "{campus}: this system is only read; that cannot be done there",
            campus=self._ground.campus,
        )


def _cell(row: Mapping[str, Any]) -> Cell:
    return row.get


def _text_of(values: Values, row: Mapping[str, Any], spec: str) -> str:
    return Row("info", {"it": spec}, row.get, values, "info").text("it")
