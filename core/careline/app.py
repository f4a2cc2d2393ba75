"""The composition root: builds every service by constructor arguments and runs the core process.

The only module that imports the reactor.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ReactorNotRunning
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from careline.agents import store as agents_store
from careline.agents.model import AgentStatus
from careline.agents.service import AgentChange, Agents
from careline.asterisk.layout import folders
from careline.callbacks import store as callbacks_store
from careline.callbacks.model import Callback
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls import from_ami
from careline.calls.model import CallRecord
from careline.calls.recovery import Recovery
from careline.calls.service import Calls, Change
from careline.calls.staffing import Staffing
from careline.calls.writer import CallWriter
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.config import Settings
from careline.control import ControlServer
from careline.errors import Unavailable
from careline.hooks import Hub
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.prompt import Prompt
from careline.ivr.service import Flows
from careline.jobs.model import Job
from careline.jobs.outbox import Outbox
from careline.jobs.service import Worker
from careline.log import begin_logging
from careline.patients.service import Patients
from careline.plugins.catalog import read_catalog
from careline.plugins.model import Core
from careline.plugins.service import Plugins
from careline.prompts.folder import Folder
from careline.prompts.service import Prompts
from careline.prompts.speech import Engine
from careline.queues.service import Queues
from careline.reception.arrival import Arrival
from careline.reception.phones import Phones
from careline.reception.service import Reception
from careline.routing.service import Routing
from careline.storage import Tx, open_database
from careline.storage.behind import WriteBehind
from careline.storage.migrate import Migrations
from careline.supervisor import beat_to_supervisor
from careline.tasks import Tasks
from careline.telephony.agi import AgiServer, AgiSession
from careline.telephony.ami import AmiLink
from careline.telephony.switch import Switch
from careline.verbs import Verbs
from careline.voicemail import store as voicemail_store
from careline.voicemail.model import Message
from careline.voicemail.service import Voicemail

TICK_S = 15.0
DB_WAIT_S = 1.0
SLOW_THREADS = 4

log = Logger()


class App:
    """One core: everything built, nothing started until :meth:`start`."""

    def __init__(self, reactor: Any, settings: Settings, clock: Clock | None = None) -> None:
        self.reactor = reactor
        self.settings = settings
        self.clock = clock or Clock(reactor)
        self.tasks = Tasks()
        self._gap_since: datetime | None = None
        self._build_ground()
        self._build_services()
        self._build_plugins()
        self.resynced: list[Callable[[], object]] = []
        Verbs(self).offer()

    # What everything stands on

    def _build_ground(self) -> None:
        self.threads = ThreadPool(0, SLOW_THREADS, "slow")
        self.db = open_database(
            self.settings.database_url, clock=self.clock, tasks=self.tasks, reactor=self.reactor
        )
        self.outbox = Outbox(self.clock)
        self.worker = Worker(self.db, self.clock, self.tasks)
        self.outbox.listen(self.worker.poke)
        self.hub = Hub(self.clock, self.tasks, self._put_job)
        own = self.settings.asterisk
        self.link = AmiLink(
            self.clock,
            self.tasks,
            lambda: TCP4ClientEndpoint(self.reactor, own.ami_host, own.ami_port, timeout=5),
            own.ami_user,
            own.ami_secret.reveal(),
        )
        self.switch = Switch(self.link)
        self.agi = AgiServer(self.reactor, self.clock, self.tasks, self._serve)
        self.control = ControlServer(self.reactor, self.clock, self.tasks)

    def _put_job(self, tx: Tx, kind: str, args: Any) -> int:
        return self.outbox.put(tx, Job(kind, args))

    def in_thread(self, call: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Run a blocking function in a thread that is not the database's."""
        return deferToThreadPool(self.reactor, self.threads, call, *args)

    # The services

    def _build_services(self) -> None:
        settings, clock, tasks, db = self.settings, self.clock, self.tasks, self.db
        self.campuses = Campuses(db, clock)
        self.patients = Patients(db)
        self.book = FlowBook(clock=clock)
        self.flows = Flows(db, clock, self.book, self._known)
        self.routing = Routing(db, self.campuses, self.flows)
        self.prompts = Prompts(
            db=db,
            folder=Folder(settings.home.prompts),
            engine=Engine(command=settings.speech.command, speed=settings.speech.speed),
            clock=clock,
            in_thread=self.in_thread,
        )
        state_log: WriteBehind[AgentStatus] = WriteBehind(db, clock, tasks, _log_states)
        self.agents = Agents(clock, lambda: self.routing.agents, state_log)
        self.calls_writer = CallWriter(db, clock, tasks, self._call_ended, self._call_closed)
        self.calls = Calls(self.calls_writer)
        self.staffing = Staffing(clock, self.calls, self.agents, lambda: self.routing.queues)
        self.queues = Queues(clock, tasks, self.switch, self.agents, lambda: self.routing.agents)
        self.recovery = Recovery(
            calls=self.calls,
            db=db,
            clock=clock,
            node=settings.core.node,
            journal_path=self._journal(),
            agent_of=self._agent_of,
            in_thread=self.in_thread,
        )
        self._build_reception()
        self.calls.listen(self._tell_plugins)
        self.agents.listen(self._agent_changed)
        self.routing.listen(self.queues.sync)

    def _build_reception(self) -> None:
        messages: WriteBehind[Message] = WriteBehind(
            self.db, self.clock, self.tasks, _each(voicemail_store.add_message)
        )
        self.voicemail = Voicemail(
            self.clock,
            self.tasks,
            self.calls,
            self.settings.home.voicemail,
            messages,
            self.in_thread,
        )
        owed: WriteBehind[Callback] = WriteBehind(
            self.db, self.clock, self.tasks, _each(callbacks_store.put_callback)
        )
        self.callbacks = Callbacks(
            self.clock,
            self.tasks,
            self.switch,
            self.calls,
            self.agents,
            owed,
            self.routing.dial_string,
            self._queues_of,
            self.settings.core.node,
        )
        self.reception = Reception(
            clock=self.clock,
            calls=self.calls,
            routing=self.routing,
            hub=self.hub,
            arrival=Arrival(
                clock=self.clock,
                calls=self.calls,
                agents=self.agents,
                routing=self.routing,
                db=self.db,
            ),
            voicemail=self.voicemail,
            callbacks=self.callbacks,
            sounds=self._sounds,
            dial_string=self.routing.dial_string,
        )
        self.phones = Phones(
            clock=self.clock,
            agents=self.agents,
            routing=self.routing,
            hub=self.hub,
            dial_string=self.routing.dial_string,
            in_thread=self.in_thread,
        )

    def _build_plugins(self) -> None:
        catalog = read_catalog()
        installed = {
            plugin.name: plugin.migrations
            for plugin in catalog.plugins.values()
            if plugin.migrations is not None
        }
        self.migrations = Migrations(self.settings.database_url, installed)
        core = Core(
            settings=self.settings,
            clock=self.clock,
            tasks=self.tasks,
            hub=self.hub,
            db=self.db,
            outbox=self.outbox,
            switch=self.switch,
            calls=self.calls,
            agents=self.agents,
            queues=self.queues,
            patients=self.patients,
            campuses=self.campuses,
        )
        self.plugins = Plugins(self.settings, catalog, core, _PluginTables(self))

    # What services ask of one another

    def _known(self) -> Known:
        return Known(
            kinds=self.book.kinds, queues=set(self.routing.queues), flows=set(self.book.names())
        )

    def _journal(self) -> Path:
        return folders(self.settings.home.asterisk).log / "cel-custom" / "journal.csv"

    def _agent_of(self, endpoint: str) -> str:
        status = self.agents.on_phone(endpoint.partition("/")[2])
        return status.agent if status else ""

    def _queues_of(self, agent_id: str) -> Iterable[str]:
        agent = self.routing.agents.get(agent_id)
        return [skill.queue for skill in agent.skills] if agent else []

    async def _sounds(self, prompt: Prompt) -> tuple[str, ...]:
        return await self.prompts.files(prompt.speech.value, prompt.value, prompt.language)

    # What is told to plugins

    def _call_ended(self, tx: Tx, call: CallRecord) -> None:
        self.hub.call_ended(tx, call_id=call.id)

    def _call_closed(self, call_id: str) -> None:
        self.calls.forget(call_id)

    def _tell_plugins(self, change: Change) -> None:
        call, fact = change.after, change.fact
        if isinstance(fact, f.Queued):
            self.hub.call_queued(call=call, queue=fact.queue)
        elif isinstance(fact, f.Connected):
            self.hub.call_answered(call=call, agent=fact.agent)
        elif isinstance(fact, f.Transferred):
            leg = call.leg(fact.channel)
            agent = leg.agent if leg else ""
            self.hub.call_transferred(call=call, agent=agent, target=fact.target)

    def _agent_changed(self, change: AgentChange) -> None:
        self.queues.sync()
        self.hub.agent_changed(before=change.before, after=change.after)

    # Life

    async def _serve(self, session: AgiSession) -> None:
        served: dict[str, Callable[[AgiSession], Awaitable[None]]] = {
            "/step": self.reception.step,
            "/feature": self.phones.feature,
            "/dial": self.phones.dial,
        }
        await served[session.path](session)

    async def start(self) -> None:
        """Take up what an earlier core left, then open the doors; waits for the database."""
        beat_to_supervisor(self.reactor, self.clock, self._orphaned)
        self.threads.start()
        await self._read_state()
        await self.plugins.start()
        self.worker.start()
        self.agi.listen(self.settings.core.agi_port, self.settings.core.agi_bind)
        self.control.listen(self.settings.control_socket)
        self.link.subscribe(from_ami.EVENTS, self.calls.event)
        self.link.on_up(self._resync)
        self.link.on_down(self._lost)
        self.link.start()
        self.tasks.spawn(self._tick(), "tick")

    def _orphaned(self) -> None:
        """The supervisor is gone: end too, Asterisk goes on."""
        with suppress(ReactorNotRunning):
            self.reactor.stop()

    async def _read_state(self) -> None:
        while True:
            try:
                await self.routing.load()
                self.agents.resume((await self.db.run(agents_store.current_states)).values())
                self._gap_since = await self.recovery.load()
                self.callbacks.resume(await self.db.run(callbacks_store.open_callbacks))
                return
            except Unavailable as error:
                log.warn("start waits for the database: {error}", error=error)
                await self.clock.sleep(DB_WAIT_S)

    async def _resync(self) -> None:
        """The link is up: what happened meanwhile, who is talking, who is a member where."""
        listed = self.clock.now()
        channels = await self.switch.channels()
        await self.recovery.catch_up(self._gap_since or listed, listed, channels)
        self.staffing.reconcile()
        self.queues.reset(await self.switch.queue_status())
        await self.queues.settled()
        log.info("in step with Asterisk: {calls} calls", calls=len(self.calls.open))
        for told in self.resynced:
            told()

    def _lost(self) -> None:
        self._gap_since = self.clock.now()
        self.queues.lost()

    async def _tick(self) -> None:
        while True:
            await self.clock.sleep(TICK_S)
            for queue in self.routing.queues:
                self.callbacks.serve(queue)

    async def stop(self) -> None:
        """Close the doors; calls go on without us."""
        await self.control.stop()
        await self.agi.stop()
        await self.link.stop()
        await self.plugins.stop()
        await self.worker.stop()
        self.agents.stop()
        await self.calls_writer.written()
        await self.tasks.stop()
        await self.db.close()
        self.threads.stop()
        self.migrations.close()


class _PluginTables:
    """The migrations as the plugin service wants them: async, and no error without tables."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def upgrade(self, plugin: str) -> None:
        """Bring the plugin's tables up to date."""
        if plugin in self._app.migrations.plugins:
            await self._app.in_thread(self._app.migrations.upgrade, [plugin])

    async def purge(self, plugin: str) -> None:
        """Remove the plugin's tables."""
        if plugin in self._app.migrations.plugins:
            await self._app.in_thread(self._app.migrations.purge, plugin)


def _log_states(tx: Tx, states: Iterable[AgentStatus]) -> None:
    for status in states:
        agents_store.log_state(tx, status)


def _each(store: Callable[[Tx, Any], object]) -> Callable[[Tx, Iterable[Any]], None]:
    def write(tx: Tx, items: Iterable[Any]) -> None:
        for item in items:
            store(tx, item)

    return write


def run_core(settings: Settings) -> None:
    """Run the core process until it is told to stop."""
    from twisted.internet import reactor as installed  # noqa: TID251  the composition root

    reactor: Any = installed
    reactor.seconds = time.monotonic  # a step of the wall clock freezes no timer
    begin_logging(sys.stderr, settings.log.level, settings.log.format)
    app = App(reactor, settings)

    def failed(failure: Any) -> None:
        log.failure("the core cannot start", failure=failure)
        reactor.stop()

    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(app.start()).addErrback(failed))
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(app.stop()))
    reactor.run()
