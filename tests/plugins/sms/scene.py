"""A hospital with clinics whose patients get messages: both plugins whole, nothing of a network.

``settle`` lets happen what is due: events are told, jobs done, messages sent by the console.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from sqlalchemy import select, update
from tests.plugins.appointments.site import Site

from careline.agents.model import Agent
from careline.auth.model import User
from careline.calls.model import CallRecord
from careline.jobs.model import JobState
from careline.jobs.store import job_table
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.pages.reports.hooks import ReportPages
from careline.storage import Database, Tx
from careline.testing.web import Browser, Seen, WebHouse
from careline_appointments.model import Booking, Source
from careline_sms.config import SmsConfig
from careline_sms.gateways.settings import GatewaySettings
from careline_sms.model import Message, State, Wanted
from careline_sms.occasions.config import OccasionsConfig
from careline_sms.plugin import Sms

ALL = (
    *("sms.send", "sms.view", "sms.group", "sms.approve", "sms.templates", "sms.book"),
    *("patients.view", "calls.view"),
)
AGENT = User(id=8, login="8001", name="李敏", agent="8001", roles=("agent",))
LEADER = User(id=7, login="leader", name="张伟", agent="8003", roles=("leader",))
MANAGER = User(id=9, login="manager", name="陈静", roles=("manager",))


class Scene(Site):
    """``sms`` is our plugin; ``at`` tells the time as the campus has it."""

    def __init__(self, db: Database, occasions: OccasionsConfig | None = None) -> None:
        self.heard_by_sms: list[tuple[str, dict[str, Any]]] = []
        super().__init__(db)
        self.calls: dict[str, CallRecord] = {}
        people = {"8001": Agent(id="8001", name="李敏"), "8003": Agent(id="8003", name="张伟")}
        core = SimpleNamespace(**vars(self.core))
        core.outreach = Outreach(self.campuses, Rules())
        core.calls = SimpleNamespace(get=self.calls.get)
        core.agents = SimpleNamespace(people=people, states={})
        core.reactor = self.fake
        self.in_threads: list[str] = []
        core.in_thread = self._in_thread
        config = SmsConfig(
            signature="市第一医院",
            gateway={"console": GatewaySettings(kind="console")},
            occasions=occasions or OccasionsConfig(),
        )
        self.sms = Sms(core, config)
        self.hub.register("sms", self.sms)
        self.web = WebHouse(clock=self.clock)
        self.web.add("sms", self.sms)
        self.web.add("reports", ReportPages(self.sms.reports(), list))
        self.run(self.services.directory.sync())
        self.run(self.sms.start())

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        self.in_threads.append(call.__name__)
        return call(*args)

    def end(self) -> None:
        """Nothing is left running."""
        self.run(self.sms.stop())
        self.run(self.tasks.stop())

    def _durable(self, tx: Tx, kind: str, args: Any) -> None:
        name = kind.rsplit(".", 1)[-1]
        mine = ".sms." in f".{kind}"
        if mine:
            tx.after_commit(lambda: self.heard_by_sms.append((name, dict(args))))
        else:
            super()._durable(tx, kind, args)

    def settle_all(self, seconds: float = 5.0) -> None:
        """What is due happens, and for some seconds the gateways work."""
        while self.heard_by_sms:
            name, args = self.heard_by_sms.pop(0)
            self.run(getattr(self.sms, name)(**args))
        while self._do_jobs():
            pass
        for _ in range(int(seconds * 4)):
            self.fake.advance(0.25)
        if self.heard_by_sms or self._do_jobs():
            self.settle_all(seconds)

    def _do_jobs(self) -> int:
        handlers = {one.kind: one for one in self.sms.job_handlers()}
        c = job_table.c

        def due(tx: Tx) -> list[tuple[int, str, Mapping[str, Any]]]:
            query = select(job_table).where(
                c.kind.in_(handlers), c.state == JobState.WAITING, c.run_at <= self.now()
            )
            return [(row.id, row.kind, row.args) for row in tx.all(query)]

        found = self.db.run_sync(due)
        for id, kind, args in found:
            self.run(handlers[kind].do(args, None))
            self.db.run_sync(_done, id)
        return len(found)

    def move_on(self, **span: float) -> None:
        """Let time pass, and what is due then happen."""
        self.fake.advance(timedelta(**span).total_seconds())
        self.settle_all()

    # Visits

    def booked(self, name: str = "王小明", phone: str = "+8613800001111", **values: Any) -> Booking:
        """A visit of a new patient, with all that follows from it."""
        one = self.book(self.patient(name, phone), **values)
        self.settle_all()
        return one

    def cancels(self, booking: Booking) -> None:
        """The patient cancels by telephone."""
        self.run(self.booker.cancel(booking.id, "有事", "1001", Source.AGENT))
        self.settle_all()

    # Messages

    def messages(self, **wanted: Any) -> list[Message]:
        """Those wanted, the oldest first."""
        found, _ = self.run(self.sms.messages.listed(Wanted(**wanted), 0, 200))
        return sorted(found, key=lambda one: one.id)

    def said(self, purpose: str = "") -> list[tuple[str, State]]:
        """Templates and states of all messages, the oldest first."""
        return [(one.template, one.state) for one in self.messages(purpose=purpose)]

    def answers(self, number: str, text: str) -> str:
        """A telephone writes to us; what it gets back."""
        before = {one.id for one in self.messages(number=number)}
        self.run(self.sms.services.gateways.console_reply(number, text))
        self.settle_all()
        new = [one for one in self.messages(number=number) if one.id not in before and one.answer]
        return new[-1].text if new else ""

    # Pages

    def browser(self, user: User = LEADER, may: Any = ALL, lang: str = "zh") -> Browser:
        return self.web.browser(evolve(user, language=lang), may)

    def get(self, path: str, **how: Any) -> Seen:
        return self.run(self.browser(**how).get(path))

    def post(self, path: str, form: Mapping[str, Any], **how: Any) -> Seen:
        return self.run(self.browser(**how).post(path, form))


def _done(tx: Tx, id: int) -> None:
    tx.execute(update(job_table).where(job_table.c.id == id).values(state=JobState.DONE))
