"""Surveys for everybody else: in memory, so that no caller waits for the database."""

from __future__ import annotations

from collections.abc import Mapping

from careline.clock import Clock
from careline.storage import Database, Tx
from careline_satisfaction.survey import store
from careline_satisfaction.survey.model import Survey

#: The queue that stands for all that have no survey of their own.
OTHERS = ""


class SurveyBook:
    """All surveys; new talks get the newest version, old ones keep theirs."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._versions: dict[tuple[str, int], Survey] = {}
        self.queues: Mapping[str, str] = {}

    async def load(self) -> None:
        """Read everything; at the start and after each change."""
        found, self.queues = await self._db.run(_read)
        self._versions = {(one.name, one.version): one for one in found}

    # Looking

    def names(self) -> list[str]:
        """Names of all surveys, drafts alone included."""
        return sorted({name for name, _ in self._versions})

    def newest(self, name: str) -> Survey | None:
        """The newest published version; None when none is."""
        found = [
            one for (known, version), one in self._versions.items() if known == name and version
        ]
        return max(found, key=lambda one: one.version, default=None)

    def version(self, name: str, version: int) -> Survey | None:
        """One published version."""
        return self._versions.get((name, version)) if version else None

    def for_queue(self, queue: str) -> Survey | None:
        """What callers of a queue are asked; None: nothing."""
        name = self.queues.get(queue, self.queues.get(OTHERS, ""))
        return self.newest(name) if name else None

    async def draft(self, name: str) -> Survey:
        """The draft as it is stored; NotFound when there is none."""
        return await self._db.run(store.draft, name)

    # Changing

    async def save(self, survey: Survey, by: str) -> None:
        """Store a draft."""
        await self._db.run(store.save_draft, survey, by, self._clock.now())
        await self.load()

    async def publish(self, name: str, by: str) -> Survey:
        """Make the draft the newest version; Invalid with all its problems when it has some."""
        survey = await self._db.run(store.publish, name, by, self._clock.now())
        await self.load()
        return survey

    async def assign(self, queues: Mapping[str, str]) -> None:
        """Say which queue gets which survey, an empty one for none; the rest get ``OTHERS``'s."""
        await self._db.run(store.put_queues, queues)
        await self.load()


def _read(tx: Tx) -> tuple[list[Survey], dict[str, str]]:
    return store.surveys(tx), store.queues(tx)
