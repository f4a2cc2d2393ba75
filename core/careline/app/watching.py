"""What the alarms look at: every source, joined to the part of the core that can tell."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve
from sqlalchemy import text

from careline.alarms import sources
from careline.alarms.model import Condition, as_text
from careline.alarms.watch import Source
from careline.campuses.model import Trunk
from careline.control import ControlClient
from careline.errors import Unavailable
from careline.hooks.values import Level
from careline.jobs import store as jobs_store
from careline.jobs.model import JobState
from careline.setup.doctor import Finding, Patient, examine
from careline.storage import Tx
from careline.storage.retention import backup_time
from careline.telephony.ami.link import LinkState

if TYPE_CHECKING:
    from careline.app.life import App

DOCTOR_S = 600.0
DOCTOR_AFTER_S = 60.0
#: What the doctor looks at and a source of its own sees sooner.
SEEN_ELSEWHERE = frozenset(
    {"link to Asterisk", "Asterisk's dialplan", "core", "database", "disk", "plugins"}
)


class Watching:
    """Looks at one core for its alarms; :attr:`sources` says what, and how often."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._link_was = LinkState.STOPPED
        self._link_since = app.clock.seconds()

    @property
    def sources(self) -> list[Source]:
        """All of them."""
        return [
            Source(name="link", every_s=2, after_s=1, look=self._link),
            Source(name="dialplan", every_s=30, after_s=5, look=self._dialplan),
            Source(name="database", every_s=15, after_s=5, look=self._database),
            Source(name="workspace", every_s=10, after_s=1, look=self._workspace),
            Source(name="disk", every_s=60, look=self._disk),
            Source(name="trunks", every_s=30, after_s=30, look=self._trunks),
            Source(name="floor", every_s=5, after_s=5, look=self._floor),
            Source(name="jobs", every_s=30, after_s=1, look=self._jobs),
            Source(name="plugins", every_s=10, after_s=1, look=self._plugins),
            Source(name="health", every_s=60, after_s=10, look=self._health),
            Source(name="backup", every_s=3600, after_s=60, look=self._backup),
            Source(name="doctor", every_s=DOCTOR_S, after_s=DOCTOR_AFTER_S, look=self._doctor),
        ]

    async def _link(self) -> Iterable[Condition]:
        state, now = self._app.link.state, self._app.clock.seconds()
        if state is LinkState.UP or self._link_was is LinkState.UP:
            self._link_since = now
        self._link_was = state
        return sources.link(state, now - self._link_since)

    async def _dialplan(self) -> Iterable[Condition]:
        app = self._app
        return sources.dialplan(await app.switch.can_ring()) if app.link.up else ()

    async def _database(self) -> Iterable[Condition]:
        began = self._app.clock.seconds()
        waiting = self._app.unwritten
        try:
            await self._app.db.run(_ask)
        except Unavailable as error:
            return sources.database(None, waiting, error)
        return sources.database(self._app.clock.seconds() - began, waiting)

    async def _workspace(self) -> Iterable[Condition]:
        return sources.workspace(self._app.workspace.site.failure)

    async def _disk(self) -> Iterable[Condition]:
        usage = await self._app.in_thread(shutil.disk_usage, self._app.settings.home.root)
        return sources.disk(usage.free)

    async def _trunks(self) -> Iterable[Condition]:
        used = {one.id: one.title for one in self._app.routing.trunks.values() if _answers(one)}
        if not self._app.link.up or not used:
            return ()
        return sources.trunks(used, await self._app.switch.contacts(used))

    async def _floor(self) -> Iterable[Condition]:
        figures, waiting = self._app.figures, self._app.figures.waiting()
        queues = {}
        for queue in self._app.routing.queues.values():
            if queue.id in waiting:
                staff = figures.staff(queue.id)
                queues[queue.id] = sources.QueueNow(
                    queue.title,
                    waiting[queue.id].since,
                    staff.signed_in,
                    staff.ready,
                    staff.busy,
                    queue.service_level_s,
                )
        return sources.floor(queues, self._app.clock.now())

    async def _jobs(self) -> Iterable[Condition]:
        counts = await self._app.db.run(jobs_store.counts)
        return sources.jobs(counts[JobState.PARKED])

    async def _plugins(self) -> Iterable[Condition]:
        return sources.plugins(self._app.plugins.statuses())

    async def _health(self) -> Iterable[Condition]:
        return sources.health(await self._app.hub.health())

    async def _backup(self) -> Iterable[Condition]:
        if self._app.routing.trunks.keys() == {"demo"}:
            return ()  # the demonstration has nothing to lose
        newest = await self._app.in_thread(self._newest_backup)
        return sources.backup(newest, self._app.clock.now())

    def _newest_backup(self) -> datetime | None:
        folder = self._app.settings.home.backups
        names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        return max(filter(None, map(backup_time, names)), default=None)

    async def _doctor(self) -> Iterable[Condition]:
        return list(conditions_of(await self.examined()))

    async def examined(self) -> list[Finding]:
        """What the doctor finds, as the command line's does."""
        settings = self._app.settings
        control = ControlClient(settings.control_socket)
        patient = Patient(settings, self._app.db, control, kinds=self._app.book.kinds)
        return list(await self._app.in_thread(_examine, patient))


def conditions_of(findings: Iterable[Finding]) -> Iterator[Condition]:
    """The findings that are red, but for those that another source sees sooner."""
    for at, one in enumerate(findings):
        if one.ok is False and one.name.msgid not in SEEN_ELSEWHERE:
            yield Condition(
                name=f"{one.name.to('en')}.{at}"[:160],
                level=Level.MINOR,
                title=one.name,
                detail=as_text(one.found),
                remedy=one.cure or as_text(""),
            )


def _examine(patient: Patient) -> list[Finding]:
    """In a thread: it blocks, and asks the core by its control socket like anybody."""
    status = patient.control.call("status")
    return list(examine(evolve(patient, status=status)))


def _ask(tx: Tx) -> None:
    tx.execute(text("SELECT 1"))


def _answers(trunk: Trunk) -> bool:
    """A provider's line that is in use; a scripted caller on this machine comes and goes."""
    return trunk.enabled and not trunk.host.startswith("127.")
