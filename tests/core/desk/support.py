"""Two agents, the calls that come to them, and the pages they see, on one database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.core.calls.support import (
    CALL,
    bridged,
    caller_up,
    connected,
    phone_up,
    queued,
    rang,
)
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Skill
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.calls.store import load, load_open
from careline.calls.writer import CallWriter
from careline.clock import Clock
from careline.desk.service import Desk
from careline.desk.store import put_draft, read_drafts
from careline.dispositions.service import Dispositions
from careline.hooks import Hub
from careline.outbound.through import ThroughQueue
from careline.outbound.ways import Ways
from careline.queues.model import Queue
from careline.storage import Database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.testing import run_async

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PEOPLE = {
    number: Agent(
        id=number,
        name=name,
        phone=phone,
        browser_phone=f"b{phone}",
        skills=(Skill(queue="booking"),),
    )
    for number, name, phone in (("8001", "李敏", "1001"), ("8002", "王芳", "1002"))
}
QUEUES = {"booking": Queue(id="booking", title="预约", wrap_up_s=30)}


class Floor:
    """Two agents and the calls that come, on one database, which a second floor may share."""

    def __init__(self, db: Database, fake: FakeClock) -> None:
        self.db, self.fake = db, fake
        self.clock = Clock(fake, lambda: T0 + timedelta(seconds=fake.seconds()))
        tasks = Tasks()
        self.writer = CallWriter(db, self.clock, tasks, lambda tx, call: None, self._closed)
        self.calls = Calls(self.writer)
        self.agents = Agents(self.clock, lambda: PEOPLE, self._behind(lambda tx, one: None))
        self.staffing = Staffing(
            self.clock,
            self.calls,
            self.agents,
            lambda: QUEUES,
            lambda call, agent: self.desk.work_of(call, agent),
        )
        self.dispositions = Dispositions(db, self.clock)
        nothing: Any = lambda *args: ""  # noqa: E731
        ways = Ways(
            trunk=nothing,
            cleared=nothing,
            shown=nothing,
            marks=nothing,
            dial=nothing,
            skills=lambda agent: ["booking"],
        )
        through = ThroughQueue(self.clock, nothing, self.calls, self.agents, ways)
        owed = self._behind(lambda tx, one: None)
        self.callbacks = Callbacks(self.clock, tasks, self.calls, self.agents, through, owed, "hq")
        self.wishes = Wishes(self.agents, Hub(self.clock, tasks))
        self.desk = Desk(
            clock=self.clock,
            tasks=tasks,
            db=db,
            calls=self.calls,
            agents=self.agents,
            wishes=self.wishes,
            dispositions=self.dispositions,
            callbacks=self.callbacks,
            drafts=self._behind(put_draft),
            stored=self.writer.written,
            zone=lambda: ZoneInfo("Asia/Shanghai"),
        )
        run_async(self.dispositions.load())

    def _closed(self, call_id: str) -> None:
        self.calls.forget(call_id)

    def _behind(self, store: Any) -> Any:
        def write(tx: Any, items: Any) -> None:
            for item in items:
                store(tx, item)

        return WriteBehind(self.db, self.clock, Tasks(), write)

    def takes_over(self, earlier: Floor) -> None:
        """Start after that core's end, as the life of a core has it."""
        self.agents.resume(earlier.agents.states.values())
        self.desk.resume(self.db.run_sync(read_drafts))
        for stored in self.db.run_sync(load_open, "hq"):
            self.calls.resume(stored)
        self.desk.settle()

    def happens(self, *facts: f.Fact, call: str = CALL) -> None:
        for fact in facts:
            self.fake.advance(max(0.0, (fact.at - self.clock.now()).total_seconds()))
            self.calls.fact(call, fact)

    def talks(self) -> None:
        """8001 talks with the caller from the 10th second on."""
        self.agents.sign_in("8001")
        self.agents.ready("8001")
        self.happens(
            caller_up(),
            queued("booking", 1),
            phone_up("hq-2.2", 2),
            rang("hq-2.2", 2),
            connected("hq-2.2", 10),
            bridged("hq-2.2", 10),
            bridged(CALL, 10),
        )

    def save(self, agent: str = "8001", call: str = CALL, **typed: Any) -> bool:
        return run_async(self.desk.save(call, agent, **typed), self.clock)

    @property
    def record(self) -> CallRecord:
        stored = self.db.run_sync(load, CALL)
        assert stored is not None
        return stored.record
