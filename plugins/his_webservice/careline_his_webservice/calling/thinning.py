"""Exchanges are removed after some days, by a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from careline.hooks import JobHandler, Schedule
from careline.plugins import Core
from careline_his_webservice import store

KIND = "his_webservice.thin"


class Thinning:
    """Removes exchanges that are older than ``keep_days``, every hour."""

    def __init__(self, core: Core, keep_days: int) -> None:
        self._core = core
        self._keep = timedelta(days=keep_days)

    def job_handlers(self) -> list[JobHandler]:
        """The job that removes."""
        return [JobHandler(kind=KIND, do=self._job, timeout=300.0, max_tries=3)]

    def schedules(self) -> list[Schedule]:
        """Every hour, so that no single run is long."""
        return [Schedule(name="his_webservice.thin", kind=KIND, every=timedelta(hours=1))]

    async def _job(self, args: Mapping[str, Any], job: object) -> None:
        oldest = self._core.clock.now() - self._keep
        while await self._core.db.run(store.remove_before, oldest) == store.SWEEP:
            pass
