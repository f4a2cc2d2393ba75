"""``careline his check``: the rules walked against the live system, which is asked and not changed.

Every call is built by the WSDL, so that a wrong name of an operation or parameter shows; every
question that changes nothing is asked, and its rows are read as they will be in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from careline.clinic import Order, Person
from careline.clinic.his import Finding
from careline.errors import CarelineError, Refused, Unavailable
from careline.i18n import Text
from careline_his_webservice.adapters.mapping.findings import (
    finding,
    schedule_told,
    some,
    unknown_told,
)
from careline_his_webservice.adapters.mapping.people import questions_for
from careline_his_webservice.adapters.mapping.records import RECORDS
from careline_his_webservice.adapters.mapping.template import Given, of_order
from careline_his_webservice.adapters.soap.asking import Asking, rows_at
from careline_his_webservice.adapters.soap.content import Content
from careline_his_webservice.adapters.soap.rules import InfoRead, Read, Write
from careline_his_webservice.adapters.soap.wsdl import Port
from careline_his_webservice.adapters.soap.xml import text_at

if TYPE_CHECKING:
    from careline_his_webservice.adapters.soap.his import SoapHis

#: Days whose schedule is read.
DAYS = 7
#: Who is asked about: nobody has this number.
NOBODY = Person(id=0, name="careline", number="careline-check")


@frozen
class Check:
    """One walk."""

    asking: Asking
    his: SoapHis
    _found: list[Finding] = field(factory=list, init=False)

    async def findings(self) -> Sequence[Finding]:
        """All that was seen, in order."""
        try:
            port = await self.asking.port(anew=True)
        except Unavailable as error:
            self._say("WSDL", ok=False, detail=error)
            return self._found
        self._say("WSDL", ok=True, detail=", ".join(port.operations)[:300])
        samples = self._samples()
        for name, table in self.asking.rules.questions:
            if isinstance(table, Write):
                self._built(port, name, table, samples[name])
            elif name != "slots" or table.call:
                await self._asked(port, name, table, samples[name])
        await self._schedule()
        for name, one in self.asking.rules.info.items():
            await self._asked(port, name, one, samples["info"], shown="info")
        return self._found

    def _samples(self) -> dict[str, Given]:
        """Something to ask with that means nobody."""
        today = self.asking.now().date()
        order = Order(
            key="careline-check",
            campus=self.asking.ground.campus,
            department="",
            doctor="",
            clinic="",
            slot="",
            day=today,
            start=time(8),
            person=NOBODY,
        )
        visit = {**of_order(order), "reference": "", "reason": ""}
        span = {"first": today, "last": today + timedelta(days=DAYS - 1), "department": ""}
        person = next(iter(questions_for(NOBODY.number)))
        return {
            "departments": {},
            "doctors": {},
            "clinics": span,
            "slots": {**span, "clinic": ""},
            "book": visit,
            "cancel": visit,
            "state": visit,
            "stop": {"clinic": "", "reason": ""},
            "person": person,
            "info": {"text": "", "number": "", "day": today},
        }

    def _built(self, port: Port, name: str, table: Read, given: Given) -> bool:
        """True when it could be sent."""
        try:
            self.asking.message(port, name, table, given)
        except Unavailable as error:
            self._say(name, ok=False, detail=error)
            return False
        if isinstance(table, Write):
            self._say(
                name, ok=True, detail=Text("fits the WSDL; not called, since it changes something")
            )
        return True

    async def _asked(
        self, port: Port, name: str, table: Read | InfoRead, given: Given, shown: str = ""
    ) -> None:
        """Ask, and look at what its rows hold."""
        what = f"{shown} {name}".strip()
        fields = table.columns if isinstance(table, InfoRead) else table.fields

        def work(content: Content | None) -> tuple[int, list[str]]:
            rows = rows_at(content, table.rows)
            empty = [
                field
                for field, path in fields.items()
                if rows
                and not path.startswith("=")
                and not any(text_at(row, path.split("+")[0].strip()) for row in rows)
            ]
            return len(rows), empty

        try:
            count, empty = await self.asking.read(name, table, given, work)
        except Refused as error:
            self._say(what, ok=True, detail=error)
        except CarelineError as error:
            self._say(what, ok=False, detail=error)
        else:
            self._rows(what, name, count, empty)

    def _rows(self, what: str, name: str, count: int, empty: list[str]) -> None:
        needed = RECORDS[name].needs if name in RECORDS else ()
        missing = [one for one in empty if one in needed]
        detail = Text("{count} rows", {"count": count})
        if missing:
            detail = Text(
                "{count} rows; missing in all of them: {fields}",
                {"count": count, "fields": missing},
            )
        elif empty:
            detail = Text("{count} rows; always empty: {fields}", {"count": count, "fields": empty})
        nobody = name in ("state", "person")
        expected = nobody or count > 0 or what.startswith("info")
        self._say(what, ok=expected and not missing, detail=detail)

    async def _schedule(self) -> None:
        """Read directory and schedule as they will be: every value converted, codes fitting."""
        today = self.asking.now().date()
        rules = self.asking.rules
        codes: set[str] = set()
        if rules.departments is not None:
            directory = await self._tried("directory", self.his.directory)
            if directory is not None:
                codes = {one.code for one in directory.departments}
                doctors = {one.department for one in directory.doctors}
                self._fit("directory", doctors - codes)
        if rules.clinics is not None:
            await self._clinics(today, codes)

    async def _clinics(self, today: date, codes: set[str]) -> None:
        last = today + timedelta(days=DAYS - 1)
        found = await self._tried("schedule", lambda: self.his.schedule(today, last, ""))
        if found is None:
            return
        self._say(
            "schedule",
            ok=bool(found.clinics and found.slots),
            detail=schedule_told(DAYS, found),
        )
        if codes:
            self._fit("schedule", {one.department for one in found.clinics} - codes)
        without = {one.code for one in found.clinics if not one.stopped} - {
            one.clinic for one in found.slots
        }
        if without and found.slots:
            self._say(
                "schedule",
                ok=True,
                detail=Text("clinics without slots: {codes}", {"codes": some(without)}),
            )

    async def _tried(self, what: str, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        try:
            return await ask()
        except CarelineError as error:
            self._say(what, ok=False, detail=error)
            return None

    def _fit(self, what: str, unknown: set[str]) -> None:
        if unknown:
            self._say(what, ok=False, detail=unknown_told(unknown))

    def _say(self, what: str, *, ok: bool, detail: str | Text | CarelineError) -> None:
        self._found.append(finding(self.asking.ground, what, ok=ok, detail=detail))
