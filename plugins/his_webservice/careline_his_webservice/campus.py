"""One campus: its adapter behind its door, with what was read lately."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from attrs import define, field, frozen

from careline.clinic import Directory, Order, Person, Reply, Schedule, Table, Verdict, VisitFound
from careline.clinic.his import Ability, Finding, His, Info, News, NoAnswer, TellsStays
from careline.errors import CarelineError, Refused, Unavailable
from careline.i18n import Text
from careline_his_webservice.calling.cache import Cache
from careline_his_webservice.calling.door import Door
from careline_his_webservice.calling.exchanges import BAD_ANSWER
from careline_his_webservice.config import CampusSettings

T = TypeVar("T")

#: Once sent, an order may have been received whatever came back, or did not.
RECEIVED_PERHAPS = ("his.late", "his.broken", BAD_ANSWER)
CHECK_S = 60.0
STAYS_S = 45.0


@frozen
class Span:
    """What a schedule was read of; ``department`` empty is all."""

    first: date
    last: date
    department: str


@define
class Campus:
    """Asks one campus's system. Reads raise Unavailable or Refused; orders always get a Reply.

    ``fault`` is why there is no adapter (its mapping is wrong): then nothing can be asked.
    ``most`` bounds a read further, in seconds: the asker waits no longer.
    """

    name: str
    settings: CampusSettings
    door: Door
    directories: Cache[str, Directory]
    schedules: Cache[Span, Schedule]
    his: His | None = None
    fault: CarelineError | None = field(default=None)

    def able(self, ability: Ability) -> bool:
        """Whether its system can be asked for this."""
        return self.his is not None and ability in self.his.can

    async def directory(self, most: float) -> Directory:
        """Departments and doctors, perhaps as read some time ago."""
        his = self._able(Ability.DIRECTORY)
        return await self.directories.read("", lambda: self._read(most, his.directory))

    async def schedule(self, span: Span, most: float) -> Schedule:
        """Clinics and slots; ``as_of`` is when they were read."""
        his = self._able(Ability.SCHEDULE)

        async def ask() -> Schedule:
            return await his.schedule(span.first, span.last, span.department)

        return await self.schedules.read(span, lambda: self._read(most, ask))

    async def people(self, text: str, most: float) -> Sequence[Person]:
        """Patients by a number; empty when the system cannot be asked that."""
        if not self.able(Ability.PERSON):
            return ()
        his = self._able(Ability.PERSON)
        return await self._read(most, lambda: his.people(text))

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Hospital information, read anew each time."""
        his = self._able(Ability.INFO)
        if kind not in his.info_kinds:
            raise self._not_mapped()
        return await self._read(self.settings.timeout_s, lambda: his.info(kind, query))

    async def state(self, order: Order, reference: str, most: float) -> VisitFound:
        """How a visit stands."""
        his = self._able(Ability.STATE)
        return await self._read(most, lambda: his.state(order, reference))

    async def book(self, order: Order) -> Reply:
        """Book; what was read of this clinic's schedule is old from then on."""
        reply = await self._order(Ability.BOOK, lambda his: his.book(order))
        self._changed(order.clinic)
        return reply

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel."""
        reply = await self._order(Ability.CANCEL, lambda his: his.cancel(order, reference, reason))
        self._changed(order.clinic)
        return reply

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Stop a clinic."""
        reply = await self._order(Ability.STOP, lambda his: his.stop_clinic(clinic, reason))
        self._changed(clinic)
        return reply

    async def stays(self, since: datetime, until: datetime | None) -> Sequence[News]:
        """What has become of inpatients; asked by a job, so it may take its time."""
        his = self.his
        if not isinstance(his, TellsStays):
            raise self._not_mapped()
        return await self.door.ask(STAYS_S, lambda: his.stays(since, until))

    async def check(self) -> Sequence[Finding]:
        """Walk the mapping against the live system, without the door: it is being mended."""
        if self.his is None:
            return [Finding(what=Text("configuration").msgid, ok=False, detail=str(self.fault))]
        findings = await self.his.check()
        if all(one.ok for one in findings):
            self.door.reset()
        return findings

    def _able(self, ability: Ability) -> His:
        if self.his is None:
            raise Unavailable(
                "his.unbuilt",
                "the system of campus {campus} is not set up rightly; see its configuration",
                campus=self.name,
            )
        if ability not in self.his.can:
            raise self._not_mapped()
        return self.his

    def _not_mapped(self) -> Refused:
        return Refused(
            "his.not_mapped",
            "the system of campus {campus} is not asked for that",
            campus=self.name,
        )

    async def _read(self, most: float, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await self.door.ask(min(most, self.settings.timeout_s), ask)

    async def _order(
        self, ability: Ability, ask: Callable[[His], Coroutine[Any, Any, Reply]]
    ) -> Reply:
        try:
            his = self._able(ability)
            return await self.door.ask(self.settings.write_timeout_s, lambda: ask(his))
        except Unavailable as error:
            perhaps = isinstance(error, NoAnswer) or error.code in RECEIVED_PERHAPS
            verdict = Verdict.UNKNOWN if perhaps else Verdict.UNAVAILABLE
            return Reply(verdict=verdict, reason=str(error))
        except Refused as error:
            return Reply(verdict=Verdict.REFUSED, reason=str(error))

    def _changed(self, clinic: str) -> None:
        """Whatever the answer was: the clinic may not be as it was read."""
        self.schedules.overtake(lambda _, read: any(one.code == clinic for one in read.clinics))
