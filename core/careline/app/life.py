"""The life of one core: it takes up what an earlier one left, stays in step, and lets go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

from careline.agents import store as agents_store
from careline.agents.model import ON_CALL
from careline.alarms.watch import Watch
from careline.app.floor_verbs import FloorVerbs
from careline.app.plugged import Plugged
from careline.app.watching import Watching
from careline.app.workspace import Workspace
from careline.callbacks import store as callbacks_store
from careline.calls import from_ami, journal
from careline.clock import Clock, TimeoutError
from careline.config import Settings
from careline.desk import store as desk_store
from careline.errors import CarelineError, Unavailable
from careline.numbers import Places
from careline.plugins.catalog import Catalog
from careline.presence import service as presence
from careline.presence import store as presence_store
from careline.supervisor import beat_to_supervisor
from careline.verbs import Verbs

TICK_S = 15.0
#: Seconds that running jobs have at the end; the supervisor waits ten for all of it.
JOBS_S = 2.0
DB_WAIT_S = 1.0
AGAIN_S = 1.0
WRITE_S = 5.0

log = Logger()


class App(Plugged):
    """One core: everything built, nothing started until :meth:`start`."""

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        clock: Clock | None = None,
        catalog: Catalog | None = None,
    ) -> None:
        super().__init__(reactor, settings, clock, catalog)
        self._gap_since: datetime | None = None
        self.resynced: list[Callable[[], object]] = []
        self.watching = Watching(self)
        self.watch = Watch(self.clock, self.tasks, self.alarms, self.watching.sources)
        self.workspace = Workspace(self)
        self.workspace.open_core()
        Verbs(self).offer()
        FloorVerbs(self).offer()

    async def start(self) -> None:
        """Take up what an earlier core left, then open the doors; waits for the database."""
        beat_to_supervisor(self.reactor, self.clock, self._orphaned)
        self.threads.start()
        self.call_threads.start()
        await self.plugins.load()  # flows are read with the nodes that plugins bring
        await self._read_state()
        await self.plugins.start()
        self.audit.start()
        self.keeping.start()
        for one in self.ageing:
            one.start()
        self._prepare()
        self.worker.start()
        self.agi.listen(self.settings.core.agi_port, self.settings.core.agi_bind)
        self.control.listen(self.settings.control_socket)
        self.workspace.listen()
        self.calls.hold_back()
        self.link.subscribe(from_ami.EVENTS, self.calls.event)
        self.link.subscribe(presence.EVENTS, self.presence.phone_event)
        self.presence.listen_phones(self._phone_changed)
        self.link.on_up(self._resync)
        self.link.on_down(self._lost)
        self.link.start()
        self.tasks.spawn(self._tick(), "tick")
        self.watch.start()
        self.dialler.start()

    def _prepare(self) -> None:
        """Make ready what somebody would wait for later."""
        self.tasks.spawn(self.entrance.prepare(), "making ready for sign-ins")
        self.tasks.spawn(Places(self.in_thread).prepare(), "places of numbers")

    def _phone_changed(self, phone: str, there: bool) -> None:
        """A browser's phone that is gone takes its talk along: the party is kept for its agent."""
        own = self.routing.phones.get(phone)
        status = self.agents.on_phone(phone)
        if own and own.webrtc and not there and status and status.state in ON_CALL:
            kept = self.callcontrol.lost_if_silent(status.agent)
            self.tasks.spawn(kept, "keeping the party of a lost phone")

    def _orphaned(self) -> None:
        """The supervisor is gone: end too, Asterisk goes on."""
        with suppress(ReactorNotRunning):
            self.reactor.stop()

    async def _read_state(self) -> None:
        while True:
            try:
                await self.routing.load()
                self._gap_since = await self.recovery.load()
                self.desk.resume(await self.db.run(desk_store.read_drafts))
                # After the calls: a wrap-up that is over by now is noted in its call.
                self.agents.resume((await self.db.run(agents_store.current_states)).values())
                self.presence.resume(await self.db.run(presence_store.read_seats))
                self.callbacks.resume(await self.db.run(callbacks_store.open_callbacks))
                await self.figures.load()
                await self.alarms.load()
                await self.wallboards.load()
                await self.auth.start()  # last: what it begins to watch, it begins once
                return
            except Unavailable as error:
                log.warn("start waits for the database: {error}", error=error)
                await self.clock.sleep(DB_WAIT_S)

    async def _resync(self) -> None:
        """The link is up: get in step with Asterisk; ended from outside when the link is lost."""
        while True:
            try:
                return await self._get_in_step()
            except (CarelineError, OSError) as error:
                log.warn("not in step with Asterisk yet: {error}", error=error)
                await self.clock.sleep(AGAIN_S)

    async def _get_in_step(self) -> None:
        """What happened meanwhile, who is talking, who is a member where."""
        listed = self.clock.now()
        channels = await self.switch.channels()
        await self.recovery.catch_up(self._gap_since or listed, listed, channels)
        self._gap_since = None
        self.presence.reset(await self.switch.devices())
        await self.callcontrol.reconcile(channels)
        self.staffing.reconcile()
        self.queues.reset(await self.switch.queue_status())
        await self.queues.settled()
        # Last: whatever goes wrong with desks and callbacks, the queues have their members.
        self.desk.settle()
        self.callbacks.reconcile()
        self.dialler.in_step()
        log.info("in step with Asterisk: {calls} calls", calls=len(self.calls.open))
        for told in self.resynced:
            told()

    def _lost(self) -> None:
        # A gap that was not made good yet is only longer now.
        self._gap_since = self._gap_since or self.clock.now()
        self.calls.hold_back()
        self.queues.lost()
        self.dialler.lost()

    async def _tick(self) -> None:
        while True:
            await self.clock.sleep(TICK_S)
            self.callbacks.serve_all()
            self.workspace.listen()
            if not self.settings.asterisk.embedded:  # the hospital's own log rotation does it
                continue
            try:
                await self.in_thread(journal.rotate, self.recovery.journal_path)
            except OSError as error:
                log.warn("the journal of calls cannot be rotated: {error}", error=error)

    async def stop(self) -> None:
        """Close the doors; calls go on without us."""
        await self.control.stop()
        # Whatever goes wrong there, what happened last must still be stored.
        await self.tasks.spawn(self.workspace.stop(), "closing the workspace")
        await self.agi.stop()
        await self.link.stop()
        await self.plugins.stop()
        await self.worker.stop(JOBS_S)
        self.agents.stop()
        self.figures.stop()
        self.presence.stop()
        try:
            await self.clock.within(WRITE_S, self.all_written())
        except TimeoutError:
            log.error("the database is away: what happened last is not stored")
        await self.tasks.stop()
        await self.db.close()
        self.threads.stop()
        self.call_threads.stop()
        self.migrations.close()
