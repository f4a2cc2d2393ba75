"""Clinics of the coming days, made every night from the weekly plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import TYPE_CHECKING

from careline.hooks import JobHandler, Schedule
from careline_his_webservice.adapters.embedded.plan import roll
from careline_his_webservice.adapters.embedded.settings import EmbeddedSettings

if TYPE_CHECKING:
    from careline.jobs import JobRecord
    from careline.plugins import Core

KIND = "his_webservice.roll"
AT = time(0, 10)


class Rolling:
    """The nightly job for the campuses that have the embedded system.

    A night that careline slept through is made up for when it starts again.
    """

    def __init__(self, core: Core, campuses: Mapping[str, EmbeddedSettings]) -> None:
        self._core = core
        self._campuses = campuses

    def job_handlers(self) -> Sequence[JobHandler]:
        """What does the job."""
        return [JobHandler(kind=KIND, do=self._roll)]

    def schedules(self) -> Sequence[Schedule]:
        """Every night, where any campus needs it."""
        return [Schedule(name="roll", kind=KIND, at=AT)] if self._campuses else []

    async def _roll(self, args: Mapping[str, object], job: JobRecord) -> None:
        now = self._core.clock.now()
        for name, settings in self._campuses.items():
            today = self._core.campuses.campus(name).local(now).date()
            await self._core.db.run(roll, name, today, settings.days)
