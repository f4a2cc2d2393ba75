"""What finding brings to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.clock import Clock
from careline.hooks import hook
from careline.pages.find.finding import Finder
from careline.pages.find.routes import FindRoutes
from careline.web import SIGNED_IN, PageEntry


class FindPages:
    """No page of its own: the palette asks it."""

    def __init__(self, *, clock: Clock, finders: Sequence[Finder]) -> None:
        self._routes = FindRoutes(clock, finders)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """The route."""
        return [
            PageEntry(
                name="find",
                title="Find anything",
                path="/find",
                permission=SIGNED_IN,
                routes=self._routes,
                icon="search",
                rail=False,
            )
        ]
