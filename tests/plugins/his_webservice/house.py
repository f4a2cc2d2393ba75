"""Campuses whose systems answer by script, before the real doors, caches and hooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from attrs import define, field
from tests.support.databases import put_tables
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock as FakeClock

from careline.campuses.model import Campus as Place
from careline.clinic import (
    Clinic,
    Directory,
    HalfDay,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    TimeSlot,
    Verdict,
    VisitFound,
    VisitState,
)
from careline.clinic.his import Ability, Finding, Info
from careline.clock import Clock
from careline.hooks import Hub
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_appointments import specs as appointments
from careline_his_webservice import campuses, specs
from careline_his_webservice.config import CampusSettings, Config
from careline_his_webservice.plugin import HisWebservice

BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)
PERSON = Person(id=7, name="王小明", phone="+8613811112222", id_card="11010519491231002X")
ORDER = Order(
    key="k-1",
    campus="main",
    department="11",
    doctor="1001",
    clinic="C1",
    slot="S1",
    day=DAY,
    start=time(8, 0),
    person=PERSON,
)


def never() -> Deferred[Any]:
    """An answer that does not come."""
    return Deferred()


@define
class ScriptedHis:
    """Answers each question with what stands in ``says``: a value, an error, or a function."""

    now: Callable[[], datetime] = field(default=lambda: BEGAN)
    says: dict[str, Any] = field(factory=dict)
    asked: list[str] = field(factory=list)
    args: list[tuple[Any, ...]] = field(factory=list)
    can: frozenset[Ability] = frozenset(Ability)
    info_kinds: frozenset[Info] = frozenset(Info)
    left: int = 3

    async def _say(self, what: str, default: Any, *args: Any) -> Any:
        self.asked.append(what)
        self.args.append(args)
        said = self.says.get(what, default)
        if callable(said):
            said = said()
        if isinstance(said, Exception):
            raise said
        return await said if isinstance(said, Deferred) else said

    async def start(self) -> None:
        await self._say("start", None)

    async def stop(self) -> None:
        await self._say("stop", None)

    async def directory(self) -> Directory:
        return await self._say("directory", Directory())  # type: ignore[no-any-return]

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        clinic = Clinic(campus="main", code="C1", department="11", day=DAY, half=HalfDay.MORNING)
        slot = TimeSlot(
            campus="main", code="S1", clinic="C1", start=time(8), end=time(9), left=self.left
        )
        read = Schedule(clinics=(clinic,), slots=(slot,), as_of=self.now())
        return await self._say("schedule", read, department)  # type: ignore[no-any-return]

    async def book(self, order: Order) -> Reply:
        done = Reply(verdict=Verdict.BOOKED, reference="R1", number="5")
        return await self._say("book", done, order)  # type: ignore[no-any-return]

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        return await self._say("cancel", Reply(verdict=Verdict.CANCELLED))  # type: ignore[no-any-return]

    async def state(self, order: Order, reference: str) -> VisitFound:
        return await self._say("state", VisitFound(state=VisitState.BOOKED))  # type: ignore[no-any-return]

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        return await self._say("stop_clinic", Reply(verdict=Verdict.CANCELLED))  # type: ignore[no-any-return]

    async def people(self, text: str) -> Sequence[Person]:
        return await self._say("people", [PERSON], text)  # type: ignore[no-any-return]

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        table = Table(
            columns=("Number", "Name", "Ward", "电话"),
            rows=(("Z0001", "王小明", "三病区", "13811112222"),),
            as_of=self.now(),
        )
        return await self._say("info", table, kind, dict(query))  # type: ignore[no-any-return]

    async def check(self) -> Sequence[Finding]:
        return await self._say("check", [Finding(what="Departments", ok=True, detail="12")])  # type: ignore[no-any-return]


class House:
    """The whole plugin on a fake clock, with a scripted system for each campus."""

    def __init__(
        self, *names: str, known: Sequence[str] = ("main", "east"), **settings: Any
    ) -> None:
        self.fake = FakeClock()
        self.clock = Clock(self.fake, lambda: BEGAN + timedelta(seconds=self.fake.seconds()))
        self.tasks = Tasks()
        self.hub = Hub(self.clock, self.tasks)
        self.hub.add_specs(appointments, "appointments")
        self.hub.add_specs(specs, "his_webservice")
        self.db = open_database("sqlite://", clock=self.clock, tasks=self.tasks)
        put_tables(self.db)
        self.his = {name: ScriptedHis(self.clock.now) for name in names or ("main",)}
        chosen = {"kind": "embedded", **settings}
        config = Config(campus={name: CampusSettings(**chosen) for name in self.his})
        places = {name: Place(id=name, title={"main": "总院"}.get(name, name)) for name in known}
        core = SimpleNamespace(
            clock=self.clock,
            tasks=self.tasks,
            reactor=self.fake,
            in_thread=maybeDeferred,
            hub=self.hub,
            db=self.db,
            settings=SimpleNamespace(home=SimpleNamespace(root=Path()), language="en"),
            campuses=SimpleNamespace(directory=SimpleNamespace(campuses=places)),
            patients=SimpleNamespace(),
        )
        with patch.object(campuses, "builder", lambda kind: self._build):
            self.plugin = HisWebservice(core, config)  # type: ignore[arg-type]
        self.hub.register("his_webservice", self.plugin)

    def _build(self, ground: Any, settings: Any) -> Any:
        return self.his[ground.campus]

    @property
    def main(self) -> ScriptedHis:
        """The first campus's system."""
        return self.his["main"]

    def ask(self, coro: Any) -> Any:
        """The answer, time moving on as far as it needs."""
        return run_async(coro, self.fake)

    def begin(self, coro: Any) -> list[Any]:
        """Begin to ask; the list holds the answer (or Failure) once it is there."""
        answers: list[Any] = []
        Deferred.fromCoroutine(coro).addBoth(answers.append)
        return answers

    def read(self, campus: str = "main") -> Any:
        """Its schedule, over the hook."""
        return self.hub.clinic_schedule(campus=campus, first=DAY, last=DAY, department="")

    def end(self) -> None:
        """Let go of the database."""
        self.db.engine.dispose()
