"""How long tasks are kept after they are over."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from attrs import frozen
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.outbound import store
from careline.storage import Database
from careline.tasks import Tasks

SWEEP_EACH_S = 6 * 3600.0

log = Logger()


@frozen
class OutboundKeeping:
    """Removes tasks that were over ``keep_days`` ago, at the start and every six hours."""

    clock: Clock
    tasks: Tasks
    db: Database
    keep_days: int

    def start(self) -> None:
        """From now on."""
        self.tasks.spawn(self._sweep(), "outbound: removing what is too old")

    async def _sweep(self) -> None:
        while True:
            with suppress(Unavailable):  # the database is away; the next round does it
                await self.tidy()
            await self.clock.sleep(SWEEP_EACH_S)

    async def tidy(self) -> int:
        """One round, in steps that hold up nobody; gives how many went."""
        before, count = self.clock.now() - timedelta(days=self.keep_days), 0
        while gone := await self.db.run(store.remove_before, before):
            count += gone
        if count:
            log.info("{count} outbound tasks were kept long enough", count=count)
        return count
