"""A house that calls by itself: the real services over a database, a switch that only listens."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Skill
from careline.agents.service import Agents
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls.service import Calls
from careline.calls.writer import CallWriter
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.errors import Refused, Unavailable
from careline.hooks import Refusal
from careline.ivr.book import FlowBook
from careline.ivr.model import Flow, Node
from careline.numbers.unasked import may_ring_unasked
from careline.outbound.dialler import Dialler
from careline.outbound.footing import Footing
from careline.outbound.model import Kept, Mode, Rung, Stage, Task, Urgency
from careline.outbound.rules import Retries
from careline.outbound.service import Outbound
from careline.outbound.store import Wanted
from careline.outbound.through import ThroughQueue
from careline.outbound.ways import Figures, Ways
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.queues.model import reaching
from careline.storage import Database
from careline.tasks import Tasks
from careline.telephony.states import Channel
from careline.testing import run_async

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in China
NUMBER, DAUGHTER = "+8613800001111", "+8613800002222"
PEOPLE = {
    number: Agent(id=number, name=number, phone=number, skills=(Skill(queue="service"),))
    for number in ("8001", "8002", "8003")
}
PEOPLE["8004"] = Agent(
    id="8004",
    name="8004",
    phone="8004",
    skills=(Skill(queue="service"), Skill(queue="booking")),
)
PEOPLE["8005"] = Agent(id="8005", name="8005", phone="8005", skills=(Skill(queue="booking"),))


class Hub:
    """Remembers what plugins would be told; refuses what it is told to."""

    def __init__(self) -> None:
        self.settled: list[tuple[str, str]] = []
        self.released: list[str] = []
        self.refusal: Refusal | None = None

    def outbound_settled(self, tx: object, *, key: str, outcome: str) -> None:
        tx.after_commit(lambda: self.settled.append((key, outcome)))  # type: ignore[attr-defined]

    def outbound_released(self, tx: object, *, key: str) -> None:
        tx.after_commit(lambda: self.released.append(key))  # type: ignore[attr-defined]

    async def may_dial(self, *, agent: str, number: str) -> Refusal | None:
        return self.refusal


class Switch:
    """Begins calls, which then stand in the house as ringing."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.begun: list[tuple[str, Mapping[str, str]]] = []
        self.refuses = False
        #: Raised after Asterisk has, or has not, begun the call.
        self.error: Exception | None = None
        self.hears = True
        self.up: list[Channel] = []

    async def originate(
        self, channel: str, context: str, exten: str, *, channel_id: str, **about: Any
    ) -> str:
        if self.refuses:
            raise Refused("ami.refused", "Asterisk refuses")
        self.begun.append((channel, about["variables"]))
        if self.hears:
            self.appears(channel_id, channel)
        if self.error is not None:
            raise self.error
        return channel_id

    def appears(self, channel_id: str, channel: str = "PJSIP/city") -> None:
        """Asterisk tells of the call."""
        self.office.fact(
            f.ChannelUp(at=self.office.now(), channel=channel_id, name=f"{channel}-0001")
        )

    async def channels(self) -> list[Channel]:
        return self.up


class Office:
    """Everything but Asterisk; ``at`` moves the clock."""

    def __init__(self, db: Database, lines: int = 10) -> None:
        self.db = db
        self.fake = FakeClock()
        self.clock = Clock(self.fake, self.now)
        self.tasks, self.hub = Tasks(), Hub()
        self.switch = Switch(self)
        self.said: list[tuple[str, str]] = []
        writer = CallWriter(db, self.clock, self.tasks, lambda tx, call: None, self._closed)
        self.calls = Calls(writer)
        self.agents = Agents(self.clock, lambda: PEOPLE, _Kept())
        self.dialled: dict[str, str] = {"*": "ok"}
        campuses = Campuses(db, self.clock)
        self.outreach = Outreach(campuses, Rules())
        self.zone = ZoneInfo("Asia/Shanghai")
        self.outbound = Outbound(
            db, self.clock, self.hub, self.outreach, Retries(), self.queues, lambda _: self.zone
        )
        self.book = FlowBook(clock=self.clock)
        node = Node("ask", "hang_up", {})
        self.book.put([Flow(name="followup", start="ask", nodes={"ask": node}, version=1)])
        ways = Ways(
            trunk=self._trunk,
            cleared=self._cleared,
            shown=lambda trunk: "01012345678",
            marks=_unmarked,
            dial=self._dial,
            skills=self.queues,
        )
        self.may_dial = True
        self.away = self.silent = False
        self.slow: Deferred[None] | None = None
        figures = Figures(lines=lines, ring_s=40, listens=True)
        footing = Footing(
            clock=self.clock,
            tasks=self.tasks,
            db=db,
            calls=self.calls,
            outbound=self.outbound,
            node="hq",
        )
        self.through = ThroughQueue(self.clock, self.switch, self.calls, self.agents, ways)
        self.dialler = Dialler(footing, self.hub, self.book, self.switch, self.through, figures)
        self.owed = _Kept()
        self.callbacks = Callbacks(
            self.clock, self.tasks, self.calls, self.agents, self.through, self.owed, "hq"
        )

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.fake.seconds())

    def _cleared(self, number: str, trunk: str) -> str:
        rung = self.may_dial and may_ring_unasked(number)
        return f"PJSIP/{number}@{trunk}" if rung else ""

    def _trunk(self, campus: str) -> str:
        if campus == "odd":
            raise ValueError(campus)
        return "city"

    def queues(self, agent: str) -> list[str]:
        return list(reaching(PEOPLE[agent]))

    def _closed(self, call_id: str) -> None:
        self.dialler.closed(call_id)
        self.calls.forget(call_id)

    async def _dial(self, agent: str, number: str, patient: int, call: str) -> str:
        if self.away:
            raise Refused("control.phone_away", "the phone is away")
        if self.silent:
            raise Unavailable("ami.timeout", "Asterisk does not answer")
        if self.slow is not None:
            await self.slow
        up = f.ChannelUp(
            at=self.now(),
            channel=call,
            name=f"PJSIP/{agent}-1",
            context="careline-phones",
            agent=agent,
        )
        self.fact(up)
        self.switch.begun.append((number, {}))
        return call

    def run(self, work: Awaitable[T]) -> T:
        return run_async(work, self.clock)  # type: ignore[arg-type]  # a coroutine

    def later(self, **by: float) -> None:
        self.fake.advance(timedelta(**by).total_seconds())

    # What plugins and people do

    def put(self, key: str = "f:1", **changes: Any) -> None:
        about: dict[str, Any] = {
            "plugin": "followup",
            "mode": Mode.AUTOMATIC,
            "rungs": (Rung(NUMBER, "本人"), Rung(DAUGHTER, "女儿")),
            "queue": "service",
            "flow": "followup",
            "purpose": "followup",
            "urgency": Urgency.URGENT,
            "due": self.now(),
        }
        task = Task(key=key, **{**about, **changes})
        assert self.db.run_sync(self.outbound.put, task)

    def kept(self, key: str = "f:1") -> Kept:
        return self.run(self.outbound.get(key))

    def round(self) -> None:
        self.run(self.dialler.round())
        self.fake.advance(0)

    def ready(self, *agents: str) -> None:
        for agent in agents:
            self.agents.sign_in(agent)
            self.agents.ready(agent)

    def fact(self, fact: f.Fact, linked: str = "") -> None:
        self.calls.fact(linked or fact.channel, fact)

    def answers(self, call: str = "", then: f.Fact | None = None) -> None:
        """The patient picks up; with ``then`` something more happens."""
        call = call or self.kept().call
        self.fact(f.ChannelAnswered(at=self.now(), channel=call))
        if then is not None:
            self.fact(then)

    def ends(self, call: str = "", cause: int = 16) -> None:
        """The call is over and written down."""
        self.fact(f.ChannelGone(at=self.now(), channel=call or self.kept().call, cause=cause))
        self.fake.advance(0)

    @property
    def calling(self) -> list[str]:
        """Keys of the tasks that are being called."""
        return [one.task.key for one in self.run(self.outbound.list(_CALLING))]


_CALLING = Wanted(stages=(Stage.CALLING,))


class _Kept:
    def put(self, *item: Any) -> None:
        pass


async def _unmarked(call: str, number: str) -> Mapping[str, str]:
    return {}
