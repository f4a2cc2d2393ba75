"""The surveys of one plugin: in memory, so that no caller waits for the database."""

from __future__ import annotations

from careline.clock import Clock
from careline.storage import Database
from careline.surveys import store
from careline.surveys.model import Survey


class SurveyBook:
    """All surveys of ``owner``; who is asked gets the newest version, old answers keep theirs.

    ``scored``: the first question of each is a score.
    """

    def __init__(self, db: Database, clock: Clock, owner: str, *, scored: bool = False) -> None:
        self.owner = owner
        self.scored = scored
        self._db = db
        self._clock = clock
        self._versions: dict[tuple[str, int], Survey] = {}

    async def load(self) -> None:
        """Read everything; at the start and after each change."""
        found = await self._db.run(store.surveys, self.owner)
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

    async def draft(self, name: str) -> Survey:
        """The draft as it is stored; NotFound when there is none."""
        return await self._db.run(store.draft, self.owner, name)

    # Changing

    async def save(self, survey: Survey, by: str) -> None:
        """Store a draft."""
        await self._db.run(store.save_draft, self.owner, survey, by, self._clock.now())
        await self.load()

    async def publish(self, name: str, by: str) -> Survey:
        """Make the draft the newest version; Invalid with all its problems when it has some."""
        now = self._clock.now()
        survey = await self._db.run(store.publish, self.owner, name, by, now, scored=self.scored)
        await self.load()
        return survey
