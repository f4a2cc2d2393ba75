"""What HL7 v2 leaves behind is removed after some time, by a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from careline.hooks import JobHandler, Schedule
from careline.plugins import Core
from careline_his_webservice.adapters.hl7 import ledger

KIND = "his_webservice.hl7_forget"
MESSAGES = timedelta(days=30)
"""No engine sends a message again after that."""
VISITS = timedelta(days=180)
"""Nobody asks about a visit after that."""


class Forgetting:
    """Every night."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def job_handlers(self) -> list[JobHandler]:
        """The job that removes."""
        return [JobHandler(kind=KIND, do=self._job, timeout=300.0, max_tries=3)]

    def schedules(self) -> list[Schedule]:
        """At a time when little is sent."""
        return [Schedule(name=KIND, kind=KIND, at=time(3, 40))]

    async def _job(self, args: Mapping[str, Any], job: object) -> None:
        now = self._core.clock.now()
        await self._core.db.run(ledger.forget, now - MESSAGES, now - VISITS)
