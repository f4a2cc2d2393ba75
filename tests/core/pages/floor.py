"""A floor for tests of pages: calls, agents and figures over a database, on a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.core.calls.support import bridged, connected, phone_up, rang
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Skill
from careline.agents.service import Agents
from careline.auth.model import Subject
from careline.calls import facts as f
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.calls.writer import CallWriter
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.campuses.store import put_campus
from careline.clock import Clock
from careline.figures import store
from careline.figures.lines import Lines
from careline.figures.service import Figures
from careline.queues.model import Queue
from careline.storage import Database, Tx, open_database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
QUEUES = {
    "booking": Queue(id="booking", title="预约挂号", campus="main"),
    "service": Queue(id="service", title="综合服务", campus="main"),
    "east": Queue(id="east", title="东院", campus="east"),
}
NAMES = {"8001": "李敏", "8002": "王芳", "8003": "<b>张伟</b>"}


class FloorHouse:
    """Three agents: two of team a at the main campus, the third of team b in the east."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self.reactor = FakeClock()
        self.clock = Clock(self.reactor, self._now)
        self.tasks = Tasks()
        self.db: Database = open_database("sqlite://", clock=self.clock, tasks=self.tasks)
        put_tables(self.db)
        for campus, title in (("main", "总院"), ("east", "东院")):
            self.db.run_sync(put_campus, Campus(id=campus, title=title))
        self.people = {
            number: Agent(
                id=number,
                name=name,
                phone=f"1{number[1:]}",
                campus="east" if number == "8003" else "main",
                team="b" if number == "8003" else "a",
                skills=(Skill(queue="east" if number == "8003" else "booking"),),
            )
            for number, name in (names or NAMES).items()
        }
        self._build()

    def _now(self) -> datetime:
        return T0 + timedelta(seconds=self.reactor.seconds())

    def _build(self) -> None:
        writer = CallWriter(self.db, self.clock, self.tasks, lambda tx, call: None, self._closed)
        self.calls = Calls(writer)
        self.agents = Agents(self.clock, lambda: self.people, self.behind(lambda tx, one: None))
        Staffing(self.clock, self.calls, self.agents, lambda: QUEUES)
        self.campuses = Campuses(self.db, self.clock)
        self.figures = Figures(
            clock=self.clock,
            db=self.db,
            node="hq",
            calls=self.calls,
            agents=self.agents,
            campuses=self.campuses,
            queues=lambda: QUEUES,
            behind=self.behind(store.put_counted),
        )
        self.lines = Lines(
            self.figures,
            self.agents,
            lambda: QUEUES,
            lambda: self.campuses.directory.campuses,
        )

    def behind(self, put: Callable[[Tx, Any], object]) -> WriteBehind[Any]:
        """Stores behind, each by ``put``."""

        def write(tx: Tx, items: Iterable[Any]) -> None:
            for item in items:
                put(tx, item)

        return WriteBehind(self.db, self.clock, self.tasks, write)

    def _closed(self, call_id: str) -> None:
        self.figures.closed(call_id)
        self.calls.forget(call_id)

    async def open(self) -> None:
        """What is read at start."""
        await self.campuses.load()
        await self.figures.load()

    def subject(self, agent: str) -> Subject:
        """Whose an agent is."""
        person = self.people.get(agent)
        return Subject(agent, person.team, person.campus) if person else Subject(agent)

    def sign_in(self, *agents: str) -> None:
        """Signed in and ready."""
        for agent in agents:
            self.agents.sign_in(agent)
            self.agents.ready(agent)

    def waits(self, call: str, queue: str = "booking", number: str = "13800001111") -> None:
        """Somebody calls and waits from now on."""
        now = self.clock.now()
        begun = f.ChannelUp(
            at=now, channel=call, name="PJSIP/city-1", context="careline-inbound", extension="8000"
        )
        self.calls.fact(call, begun)
        about: dict[str, Any] = {"at": now, "channel": call}
        self.calls.note(call, f.Identified(campus="main", number=number, **about))
        self.calls.note(call, f.Queued(queue=queue, **about))

    def talks(self, call: str, agent: str, queue: str = "booking") -> None:
        """The agent takes the call now."""
        leg, when = f"{call}-leg", self.reactor.seconds()
        for fact in (
            phone_up(leg, when),
            rang(leg, when, agent, queue),
            f.RingEnded(at=self.clock.now(), channel=leg, result="answered"),
            connected(leg, when, agent, queue),
            bridged(leg, when),
            bridged(call, when),
        ):
            self.calls.fact(call, fact)

    def hangs_up(self, call: str) -> None:
        """Everybody leaves the call."""
        now = self.clock.now()
        record = self.calls.get(call)
        for leg in record.legs if record else ():
            self.calls.fact(call, f.ChannelGone(at=now, channel=leg.channel, cause=16))
