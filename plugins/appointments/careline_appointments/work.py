"""The plugin's jobs: settling lost answers, keeping the directory, sweeping the past, offering."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from careline.hooks import JobHandler, Schedule
from careline_appointments.booking import steps
from careline_appointments.booking.settling import Settler
from careline_appointments.services import Services

SYNC = "appointments.sync"
SWEEP = "appointments.sweep"
WAITING = "appointments.waiting"
MINUTES = 60.0


class Work:
    """What is done without anybody asking; ``settler`` takes up what was left behind."""

    def __init__(self, services: Services) -> None:
        self._core = services.core
        self._directory = services.directory
        self._waiting = services.waiting
        self.settler = Settler(services.core, services.booker)

    def job_handlers(self) -> list[JobHandler]:
        """One for each kind."""
        return [
            JobHandler(kind=steps.SETTLE, do=self._settle, timeout=5 * MINUTES),
            JobHandler(kind=steps.NUMBER, do=self._number),
            JobHandler(kind=steps.OFFER, do=self._offer),
            JobHandler(kind=SYNC, do=self._sync, timeout=5 * MINUTES, max_tries=3),
            JobHandler(kind=SWEEP, do=self._sweep, timeout=30 * MINUTES),
            JobHandler(kind=WAITING, do=self._look, timeout=5 * MINUTES, max_tries=3),
        ]

    def schedules(self) -> list[Schedule]:
        """When each is done."""
        return [
            Schedule(name="settle", kind=steps.SETTLE, every=timedelta(seconds=30)),
            Schedule(name="sync", kind=SYNC, every=timedelta(minutes=10)),
            Schedule(name="waiting", kind=WAITING, every=timedelta(minutes=5)),
            Schedule(name="sweep", kind=SWEEP, at=time(3, 30)),
        ]

    async def start(self) -> None:
        """Read what is kept; the hospitals are asked beside, and may take their time."""
        await self._directory.load()
        self._core.tasks.spawn(self._directory.sync(), "departments and doctors at the start")
        self._core.tasks.spawn(self._directory.keep(), "departments and doctors kept up to date")

    async def _settle(self, args: Mapping[str, Any], job: Any) -> None:
        await self.settler.settle()

    async def _number(self, args: Mapping[str, Any], job: Any) -> None:
        await self.settler.add_number(args["booking"])

    async def _offer(self, args: Mapping[str, Any], job: Any) -> None:
        await self._waiting.offer_of(args["booking"])

    async def _sync(self, args: Mapping[str, Any], job: Any) -> None:
        await self._directory.sync()

    async def _sweep(self, args: Mapping[str, Any], job: Any) -> None:
        await self.settler.sweep()

    async def _look(self, args: Mapping[str, Any], job: Any) -> None:
        await self._waiting.look()
