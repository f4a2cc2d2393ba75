"""The floor of the services: each built by constructor arguments, and told of the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from twisted.logger import Logger

from careline.agents import store as agents_store
from careline.agents.model import State
from careline.agents.pins import PinGuard
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.alarms import store as alarms_store
from careline.alarms.model import Alarm
from careline.alarms.service import Alarms
from careline.app.ground import Ground
from careline.app.outward import ageing_of, dialler_of, outbound_of, through_of
from careline.asterisk import existing
from careline.asterisk.layout import folders
from careline.asterisk.plain import JOURNAL
from careline.audit import store as audit_store
from careline.audit.service import Audit
from careline.auth import passes
from careline.auth.accounts import Accounts
from careline.auth.entrance import Entrance
from careline.auth.passwords import Passwords
from careline.auth.permissions import CORE as PERMISSIONS
from careline.auth.service import Auth, Rules
from careline.callbacks import store as callbacks_store
from careline.callbacks.service import Callbacks
from careline.callcontrol.service import CallControl
from careline.calls.model import CallRecord
from careline.calls.recorder import Recorder
from careline.calls.recovery import Recovery
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.calls.writer import CallWriter
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.config import Settings
from careline.desk import store as desk_store
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.errors import NotFound
from careline.figures import store as figures_store
from careline.figures.lines import Lines
from careline.figures.service import Figures
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.prompt import Prompt
from careline.ivr.service import Flows
from careline.outbound.allow import AllowList
from careline.outreach import store as outreach_store
from careline.outreach.exporting import rows_of
from careline.outreach.rules import Rules as OutreachRules
from careline.outreach.service import Outreach
from careline.patients.held import Held
from careline.patients.keeping import Keeping
from careline.patients.linking import Linking
from careline.patients.moving import Moving
from careline.patients.service import Patients
from careline.plugins.versions import ROWS_KEPT, forget_kept_rows
from careline.presence import store as presence_store
from careline.presence.service import Presence
from careline.prompts.service import Prompts
from careline.prompts.speech import Tools
from careline.prompts.takes import Takes
from careline.queues.model import reaching
from careline.queues.service import Queues
from careline.reception.arrival import Arrival
from careline.reception.overflow import Overflow
from careline.reception.phones import Phones
from careline.reception.service import Reception
from careline.reception.strangers import Strangers
from careline.routing.service import Routing
from careline.setup.prepare import found_tools, prompts_of
from careline.storage import Tx
from careline.storage.behind import WriteBehind
from careline.voicemail import store as voicemail_store
from careline.voicemail.service import Voicemail
from careline.wallboards.service import Wallboards
from careline.web.events import Events
from careline.web.offers import Offers

T = TypeVar("T")

log = Logger()


class Services(Ground):
    """All services of one core."""

    def __init__(self, reactor: Any, settings: Settings, clock: Clock | None = None) -> None:
        super().__init__(reactor, settings, clock)
        self._written_behind: list[WriteBehind[Any]] = []
        self._build_directory()
        self._build_calls()
        self._build_people()
        self._build_outreach()
        self._build_reception()
        self._build_desk()
        self.served = {
            "/step": self.reception.step,
            "/feature": self.phones.feature,
            "/dial": self.phones.dial,
            "/refer": self.phones.refer,
            "/record": self.takes.serve,
        }

    # Who and what there is: campuses, patients, flows, prompts

    def _build_directory(self) -> None:
        settings, clock, db = self.settings, self.clock, self.db
        self.campuses = Campuses(db, clock)
        self.patients = Patients(db, self.hub, clock)
        self.moving = Moving(
            db, clock, self.outbox, self.in_thread, settings.home.transfers, settings.core.node
        )
        for kind, work in self.moving.jobs().items():
            self.worker.handle(kind, work)
        self.keeping = Keeping(
            clock,
            self.tasks,
            self.patients,
            self.moving,
            settings.patients.keep_days,
            lambda: forget_kept_rows(settings.home, clock.now() - ROWS_KEPT),
        )
        held = Held(name="kept rows", forget=lambda *_: forget_kept_rows(settings.home))
        self.patients.hold(held)
        self.book = FlowBook(clock=clock)
        self.flows = Flows(db, clock, self.book, self._known)
        self.allow = AllowList(settings.outbound.allow)
        self.routing = Routing(db, self.campuses, self.flows, self.allow)
        self.prompts = self._open_prompts()
        folder = settings.home.voicemail / "takes"
        self.takes = Takes(clock, self.switch, self.prompts, folder, self.in_thread)

    def _open_prompts(self) -> Prompts:
        tools = _tools(self.settings)
        return prompts_of(self.settings, self.db, self.clock, self.in_call_thread, tools=tools)

    def _known(self) -> Known:
        return Known(
            kinds=self.book.kinds,
            queues=set(self.routing.queues),
            flows=set(self.book.names()),
            look_ups=set(self.book.look_ups),
        )

    # What happens: calls, agents, queues

    def _build_calls(self) -> None:
        settings, clock, tasks, db = self.settings, self.clock, self.tasks, self.db
        state_log = self._behind(agents_store.log_state)
        self.agents = Agents(clock, lambda: self.routing.agents, state_log)
        self.wishes = Wishes(self.agents, self.hub)
        self.calls_writer = CallWriter(db, clock, tasks, self._call_ended, self._call_closed)
        self.calls = Calls(self.calls_writer, self._agent_of)
        self.linking = Linking(clock, self.calls, self.patients)
        self.staffing = Staffing(
            clock, self.calls, self.agents, lambda: self.routing.queues, self._work_of
        )
        self.queues = Queues(clock, tasks, self.switch, self.agents, lambda: self.routing.agents)
        self.figures = Figures(
            clock=clock,
            db=db,
            node=settings.core.node,
            calls=self.calls,
            agents=self.agents,
            campuses=self.campuses,
            queues=lambda: self.routing.queues,
            behind=self._behind(figures_store.put_counted),
        )
        self.wallboards = Wallboards(db, clock)
        self.lines = Lines(
            self.figures,
            self.agents,
            lambda: self.routing.queues,
            lambda: self.campuses.directory.campuses,
        )
        self.alarms = Alarms(clock, db, settings.core.node, self._behind(self._put_alarm))
        self.recovery = Recovery(
            calls=self.calls,
            db=db,
            clock=clock,
            node=settings.core.node,
            journal_path=self._journal(),
            agent_of=self._agent_of,
            in_thread=self.in_call_thread,
        )
        self.routing.listen(self.queues.sync)
        self.agents.listen(lambda _: self.queues.sync())

    def _put_alarm(self, tx: Tx, alarm: Alarm) -> None:
        alarms_store.put_alarm(tx, self.settings.core.node, alarm)

    def _call_ended(self, tx: Tx, call: CallRecord) -> None:
        self.hub.call_ended(tx, call_id=call.id)

    def _call_closed(self, call_id: str) -> None:
        self.figures.closed(call_id)
        self.dialler.closed(call_id)
        self.calls.forget(call_id)

    def _spool(self) -> Path:
        own = self.settings.asterisk
        if own.etc is not None and not own.embedded:
            return existing.spool(own.etc)
        return folders(self.settings.home.asterisk).spool

    def _journal(self) -> Path:
        own = self.settings.asterisk
        if own.etc is not None and not own.embedded:
            return existing.journal(own.etc)
        return folders(self.settings.home.asterisk).log / JOURNAL

    def _agent_of(self, endpoint: str) -> str:
        status = self.agents.on_phone(endpoint.partition("/")[2])
        return status.agent if status else ""

    # Who works with it: accounts, sessions, the audit log

    def _build_people(self) -> None:
        clock, tasks, db = self.clock, self.tasks, self.db
        self.offers = Offers(PERMISSIONS)
        lines = self._behind(audit_store.add_entry)
        self.audit = Audit(
            db,
            clock,
            tasks,
            lines,
            self.in_thread,
            keep_days=self.settings.audit.keep_days,
            acts=self.hub.acts,
        )
        self.auth = Auth(
            db,
            clock,
            tasks,
            self._behind(passes.write_session),
            self.audit,
            Rules(
                idle=timedelta(minutes=self.settings.web.idle_lock_min),
                lasts=timedelta(hours=self.settings.web.session_h),
                demo=self.settings.web.is_local,
            ),
            agents=lambda: self.routing.agents,
            works=self._works,
            permissions=lambda: self.offers.permissions,
        )
        self.events = Events(clock, self.auth.may, self.auth.alive, secrets.token_hex(4))
        self.entrance = Entrance(self.auth, db, clock, Passwords(self.in_thread))
        self.accounts = Accounts(self.auth, clock)
        self.routing.listen(self.auth.forget_grants)  # an agent's team may be another one now

    def _works(self, agent: str) -> bool:
        """True while an agent waits for calls, has one, or writes one up."""
        status = self.agents.states.get(agent)
        return status is not None and status.state not in (State.SIGNED_OUT, State.NOT_READY)

    # Whom the hospital calls or writes to by itself

    def _build_outreach(self) -> None:
        self.outreach = Outreach(self.campuses, OutreachRules.of(self.settings.outreach))
        self.patients.hold(
            Held(name="contacts", rows=rows_of, forget=outreach_store.forget_patients)
        )
        self.outbound = outbound_of(self)
        self.ageing = ageing_of(self)
        self.through = through_of(self)
        self.dialler = dialler_of(self)

    # Who leads callers: reception, voicemail, callbacks, the phones of the house

    def _build_reception(self) -> None:
        clock, tasks, db = self.clock, self.tasks, self.db
        messages = self._behind(voicemail_store.add_message)
        self.voicemail = Voicemail(
            clock, tasks, self.calls, self.settings.home.voicemail, messages, self.in_call_thread
        )
        self.recorder = Recorder(self.hub, self.calls, self.switch, clock, self._spool())
        owed = self._behind(callbacks_store.put_callback)
        self.callbacks = Callbacks(
            clock, tasks, self.calls, self.agents, self.through, owed, self.settings.core.node
        )
        self.callcontrol = CallControl(
            clock,
            self.switch,
            self.calls,
            self.agents,
            self.routing,
            self.hub,
            self.settings.core.node,
            self.recorder,
        )
        strangers = Strangers(clock, self.calls, self.hub, db, tasks)
        arrival = Arrival(clock, self.calls, self.agents, self.routing, db, strangers)
        self.reception = Reception(
            clock=clock,
            calls=self.calls,
            routing=self.routing,
            hub=self.hub,
            arrival=arrival,
            overflow=Overflow(clock, self.calls, self.hub, arrival),
            voicemail=self.voicemail,
            callbacks=self.callbacks,
            sounds=self._sounds,
            dial_string=self.routing.dial_string,
            recorder=self.recorder,
            automatic=self.dialler.answered,
        )
        self.phones = Phones(
            clock=clock,
            agents=self.agents,
            calls=self.calls,
            wishes=self.wishes,
            routing=self.routing,
            hub=self.hub,
            pins=PinGuard(clock),
            dial_string=self.routing.dial_string,
            in_thread=self.in_call_thread,
            recorder=self.recorder,
        )

    # What agents do beside talking: dispositions, drafts; whether their desks are there

    def _build_desk(self) -> None:
        self.presence = Presence(self.clock, self.agents, self._behind(presence_store.put_seat))
        self.callcontrol.can_ring = self.presence.phone_there
        self.dispositions = Dispositions(self.db, self.clock)
        self.desk = Desk(
            clock=self.clock,
            tasks=self.tasks,
            db=self.db,
            calls=self.calls,
            agents=self.agents,
            wishes=self.wishes,
            dispositions=self.dispositions,
            callbacks=self.callbacks,
            drafts=self._behind(desk_store.put_draft),
            stored=self.calls_writer.written,
            zone=self.campuses.zone,
        )
        self.routing.listen(
            lambda: self.tasks.spawn(self.dispositions.load(), "the tree of dispositions")
        )

    def _work_of(self, call: str, agent: str) -> tuple[str, str]:
        return self.desk.work_of(call, agent)

    def queues_of(self, agent_id: str) -> Iterable[str]:
        """The queues whose callers reach an agent."""
        agent = self.routing.agents.get(agent_id)
        return reaching(agent) if agent else []

    def _behind(self, store: Callable[[Tx, T], object]) -> WriteBehind[T]:
        def write(tx: Tx, items: Iterable[T]) -> None:
            for item in items:
                store(tx, item)

        behind = WriteBehind(self.db, self.clock, self.tasks, write)
        self._written_behind.append(behind)
        return behind

    @property
    def unwritten(self) -> int:
        """How much is in memory alone."""
        behind = sum(one.waiting for one in self._written_behind)
        return self.calls_writer.waiting + behind

    async def all_written(self) -> None:
        """Wait until nothing is left to store; as long as the database is away, this waits."""
        await self.calls_writer.written()
        for behind in self._written_behind:
            await behind.written()

    async def _sounds(self, prompt: Prompt) -> tuple[str, ...]:
        kind = prompt.speech.value
        return await self.prompts.files(kind, prompt.value, prompt.language, prompt.text)


def _tools(settings: Settings) -> Tools:
    """Without sox or espeak-ng no new text can be spoken, but calls are answered."""
    try:
        return found_tools(settings)
    except NotFound as error:
        log.warn("{error}", error=error)
        return Tools()
