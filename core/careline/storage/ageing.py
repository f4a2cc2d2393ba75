"""What is not kept for ever: removed at the start and every six hours, a step at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import frozen
from twisted.logger import Logger

from careline.clock import Clock
from careline.errors import Unavailable
from careline.storage.database import Database
from careline.storage.tx import Tx
from careline.tasks import Tasks

EACH_S = 6 * 3600.0

log = Logger()


async def sweep(clock: Clock, tidy: Callable[[], Awaitable[object]]) -> None:
    """Await ``tidy`` now and every six hours, for ever."""
    while True:
        with suppress(Unavailable):  # the database is away; the next round does it
            await tidy()
        await clock.sleep(EACH_S)


@frozen
class Ageing:
    """Removes ``what`` was over ``keep_days`` ago.

    ``remove`` removes some of what is older than a moment, in a step that holds up nobody, and
    gives how many.
    """

    clock: Clock
    tasks: Tasks
    db: Database
    keep_days: int
    what: str
    remove: Callable[[Tx, datetime], int]

    def start(self) -> None:
        """From now on."""
        self.tasks.spawn(sweep(self.clock, self.tidy), f"removing {self.what} that are too old")

    async def tidy(self) -> int:
        """One round; gives how many went."""
        before, count = self.clock.now() - timedelta(days=self.keep_days), 0
        while gone := await self.db.run(self.remove, before):
            count += gone
        if count:
            log.info("{count} {what} were kept long enough", count=count, what=self.what)
        return count
