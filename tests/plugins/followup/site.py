"""A small hospital that follows its patients up: a real database, hub, outbound and job table.

The hospital's system, the message channel and the telephones are made up; time is moved on by
:meth:`Site.later`, which does all jobs that fall due, as the worker would.
"""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any, TypeVar
from weakref import finalize
from zoneinfo import ZoneInfo

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock as FakeClock

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.clinic import Stay
from careline.clock import Clock
from careline.config.home import Home
from careline.errors import CarelineError
from careline.hooks import Delivery, Hub, OutboundMessage, hook
from careline.jobs import Job, Outbox, Postpone
from careline.jobs import store as jobs
from careline.jobs.model import JobRecord, JobState
from careline.outbound.model import Kept, Outcome, Stage
from careline.outbound.rules import Retries
from careline.outbound.service import Outbound
from careline.outbound.store import Wanted as Calls
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.patients import store as patients
from careline.patients.model import Patient, PatientPhone
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async
from careline_followup import specs
from careline_followup.answers.service import Given
from careline_followup.config import FollowupConfig
from careline_followup.plans.model import Plan, Way
from careline_followup.plugin import Followup
from careline_followup.tasks.model import State, Task, Wanted
from careline_followup.work import BEGIN, RECONCILE
from careline_his_webservice import specs as his_specs

T = TypeVar("T")
#: A Monday, 10:00 in China.
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PHONE = "+8613800000001"
DAUGHTER = "+8613900000002"
CARD = "110101199003078515"
#: Answers that raise nothing: better, took medicine, knows the visit, very content.
WELL = (("feeling", 1), ("medicine", 1), ("visit", 1), ("content", 5))


class House:
    """The hospital's system, the channel of messages: what it knows, and what was sent."""

    def __init__(self) -> None:
        self.stays: dict[str, Stay] = {}
        self.down = False
        self.mute = False
        self.sent: dict[str, OutboundMessage] = {}
        self.unwanted: list[str] = []

    @hook
    async def stay_of(self, stay_id: str) -> Stay | None:
        return None if self.down else self.stays.get(stay_id)

    @hook
    async def stays_left(self, since: datetime, after: str, most: int) -> Sequence[Stay]:
        left = [one for one in self.stays.values() if one.left and one.left >= since]
        behind = sorted((one for one in left if int(one.id) > int(after or 0)), key=by_id)
        return [] if self.down else behind[:most]

    @hook
    async def stays_in(self, after: str, most: int) -> Sequence[Stay] | None:
        inside = [one for one in self.stays.values() if one.left is None]
        behind = sorted((one for one in inside if int(one.id) > int(after or 0)), key=by_id)
        return None if self.down else behind[:most]

    @hook
    async def message_unwanted(self, message_id: str) -> None:
        self.unwanted.append(message_id)

    @hook
    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        if self.mute or message.channel != "sms":
            return None
        self.sent.setdefault(message.id, message)
        return Delivery(reference=message.id)


def by_id(stay: Stay) -> int:
    """Stays in the order of the hospital's table."""
    return int(stay.id)


class Site:
    """``plugin`` is ours and has started, with the starter plans."""

    def __init__(self, db: Database, house: House | None = None, **config: Any) -> None:
        self.fake = FakeClock()
        self.clock = Clock(self.fake, lambda: NOW + timedelta(seconds=self.fake.seconds()))
        self.db, self.tasks, self.house = db, Tasks(), house or House()
        self.outbox = Outbox(self.clock)
        self.shown: list[tuple[str, str]] = []
        # Database work is done in this thread here: it holds nobody up.
        self.hub = Hub(self.clock, self.tasks, self._durable, self.fake.seconds)
        campuses = Campuses(db, self.clock)
        zone = ZoneInfo("Asia/Shanghai")
        self.outbound = Outbound(
            db, self.clock, self.hub, Outreach(campuses, Rules()), Retries(), lambda _: ["service"],
            lambda _: zone,
        )  # fmt: skip
        folder = Path(mkdtemp(prefix="careline-"))
        self._end = finalize(self, rmtree, folder, ignore_errors=True)
        self.core = SimpleNamespace(
            settings=SimpleNamespace(home=Home(folder)),
            clock=self.clock,
            tasks=self.tasks,
            hub=self.hub,
            db=db,
            outbox=self.outbox,
            outbound=self.outbound,
            campuses=campuses,
            in_thread=in_thread,
            calls=SimpleNamespace(get=lambda _: None),
            agents=SimpleNamespace(people={"8001": SimpleNamespace(name="李敏")}),
            events=SimpleNamespace(tell=self._show),
        )
        db.run_sync(campuses_store.put_campus, Campus(id="main", title="总院"))
        self.run(campuses.load())
        self.hub.add_specs(his_specs, "his_webservice")
        self.hub.add_specs(specs, "followup")
        self.plugin = Followup(self.core, FollowupConfig(**config))
        self.hub.register("house", self.house)
        self.hub.register("followup", self.plugin)
        self.s = self.plugin.services
        self.run(self.plugin.start())

    def _durable(self, tx: Tx, kind: str, args: Mapping[str, Any]) -> None:
        self.outbox.put(tx, Job(kind, args))

    def _show(self, name: str, id: str = "", **_: Any) -> None:
        self.shown.append((name, id))

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        return run_async(coro, self.clock)

    # Time

    def later(self, **span: float) -> None:
        """So much time goes by, minute jobs and all: each job is done when it falls due."""
        end = self.clock.now() + timedelta(**span)
        self.work()
        while (at := self._next()) is not None and at <= end:
            self.fake.advance(max(0.0, (at - self.clock.now()).total_seconds()))
            self.work()
        self.fake.advance(max(0.0, (end - self.clock.now()).total_seconds()))
        self.minute()

    def minute(self) -> None:
        """What is done every minute, and what follows from it."""
        self.job(BEGIN)
        self.work()

    def night(self) -> None:
        """What is done every night."""
        self.job(RECONCILE)
        self.work()

    def job(self, kind: str, **args: Any) -> None:
        self.run(self._handlers()[kind](args, None))

    def work(self, most: int = 1000) -> int:
        """Do jobs that are due, at most so many; gives how many."""
        handlers = self._handlers()
        for count in range(most):
            lease = timedelta(seconds=30)
            claim = self.db.run_sync(
                jobs.claim, "worker", list(handlers), 1, self.clock.now(), lease
            )
            if not claim.jobs:
                return count
            self._do(claim.jobs[0], handlers)
        return most

    def _do(self, job: JobRecord, handlers: Mapping[str, Any]) -> None:
        try:
            self.run(handlers[job.kind](job.args, job))
        except Postpone as later:
            self.db.run_sync(jobs.retry, job, later.run_at, "", False)
        except CarelineError as error:
            again = self.clock.now() + timedelta(minutes=10)
            self.db.run_sync(jobs.retry, job, again, str(error))
        else:
            self.db.run_sync(jobs.finish, job, self.clock.now())

    def _handlers(self) -> dict[str, Any]:
        own = {one.kind: one.do for one in self.plugin.job_handlers()}
        durable = self.hub.durable_handlers
        return own | durable("followup") | durable("house")

    def _next(self) -> datetime | None:
        waiting = self.db.run_sync(jobs.listing, JobState.WAITING, None, 100_000)
        kinds = self._handlers()
        return min((one.run_at for one in waiting if one.kind in kinds), default=None)

    # The hospital

    def stay(self, nth: int = 1, told: bool = True, **values: Any) -> Stay:
        """A patient leaves; the plugin is told."""
        given: dict[str, Any] = {
            "name": f"患者{nth}",
            "number": f"ZY{nth}",
            "phone": f"138{nth:08}",
            "department": "心内科",
            "ward": "三病区",
            "bed": "12",
            "diagnosis": "肺炎",
            "came": NOW - timedelta(days=9),
            "left": self.clock.now(),
        } | values
        stay = Stay(id=str(nth), campus="main", **given)
        self.house.stays[stay.id] = stay
        if told:
            self.tell(stay.id)
        return stay

    def tell(self, stay_id: str) -> None:
        """The hospital's system tells of a discharge."""
        self.db.run_sync(partial(self.hub.patient_discharged, stay_id=stay_id))

    def patient(self, **values: Any) -> Patient:
        """A record of the core's."""
        phones = (PatientPhone(PHONE, preferred=True), PatientPhone(DAUGHTER, owner="女儿"))
        given = {"name": "患者1", "id_card": CARD, "phones": phones} | values
        return self.db.run_sync(patients.add_patient, Patient(**given))

    def plan(self, plan: Plan) -> None:
        self.run(self.s.plans.save(plan, "admin"))

    def ways(self, *ways: Way, name: str = "general", **values: Any) -> Plan:
        """Change the ways of a plan."""
        plan = evolve(self.s.plans.get(name), ways=ways, **values)
        self.plan(plan)
        return plan

    # What there is

    def all(self, **wanted: Any) -> list[Task]:
        found = self.run(self.s.tasks.listed(Wanted(**wanted), 100_000))
        return [one.task for one in found.entries]

    def first(self) -> Task:
        """The first contact that was planned."""
        return min(self.all(), key=lambda task: task.id)

    def states(self) -> list[State]:
        return [task.state for task in sorted(self.all(), key=lambda task: task.id)]

    def calls(self, stages: Collection[Stage] = (Stage.WAITING, Stage.CALLING)) -> list[Kept]:
        return self.run(self.outbound.list(Calls(stages=tuple(stages))))

    def dial(self) -> Kept:
        """The dialler begins the only call that waits."""
        [call] = self.calls([Stage.WAITING])
        begun, decision = self.db.run_sync(self.outbound.claim, call.task.key, "hq-1.1", "hq")
        assert begun is not None, decision
        return begun

    def rings(self, outcome: Outcome) -> int:
        """The dialler dials whatever may be dialled now; it ends so. Gives how many."""
        waiting = self.calls([Stage.WAITING])
        count = 0
        for call in waiting:
            begun, _ = self.db.run_sync(self.outbound.claim, call.task.key, "hq-1.1", "hq")
            if begun is not None:
                self.db.run_sync(self.outbound.over, begun, outcome)
                count += 1
        self.work()
        return count

    def reply(self, question: str, value: int, task: int = 0, **values: Any) -> Given:
        way = values.pop("way", Way.AUTOMATIC)
        one = task or self.first().id
        return self.run(self.s.answers.reply(one, question, value, way, **values))

    def well(self, task: int = 0) -> None:
        """The patient answers everything, and is well."""
        for question, value in WELL:
            self.reply(question, value, task)


def in_thread(call: Any, *args: Any) -> Deferred[Any]:
    """At once: tests have one thread."""
    return succeed(call(*args))
