"""What the lists bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.campuses.listing import NumberLists
from careline.hooks import hook
from careline.pages.lists.routes import ListRoutes
from careline.web import PageEntry


class ListHooks:
    """One page with both lists."""

    def __init__(self, lists: NumberLists) -> None:
        self._routes = ListRoutes(lists)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of the team."""
        return [
            PageEntry(
                name="lists",
                title="Number lists",
                path="/lists",
                permission="lists.edit",
                routes=self._routes,
                icon="list-filter",
                group="team",
                order=40,
            )
        ]
