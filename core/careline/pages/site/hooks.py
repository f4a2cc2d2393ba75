"""What the pages of the set-up bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.campuses.service import Campuses
from careline.hooks import hook
from careline.pages.site.calendar import CalendarRoutes
from careline.pages.site.campuses import CampusRoutes
from careline.pages.site.keeping import Apply, Keeping
from careline.pages.site.numbers import NumberRoutes
from careline.pages.site.queues import QueueRoutes, Staff
from careline.pages.site.shared import EDIT
from careline.pages.site.trunks import TrunkRoutes
from careline.storage import Database
from careline.web import PageEntry


class SitePages:
    """One entry in the menu; its parts are tabs."""

    def __init__(self, *, db: Database, apply: Apply, campuses: Campuses, staff: Staff) -> None:
        keeping = Keeping(db, apply)
        self._parts = {
            "site": CampusRoutes(keeping, campuses),
            "site-calendar": CalendarRoutes(keeping, campuses),
            "site-numbers": NumberRoutes(keeping, campuses),
            "site-trunks": TrunkRoutes(keeping, campuses),
            "site-queues": QueueRoutes(keeping, campuses, staff),
        }

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """All of them; only the first stands in the menu."""
        return [
            PageEntry(
                name=name,
                title="Site",
                path="/site",
                permission=EDIT,
                routes=routes,
                icon="building-2",
                rail=name == "site",
                group="admin",
                order=10,
            )
            for name, routes in self._parts.items()
        ]
