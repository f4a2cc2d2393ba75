"""A small hospital for tests of the plugin: agents, one call, surveys; nothing of a network."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

from attrs import evolve
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent
from careline.auth.model import Scope, User
from careline.calls import facts as f
from careline.calls.fold import apply, begin
from careline.calls.model import INBOUND_CONTEXT, CallRecord
from careline.calls.store import Numbered, save
from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.hooks import Delivery, Hub, JobHandler, OutboundMessage, hook
from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.engine import run
from careline.ivr.exits import Exit
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import Caller, kinds_by_name
from careline.jobs import Job
from careline.pages.reports.hooks import ReportPages
from careline.queues.model import Queue
from careline.queues.store import add_queue
from careline.storage import Database, Tx
from careline.surveys.model import Survey
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.line import ScriptedLine
from careline.testing.web import Browser, Seen, WebHouse
from careline_satisfaction import specs
from careline_satisfaction.config import SatisfactionConfig
from careline_satisfaction.ivr.part import demo_flows
from careline_satisfaction.plugin import Satisfaction
from careline_satisfaction.starter import starter
from careline_satisfaction.survey.book import OTHERS

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
CALL = "hq-1.1"
NUMBER = "+8613812340001"
LEADER = User(id=7, login="leader", name="张伟", agent="8003", roles=("leader",))
AGENT = User(id=8, login="8001", name="李敏", agent="8001", roles=("agent",))
ALL = ("satisfaction.own", "satisfaction.view", "satisfaction.edit", "calls.view")


class Calls:
    """The open calls."""

    def __init__(self) -> None:
        self.open: dict[str, CallRecord] = {}

    def get(self, call_id: str) -> CallRecord | None:
        return self.open.get(call_id)


class Site:
    """``plugin`` is ours; the starter survey is given to all queues; ``told`` what others hear."""

    def __init__(self, db: Database, **config: Any) -> None:
        self.fake = FakeClock()
        self.clock = Clock(self.fake, lambda: NOW + timedelta(seconds=self.fake.seconds()))
        self.db = db
        self.tasks = Tasks()
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.shown: list[tuple[str, str]] = []
        self.jobs: list[Job] = []
        self.calls = Calls()
        self.hub = Hub(self.clock, self.tasks, self._durable)
        campuses = Campuses(db, self.clock)
        people = {
            one: Agent(id=one, name=name, team="a" if one < "8003" else "b")
            for one, name in (("8001", "李敏"), ("8002", "王芳"), ("8003", "张伟"))
        }
        self.core = SimpleNamespace(
            clock=self.clock,
            tasks=self.tasks,
            hub=self.hub,
            db=db,
            calls=self.calls,
            agents=SimpleNamespace(people=people),
            campuses=campuses,
            events=SimpleNamespace(tell=self._show),
            outbox=SimpleNamespace(put=self._put_job),
            settings=SimpleNamespace(language="zh"),
        )
        db.run_sync(campuses_store.put_campus, Campus(id="main", title="总院"))
        for queue, title in (("service", "综合服务"), ("complaints", "投诉建议")):
            db.run_sync(add_queue, Queue(id=queue, title=title, campus="main"))
        self.run(campuses.load())
        self.hub.add_specs(specs, "satisfaction")
        self.plugin = Satisfaction(self.core, SatisfactionConfig(**config))
        self.web = WebHouse(clock=self.clock)
        self.web.hub.add_specs(specs, "satisfaction")
        self.web.add("satisfaction", self.plugin)
        self.web.add("reports", ReportPages(self.plugin.reports(), list))
        self.listener = Listener()
        self.hub.register("listener", self.listener)
        self.use(evolve(starter(), version=0))
        kinds = kinds_by_name([*CORE_KINDS, *self.plugin.ivr_nodes()])
        self.flows = FlowBook(clock=self.clock, kinds=kinds)
        found = check_all(demo_flows(), Known(kinds=kinds))
        self.flows.put(evolve(one, version=1) for one in found)

    def use(self, survey: Survey, queue: str = OTHERS) -> None:
        """Publish a survey for a queue."""
        book = self.plugin.book
        self.run(book.save(survey, "admin"))
        self.run(book.publish(survey.name, "admin"))
        self.run(book.assign({**book.queues, queue: survey.name}))

    def _durable(self, tx: Tx, kind: str, args: Mapping[str, Any]) -> None:
        tx.after_commit(lambda: self.told.append((kind.rsplit(".", 1)[-1], dict(args))))

    def _put_job(self, tx: Tx, job: Job) -> None:
        tx.after_commit(lambda: self.jobs.append(job))

    def work(self) -> None:
        """The jobs that are due, as the worker does them."""
        due = [one for one in self.jobs if one.run_at is None or one.run_at <= self.clock.now()]
        self.jobs = [one for one in self.jobs if one not in due]
        [handler] = self.plugin.job_handlers()
        for one in due:
            self.run(_done(handler, one))

    def _show(self, name: str, id: str = "", **_: Any) -> None:
        self.shown.append((name, id))

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return run_async(coro, self.clock)

    # Calls

    def talk(self, call_id: str = CALL, agent: str = "8001", queue: str = "service") -> CallRecord:
        """A call in which an agent has talked with the caller."""
        call = _folded(_facts(call_id, agent, queue))
        self.calls.open[call_id] = call
        return call

    def over(self, call: CallRecord) -> None:
        """The call has ended and is stored; the plugin is told of it."""
        self.calls.open.pop(call.id, None)
        self.db.run_sync(_stored, call)
        self.run(self.plugin.call_ended(call.id))

    def rings(
        self,
        *keys: str,
        call: CallRecord | None = None,
        language: str = "zh",
        line: Line | None = None,
    ) -> Line:
        """The caller is asked and presses keys, then stays silent; a line is taken up."""
        call = call or self.talk()
        line = line or Line(keys)
        where = line.position if line.state else self.flows.begin("rating", language)
        caller = Caller(call=call.id, campus="main")
        line.left = run_async(run(self.flows, where, line, caller), self.clock)
        return line

    def answer(self, call: str = CALL) -> Any:
        return self.run(self.plugin.answers.of_call(call))

    def heard(self, name: str) -> list[dict[str, Any]]:
        """Durable events of that name."""
        return [args for kind, args in self.told if kind == name]

    # Pages

    def browser(
        self, user: User = LEADER, may: Iterable[str] | Mapping[str, Scope] = ALL, lang: str = "zh"
    ) -> Browser:
        return self.web.browser(evolve(user, language=lang), may)

    def get(self, path: str, **how: Any) -> Seen:
        return self.run(self.browser(**how).get(path))

    def post(self, path: str, form: Mapping[str, Any], **how: Any) -> Seen:
        return self.run(self.browser(**how).post(path, form))


class Line(ScriptedLine):
    """Nobody presses anything during a sentence that asks nothing."""

    left: Exit | None = None

    async def play(self, prompts: Any, escape: str) -> str:
        self.heard += prompts
        return ""


class Listener:
    """Hears what is told, as tickets does, and takes messages as sms does while it ``sends``."""

    def __init__(self) -> None:
        self.sends = True
        self.departments: dict[str, str] = {}
        self.messages: list[OutboundMessage] = []

    @hook
    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        """Keep it."""
        if not self.sends:
            return None
        self.messages.append(message)
        return Delivery(reference=str(len(self.messages)))

    @hook
    async def call_department(self, call: CallRecord) -> str | None:
        """As appointments says of whom it has booked for."""
        return self.departments.get(call.id)

    @hook
    def low_score(self, answer_id: int) -> None:
        """Heard in ``Site.told``."""

    @hook
    def survey_wanted(self, call_id: str, survey: str) -> None:
        """Heard in ``Site.told``."""


async def _done(handler: JobHandler, job: Job) -> None:
    await handler.do(job.args, None)


def _facts(call: str, agent: str, queue: str) -> list[f.Fact]:
    """A caller waits, talks with an agent, and the agent hangs up."""
    at, phone = NOW - timedelta(minutes=3), f"{call}a"
    up = f.ChannelUp(at=at, channel=call, name="PJSIP/t-1", context=INBOUND_CONTEXT, extension="4")
    waits = [f.Queued(at=at, channel=call, queue=queue)] if queue else []
    return [
        up,
        f.Identified(at=at, channel=call, campus="main", patients=(4,), number=NUMBER),
        *waits,
        f.ChannelUp(at=at, channel=phone, name="PJSIP/1001-1", context="", agent=agent),
        f.Connected(at=at, channel=phone, agent=agent, queue=queue),
        f.Bridged(at=at, channel=call, bridge="b"),
        f.Bridged(at=at, channel=phone, bridge="b"),
        f.ChannelGone(at=NOW, channel=phone, cause=16),
    ]


def _folded(facts: list[f.Fact]) -> CallRecord:
    first = facts[0]
    assert isinstance(first, f.ChannelUp)
    call = begin(first)
    for fact in facts[1:]:
        call = apply(call, fact)
    return call


def _stored(tx: Tx, call: CallRecord) -> None:
    """The caller hangs up, and the record is complete."""
    queue = call.stays[-1].queue if call.stays else ""
    facts = _facts(call.id, call.served_by, queue)
    facts.append(f.ChannelGone(at=NOW, channel=call.id, cause=16))
    news = [Numbered(number, one) for number, one in enumerate(facts, 1)]
    save(tx, _folded(facts), news, NOW)
