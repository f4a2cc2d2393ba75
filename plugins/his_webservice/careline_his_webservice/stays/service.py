"""Stays for the rest of the plugin: asked by a job, answered by id, erased with the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from careline.clinic import Stay
from careline.clinic.his import TellsStays
from careline.errors import CarelineError
from careline.hooks import ExportPart, JobHandler, Schedule
from careline_his_webservice.stays import store

if TYPE_CHECKING:
    from careline.plugins import Core

log = Logger()

EVERY = timedelta(minutes=5)
FIRST = timedelta(days=1)
"""How far back a system is asked the first time."""
OVERLAP = timedelta(minutes=10)
"""Asked again each time: clocks differ, and what is told twice does no harm."""
STEP = timedelta(minutes=30)
"""Asked for at once: what has gathered while a system was away is taken piece by piece."""
KEPT = timedelta(days=400)
"""After a discharge; plugins that follow patients up longer keep their own plan."""


class Stays:
    """``telling()`` gives the campuses whose systems are asked for stays, by a job."""

    def __init__(self, core: Core, telling: Callable[[], Mapping[str, TellsStays]]) -> None:
        self._core = core
        self._telling = telling

    def job_handlers(self) -> list[JobHandler]:
        """The job that asks for news, and forgets what is old."""
        return [JobHandler(kind="his_webservice.stays", do=self._job, timeout=300.0, max_tries=1)]

    def schedules(self) -> list[Schedule]:
        """Every five minutes."""
        return [Schedule(name="his_webservice.stays", kind="his_webservice.stays", every=EVERY)]

    async def stay_of(self, stay_id: str) -> Stay | None:
        """The stay as it is known now, or None."""
        return await self._core.db.run(store.find, stay_id)

    async def left_since(self, since: datetime, after: str, most: int) -> list[Stay]:
        """Stays that ended at ``since`` or later and follow the one of id ``after``."""
        return await self._core.db.run(store.left_since, since, after, most)

    async def open_ones(self, after: str, most: int) -> list[Stay]:
        """Stays that have not ended and follow the one of id ``after``."""
        return await self._core.db.run(store.open_ones, after, most)

    async def of_patient(self, patient_id: int) -> list[Stay]:
        """A patient's stays, the newest first."""
        return await self._core.db.run(store.of_patient, patient_id)

    async def export_patient(self, patient_id: int) -> list[ExportPart]:
        """All stays of a patient in full."""
        stays = await self.of_patient(patient_id)
        rows = tuple(_plain(stay) for stay in stays)
        return [ExportPart(name="stays", rows=rows)] if rows else []

    async def erase_patient(self, patient_id: int) -> None:
        """Remove a patient's stays."""
        await self._core.db.run(store.erase, patient_id)

    async def refresh(self) -> None:
        """Ask all systems that tell stays; one that fails is asked again next time."""
        for campus, system in self._telling().items():
            try:
                await self._ask(campus, system)
            except CarelineError as error:
                log.warn("stays of {campus}: {error}", campus=campus, error=error)

    async def _ask(self, campus: str, system: TellsStays) -> None:
        core = self._core
        now = core.clock.now()
        until = await core.db.run(store.asked_until, campus)
        since = until - OVERLAP if until else now - FIRST
        while since < now:
            end = since + STEP if since + STEP < now else None
            news = await system.stays(since, end)
            await core.db.run(store.take_all, core.hub, campus, news, end or now)
            since = end or now

    async def _job(self, args: Mapping[str, Any], job: object) -> None:
        await self.refresh()
        await self._core.db.run(store.link)
        await self._core.db.run(store.forget, self._core.clock.now() - KEPT)


def _plain(stay: Stay) -> dict[str, Any]:
    """A stay as JSON takes it."""
    names = ("campus", "name", "number", "id_card", "phone", "department", "ward", "bed")
    plain = {name: getattr(stay, name) for name in (*names, "doctor", "diagnosis")}
    for name in ("came", "left"):
        moment = getattr(stay, name)
        plain[name] = moment.isoformat(timespec="seconds") if moment else ""
    plain["died"] = stay.died
    return plain
