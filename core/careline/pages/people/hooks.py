"""What the pages of agents and phones bring to the workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from careline.campuses.service import Campuses
from careline.config import Settings
from careline.hooks import hook
from careline.pages.people.agents import AgentRoutes
from careline.pages.people.phones import PhoneRoutes
from careline.pages.people.shared import EDIT, People, States
from careline.pages.people.skills import SkillRoutes
from careline.pages.site.keeping import Apply, Keeping
from careline.storage import Database
from careline.web import PageEntry


class PeoplePages:
    """One entry in the menu; its parts are tabs."""

    def __init__(
        self,
        *,
        db: Database,
        apply: Apply,
        campuses: Campuses,
        people: People,
        states: States,
        settings: Settings,
        in_thread: Callable[..., Awaitable[Any]],
        announce: Callable[[str], Awaitable[object]],
    ) -> None:
        keeping = Keeping(db, apply)
        self._parts = {
            "people-skills": SkillRoutes(keeping, people),
            "people-phones": PhoneRoutes(keeping, people, settings),
            "people": AgentRoutes(keeping, campuses, people, states, in_thread, announce),
        }

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """All of them; only the agents stand in the menu."""
        return [
            PageEntry(
                name=name,
                title="Agents",
                path="/people",
                permission=EDIT,
                routes=routes,
                icon="headset",
                rail=name == "people",
                group="admin",
                order=20,
            )
            for name, routes in self._parts.items()
        ]
