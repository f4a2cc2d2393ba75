"""What help brings to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import hook
from careline.pages.help.routes import HelpRoutes
from careline.web import PageEntry
from careline.web.routes import SIGNED_IN


class HelpPages:
    """Documents for everybody; they open beside the workspace, so that a call goes on."""

    def __init__(self, routes: HelpRoutes) -> None:
        self._routes = routes

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """Reached from every page's head and the user's menu."""
        return [
            PageEntry(
                name="help",
                title="Help",
                path="/help",
                permission=SIGNED_IN,
                routes=self._routes,
                icon="book-open",
                rail=False,
            )
        ]
