"""``/recordings``: the list in which one searches."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.dispositions.store import read_tree
from careline.plugins import Core
from careline.queues.store import list_queues
from careline.web import Answer, Page, Visit, get
from careline_recording.model import Found
from careline_recording.pages.ears import PLAY, Ears
from careline_recording.pages.searching import wanted
from careline_recording.service import Recordings

LAST_PAGE = 200


@frozen
class ListRoutes:
    """The list of recordings."""

    core: Core
    recordings: Recordings
    ears: Ears

    @get("/recordings", permission=PLAY)
    async def list(self, visit: Visit) -> Answer:
        """Recordings that the visitor may hear, by what is typed; newest first."""
        asked = await wanted(visit, self.ears.narrowed(visit), self.core.patients)
        page = min(visit.page_number(), LAST_PAGE)
        found = Found(())
        if not asked.nothing:
            found = await self.recordings.find(asked.criteria, page)
        if asked.typed:
            await visit.audit("recording.search", kind="recording", what=", ".join(asked.typed))
        values = {
            "found": found,
            "form": asked.form,
            "patients": asked.patients,
            "page": page,
            "pages": page + 1 if found.more else page,
            "args": asked.typed,
            "classes": self.recordings.classes,
            **await names(self.core, visit),
        }
        return Page("recording/list.html", values, title=visit._("Recordings"))


async def names(core: Core, visit: Visit) -> dict[str, Any]:
    """Titles of queues, agents, campuses and dispositions in the reader's language."""
    english = visit.language == "en"
    queues = await core.db.run(list_queues)
    return {
        "queues": {
            one.id: one.title_en if english and one.title_en else one.title for one in queues
        },
        "people": {one.id: one.name for one in core.agents.people.values()},
        "campuses": {
            one.id: one.title_en if english and one.title_en else one.title
            for one in core.campuses.directory.campuses.values()
        },
        "tree": await core.db.run(read_tree),
    }
