"""What is due by the clock: recordings whose time is over are erased, the book gone through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from careline.errors import CarelineError
from careline.hooks import ExportPart, HealthCheck, JobHandler, Level, Schedule
from careline.i18n import Text
from careline.plugins import Core
from careline.storage import Tx
from careline_recording import book, patients, store
from careline_recording.config import RecordingConfig
from careline_recording.consent import forget_refusals
from careline_recording.intake import Intake
from careline_recording.intake.spool import spooled
from careline_recording.keeping import FolderStore
from careline_recording.model import Recording
from careline_recording.store import Sealed
from careline_recording.vault import Vault

log = Logger()

HOURLY = "recording.hourly"
NIGHTLY = "recording.nightly"
AT = time(3, 20)
#: The book and refusals are kept as long as figures are looked at.
KEPT = timedelta(days=400)
LOOKED_BACK = timedelta(days=3)
SETTLED = timedelta(minutes=10)
ORPHANED = timedelta(days=1)
TIME_OVER = "time"
PATIENT = "patient"
ALARM_FOR = timedelta(days=2)
#: Plain audio must not be there longer after its call.
PLAIN = timedelta(seconds=60)
MB = 1_000_000


@frozen
class Purged:
    """How much was erased: recordings whose time was over, and files that belong to none."""

    recordings: int
    orphans: int


class Retention:
    """Erasing, and accounting for what slipped through."""

    def __init__(self, core: Core, config: RecordingConfig, vault: Vault, intake: Intake) -> None:
        self._core = core
        self._config = config
        self._vault = vault
        self._intake = intake

    def job_handlers(self) -> list[JobHandler]:
        """The work of each hour and of each night."""
        return [
            JobHandler(kind=HOURLY, do=self._hourly, timeout=1800.0, max_tries=3),
            JobHandler(kind=NIGHTLY, do=self._nightly, timeout=3600.0, max_tries=5),
        ]

    def schedules(self) -> list[Schedule]:
        """Each hour, and each night."""
        return [
            Schedule(name=HOURLY, kind=HOURLY, every=timedelta(hours=1)),
            Schedule(name=NIGHTLY, kind=NIGHTLY, at=AT),
        ]

    async def _hourly(self, args: Mapping[str, Any], job: object) -> None:
        now = self._core.clock.now()
        await self.account(now)
        await self._core.db.run(patients.refresh, now - LOOKED_BACK)

    async def _nightly(self, args: Mapping[str, Any], job: object) -> None:
        now = self._core.clock.now()
        await self._core.db.run(forget_refusals, now - KEPT)
        await self._core.db.run(book.forget, now - KEPT)
        used = await self._core.db.run(store.masters)
        await self._core.in_thread(self._vault.keys.drop_unused, used, now - SETTLED)
        purged = await self.purge(now)
        log.info(
            "recordings erased: {recordings}, files of none: {orphans}",
            recordings=purged.recordings,
            orphans=purged.orphans,
        )

    async def account(self, now: datetime) -> int:
        """Account for talks of the last days that the book does not know; gives how many calls."""
        calls = await self._core.db.run(book.unaccounted, now - LOOKED_BACK, now - SETTLED)
        for call in calls:
            await self._intake.take_in(call)
        return len(calls)

    async def purge(self, now: datetime) -> Purged:
        """Erase what is over and not held, and files that belong to no recording."""
        erased = 0
        while found := await self._core.db.run(store.outdated, now):
            for recording, sealed in found:
                erased += await self.erase(recording, sealed, TIME_OVER)
        return Purged(erased, await self._purge_orphans(now))

    async def erase(self, recording: Recording, sealed: Sealed, why: str) -> bool:
        """Forget the key, then the file: without the key nobody reads a copy in a backup either.

        False when it is held.
        """
        now = self._core.clock.now()
        if not await self._core.db.run(_erase, recording.id, now, why):
            return False
        try:
            await self._core.in_thread(self._vault.store.remove, sealed.name)
        except CarelineError as error:  # it is an orphan now, and tried again each night
            log.warn("{error}", error=error)
        return True

    async def _purge_orphans(self, now: datetime) -> int:
        names = await self._core.in_thread(lambda: list(self._vault.store.names()))
        old = [name for name, since in names if now - since > ORPHANED]
        removed = 0
        for at in range(0, len(old), 500):
            some = old[at : at + 500]
            known = await self._core.db.run(store.known_names, some)
            for name in sorted(set(some) - known):
                await self._core.in_thread(self._vault.store.remove, name)
                removed += 1
        return removed

    # A patient's

    async def export_patient(self, patient_id: int) -> list[ExportPart]:
        """Which recordings there are of a patient; the audio is heard in the workspace."""
        found = await self._core.db.run(_of_patient, patient_id)
        rows = tuple(_plain(recording) for recording, _ in found)
        return [ExportPart(name="recordings", rows=rows)] if rows else []

    async def erase_patient(self, patient_id: int) -> None:
        """Erase a patient's recordings; one that is held as soon as it is released."""
        now = self._core.clock.now()
        found = await self._core.db.run(_of_patient, patient_id)
        for recording, sealed in found:
            if not await self.erase(recording, sealed, PATIENT):
                await self._core.db.run(store.until_now, [recording.id], now)
        await self._core.db.run(patients.unlink, [one.id for one, _ in found])

    # How things are

    async def health(self) -> list[HealthCheck]:
        """Room, what waits in the spool, and talks that were lost."""
        return [await self._room(), await self._waiting(), await self._lost()]

    async def _room(self) -> HealthCheck:
        title = Text("Room for recordings").msgid
        free = await self._core.in_thread(self._free)
        least = self._config.least_free_mb * MB
        lang = self._core.settings.language
        if free is None or free >= least:
            return HealthCheck(name="room", title=title)
        return HealthCheck(
            name="room",
            title=title,
            level=Level.CRITICAL if free < least // 4 else Level.MAJOR,
            detail=Text("{free} MB free", {"free": free // MB}).to(lang),
            remedy=Text("make room on this disk; calls go on, unrecorded when it is full").to(lang),
        )

    def _free(self) -> int | None:
        """The smaller of the store's room and the spool's; blocks."""
        spool = FolderStore(self._core.recorder.folder).free()
        found = [one for one in (self._vault.store.free(), spool) if one is not None]
        return min(found, default=None)

    async def _waiting(self) -> HealthCheck:
        title = Text("Talks on their way into the store").msgid
        now = self._core.clock.now()
        files = await self._core.in_thread(spooled, self._core.recorder.folder)
        late = [
            one
            for one in files
            if self._core.calls.get(one.call) is None and now - one.changed > PLAIN
        ]
        if not late:
            return HealthCheck(name="waiting", title=title)
        lang = self._core.settings.language
        return HealthCheck(
            name="waiting",
            title=title,
            level=Level.MAJOR,
            detail=Text("{count} wait in the spool, not encrypted", {"count": len(late)}).to(lang),
            remedy=Text("see whether the store answers: careline recording verify").to(lang),
        )

    async def _lost(self) -> HealthCheck:
        title = Text("Talks that should have been recorded").msgid
        since = self._core.clock.now() - ALARM_FOR
        lost = await self._core.db.run(book.alarmed, since)
        if not lost:
            return HealthCheck(name="lost", title=title)
        lang = self._core.settings.language
        return HealthCheck(
            name="lost",
            title=title,
            level=Level.MINOR,
            detail=Text("{count} are missing or incomplete", {"count": len(lost)}).to(lang),
            remedy=Text("see which: careline recording book").to(lang),
        )


def _erase(tx: Tx, id: str, now: datetime, why: str) -> bool:
    done = store.erase(tx, id, now, why)
    if done:
        patients.unlink(tx, [id])
    return done


def _of_patient(tx: Tx, patient_id: int) -> list[tuple[Recording, Sealed]]:
    found = [store.sealed_of(tx, id) for id in patients.of_patient(tx, patient_id)]
    return [one for one in found if one is not None and one[0].erased is None]


def _plain(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "call": recording.call,
        "started": recording.started.isoformat(timespec="seconds"),
        "seconds": round(recording.seconds),
        "agent": recording.agent,
        "campus": recording.campus,
        "queue": recording.queue,
        "kept_until": recording.until.isoformat(timespec="seconds"),
    }
