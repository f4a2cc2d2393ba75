"""The plugin on a small hospital: real governor and jobs, scripted gateways, no network."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from attrs import define, evolve, field
from sqlalchemy import select
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as FakeClock

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.hooks import Hub, InboundMessage, hook
from careline.jobs import Outbox
from careline.jobs.store import job_table
from careline.messaging.gateway import GatewayState, Outgoing, Sent, Sink
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async
from careline_sms.config import SmsConfig
from careline_sms.gateways.settings import GatewaySettings
from careline_sms.model import Message, New, State, Step
from careline_sms.plugin import Sms
from careline_sms.replies.service import JOB

T = TypeVar("T")
#: Ten in the morning in Shanghai, a Monday.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NUMBER = "+8613800001111"


@define(eq=False)
class Scripted:
    """A gateway that does as it is told: an error is raised, a Deferred waited for."""

    name: str
    takes_key: bool = False
    room: int = 50
    up: bool = True
    sent: list[Outgoing] = field(factory=list)
    script: list[Any] = field(factory=list)
    """What becomes of the next messages; all others are taken."""
    sink: Sink | None = None

    async def start(self, sink: Sink) -> None:
        self.sink = sink

    async def stop(self) -> None:
        self.sink = None

    async def send(self, message: Outgoing) -> Sent:
        self.sent.append(message)
        told = self.script.pop(0) if self.script else None
        if isinstance(told, Deferred):
            told = await told
        if isinstance(told, BaseException):
            raise told
        return told or Sent(reference=(f"{self.name}{message.id}-{len(self.sent)}",))

    def state(self) -> GatewayState:
        return GatewayState(up=self.up)


class Listener:
    """Another plugin that sends messages and understands answers."""

    def __init__(self) -> None:
        self.settled: list[tuple[str, bool]] = []
        self.asked: list[InboundMessage] = []
        self.says: dict[str, str] = {}

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        self.asked.append(reply)
        return self.says.get(reply.about)

    @hook
    def message_settled(self, message_id: str, delivered: bool) -> None:
        """Heard in ``Site.told``."""


class Site:
    """``gateways`` are scripted, in order; ``wall`` is what the wall clock is ahead of time."""

    def __init__(self, db: Database, *names: str, **config: Any) -> None:
        self.fake = FakeClock()
        self.wall = timedelta()
        self.clock = Clock(self.fake, self.now)
        self.db = db
        self.told: list[tuple[str, bool]] = []
        self.shown: list[tuple[str, str]] = []
        self.listener = Listener()
        self.gateways: dict[str, Scripted] = {}
        self.campuses = Campuses(db, self.clock)
        db.run_sync(campuses_store.put_campus, Campus(id="main", title="总院"))
        run_async(self.campuses.load(), self.clock)
        self.rules = Rules(spread=timedelta(minutes=1))
        self.plugin = self.built(*(names or ("a",)), **config)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.fake.seconds()) + self.wall

    def built(self, *names: str, **config: Any) -> Sms:
        """Another process with the same database."""
        self.tasks = Tasks()
        self.hub = Hub(self.clock, self.tasks, self._durable)
        self.hub.register("listener", self.listener)
        self.core = SimpleNamespace(
            clock=self.clock,
            tasks=self.tasks,
            hub=self.hub,
            db=self.db,
            outbox=Outbox(self.clock),
            campuses=self.campuses,
            outreach=Outreach(self.campuses, self.rules),
            events=SimpleNamespace(tell=self._show),
            settings=SimpleNamespace(language="en"),
            patients=None,
            reactor=None,
            in_thread=None,
        )
        known = config.pop("gateway", {})
        tables = {
            name: evolve(GatewaySettings(kind="console", per_second=1000.0), **known.get(name, {}))
            for name in names
        }
        plugin = Sms(self.core, SmsConfig(**{"signature": "市一院", "gateway": tables, **config}))
        for name in names:
            one = self.gateways.setdefault(name, Scripted(name))
            plugin.services.gateways.lines[name].gateway = one
        return plugin

    def start(self) -> Site:
        for part in (self.plugin.templates, self.plugin.ways, self.plugin.sender):
            self.run(part.start())
        return self

    def stop(self) -> None:
        for part in (self.plugin.sender, self.plugin.ways):
            self.run(part.stop())
        self.run(self.tasks.stop())

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return run_async(coro, self.clock)

    def pass_(self, seconds: float = 10.0, step: float = 0.5) -> None:
        """Time goes by."""
        left = seconds
        while left > 0:
            self.fake.advance(min(step, left))
            left -= step

    def _durable(self, tx: Tx, kind: str, args: Mapping[str, Any]) -> None:
        if kind.endswith("message_settled"):
            one = (args["message_id"], args["delivered"])
            tx.after_commit(lambda: self.told.append(one))

    def _show(self, name: str, id: str = "", **_: Any) -> None:
        self.shown.append((name, id))

    # Messages

    def put(self, key: str = "k", **values: Any) -> int:
        values = {"to": NUMBER, "text": "您好", "campus": "main", "purpose": "test", **values}
        return self.db.run_sync(self.plugin.messages.put, New(key=key, **values))

    def message(self, key: str = "k") -> Message:
        found = self.run(self.plugin.messages.by_key(key))
        assert found is not None
        return found

    def state(self, key: str = "k") -> State:
        return self.message(key).state

    def history(self, key: str = "k") -> list[Step]:
        return list(self.run(self.plugin.messages.history(self.message(key).id)))

    def replied(self, text: str, number: str = NUMBER, reference: str = "") -> None:
        """A reply comes in and its job is done."""
        gateway = next(iter(self.gateways.values()))
        assert gateway.sink is not None
        self.run(gateway.sink.reply(gateway.name, number, text, self.now(), reference=reference))
        handler = self.plugin.replies.job_handlers()[0]
        waiting = self.db.run_sync(_reply_jobs)
        for args in waiting:
            self.run(handler.do(args, None))


def _reply_jobs(tx: Tx) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tx.scalars(
        select(job_table.c.args).where(job_table.c.kind == JOB).order_by(job_table.c.id)
    )
    return found
