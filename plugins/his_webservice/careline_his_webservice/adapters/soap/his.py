"""A campus's system behind SOAP, as his_webservice asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from attrs import frozen
from twisted.internet.defer import ensureDeferred

from careline.clinic import (
    Clinic,
    Directory,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    TimeSlot,
    VisitFound,
)
from careline.clinic.his import Ability, Finding, Info
from careline.errors import Refused
from careline_his_webservice.adapters.mapping.people import exactly, questions_for
from careline_his_webservice.adapters.mapping.rows import Row, Rows, strongest
from careline_his_webservice.adapters.mapping.schedule import schedule_within
from careline_his_webservice.adapters.mapping.template import Given, day_of, of_order
from careline_his_webservice.adapters.soap.asking import Asking, rows_at
from careline_his_webservice.adapters.soap.check import Check
from careline_his_webservice.adapters.soap.content import Content
from careline_his_webservice.adapters.soap.rules import Read, Slots
from careline_his_webservice.adapters.soap.together import all_of
from careline_his_webservice.adapters.soap.writing import Writing
from careline_his_webservice.adapters.soap.xml import cells, find

T = TypeVar("T")

#: Slots asked clinic by clinic: so many clinics at most, so many questions at once.
MOST_CLINICS = 60
AT_ONCE = 4
#: Rows of information that are shown; nobody reads more in a call.
MOST_SHOWN = 200


@frozen
class SoapHis:
    """Asks by the rules of its file."""

    asking: Asking

    @property
    def can(self) -> frozenset[Ability]:
        """What is mapped."""
        return self.asking.rules.can

    @property
    def info_kinds(self) -> frozenset[Info]:
        """Which information is mapped."""
        return self.asking.rules.info_kinds

    async def start(self) -> None:
        """Nothing listens; the WSDL is loaded with the first question."""

    async def stop(self) -> None:
        """Nothing is kept open."""

    async def directory(self) -> Directory:
        """All departments and doctors."""
        rules = self.asking.rules
        departments = await self._read("departments", rules.departments, {}, Rows.department)
        doctors = await self._read("doctors", rules.doctors, {}, Rows.doctor)
        return Directory(departments=tuple(departments), doctors=tuple(doctors))

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots, in one question, two, or one for each clinic, as the rules say."""
        rules = self.asking.rules
        given = {"first": first, "last": last, "department": department}
        table = rules.slots or Slots()
        if not table.call:
            clinics, slots = await self._nested(given)
        else:
            clinics = await self._read("clinics", rules.clinics, given, Rows.clinic)
            slots = await (self._of_each(clinics, given) if table.each_clinic
                           else self._read("slots", table, given, Rows.slot))  # fmt: skip
        now = self.asking.ground.core.clock.now()
        return schedule_within(clinics, slots, first, last, department, now)

    async def _nested(self, given: Given) -> tuple[list[Clinic], list[TimeSlot]]:
        """Slots lie within the rows of their clinics."""
        rules, values = self.asking.rules, self.asking.values
        clinic_table, slot_table = rules.clinics or Read(), rules.slots or Slots()
        make_clinic = Rows(self._campus, "clinics", clinic_table.fields, values)
        make_slot = Rows(self._campus, "slots", slot_table.fields, values)

        def work(content: Content | None) -> tuple[list[Clinic], list[TimeSlot]]:
            rows = rows_at(content, clinic_table.rows)
            clinics = make_clinic.build(cells(rows), make_clinic.clinic)
            slots: list[TimeSlot] = []
            for row, clinic in zip(rows, clinics, strict=True):
                inner = cells(find(row, slot_table.rows))
                code = clinic.code
                slots += make_slot.build(inner, partial(make_slot.slot, clinic=code))
            return clinics, slots

        return await self.asking.read("clinics", clinic_table, given, work)

    async def _of_each(self, clinics: Sequence[Clinic], given: Given) -> list[TimeSlot]:
        """One question for each clinic that takes people, a few at once."""
        waiting = [one.code for one in clinics if not one.stopped][:MOST_CLINICS]
        found: list[TimeSlot] = []

        async def one_after_another() -> None:
            while waiting:
                code = waiting.pop()
                make = partial(Rows.slot, clinic=code)
                found.extend(
                    await self._read(
                        "slots", self.asking.rules.slots, {**given, "clinic": code}, make
                    )
                )

        workers = [ensureDeferred(one_after_another()) for _ in range(AT_ONCE)]
        await all_of(workers)
        return found

    async def book(self, order: Order) -> Reply:
        """Book once for this key: what is not known to be new is looked for first."""
        return await self._writing.book(order)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; CANCELLED too when there was nothing to cancel."""
        return await self._writing.cancel(order, reference, reason)

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Take no more patients for a clinic."""
        return await self._writing.stop(clinic, reason)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """How it stands, for sure.

        Refused for a patient whose record was erased, where visits are told by patient and place:
        what is found there may be anybody's.
        """
        table = self.asking.rules.state or Read()
        known = "key" in table.fields or (reference and "reference" in table.fields)
        if not known and not order.person.name:
            raise Refused(
                "his.nobody",
                "{campus}: nobody knows whose visit this was; see the hospital's system",
                campus=self._campus,
            )
        given = {**of_order(order), "reference": reference}
        visits = await self._read(
            "state",
            table,
            given,
            lambda rows, row: rows.visit(row, order, reference),
        )
        return strongest([one for one in visits if one is not None])

    async def people(self, text: str) -> Sequence[Person]:
        """Patients by outpatient number, id card or telephone number; exact matches alone."""
        for given in questions_for(text):
            found = await self._read("person", self.asking.rules.person, given, Rows.person)
            exact = exactly(found, text)
            if exact:
                return exact
        return []

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Hospital information as a table of texts."""
        table = self.asking.rules.info[kind.value]
        values = self.asking.values

        def work(content: Content | None) -> list[tuple[str, ...]]:
            return [
                tuple(
                    Row("info", table.columns, cell, values, "info").text(title)
                    for title in table.columns
                )
                for cell in cells(rows_at(content, table.rows)[: MOST_SHOWN + 1])
            ]

        given = {**query, "day": day_of(query.get("day", ""))}
        rows = await self.asking.read(kind.value, table, given, work)
        return Table(
            columns=tuple(table.columns),
            rows=tuple(rows[:MOST_SHOWN]),
            as_of=self.asking.ground.core.clock.now(),
            more=len(rows) > MOST_SHOWN,
        )

    async def check(self) -> Sequence[Finding]:
        """Walk the mapping against the live system; writes nothing there."""
        return await Check(self.asking, self).findings()

    @property
    def _campus(self) -> str:
        return self.asking.ground.campus

    @property
    def _writing(self) -> Writing:
        return Writing(self.asking, self.state)

    async def _read(
        self, name: str, table: Read | None, given: Given, make: Callable[[Rows, Row], T]
    ) -> list[T]:
        """The rows of one question."""
        known = table or Read()
        rows = Rows(self._campus, name, known.fields, self.asking.values)

        def work(content: Content | None) -> list[T]:
            found = cells(rows_at(content, known.rows))
            return rows.build(found, lambda row: make(rows, row))

        return await self.asking.read(name, known, given, work)
