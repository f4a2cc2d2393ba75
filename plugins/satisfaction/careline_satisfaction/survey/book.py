"""The surveys of callers, and who gets which: in memory, so that no caller waits."""

from __future__ import annotations

from collections.abc import Mapping

from careline.clock import Clock
from careline.storage import Database
from careline.surveys.book import SurveyBook
from careline.surveys.model import Survey
from careline_satisfaction.survey import store

#: The plugin's name, whose surveys they are.
OWNER = "satisfaction"
#: The queue that stands for all that have no survey of their own.
OTHERS = ""


class QueueSurveys(SurveyBook):
    """New talks get the newest version of their queue's survey, old ones keep theirs."""

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__(db, clock, OWNER, scored=True)
        self.queues: Mapping[str, str] = {}

    async def load(self) -> None:
        """Read everything; at the start and after each change."""
        await super().load()
        self.queues = await self._db.run(store.queues)

    def for_queue(self, queue: str) -> Survey | None:
        """What callers of a queue are asked; None: nothing."""
        name = self.queues.get(queue, self.queues.get(OTHERS, ""))
        return self.newest(name) if name else None

    async def assign(self, queues: Mapping[str, str]) -> None:
        """Say which queue gets which survey, an empty one for none; the rest get ``OTHERS``'s."""
        await self._db.run(store.put_queues, queues)
        await self.load()
