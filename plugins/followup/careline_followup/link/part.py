"""What links bring to the plugin."""

from __future__ import annotations

from careline.hooks import Page
from careline_followup.link.pages import Guesses, LinkPages
from careline_followup.pages.eyes import VIEW
from careline_followup.services import Services


class LinkPart:
    """The public page."""

    def __init__(self, services: Services) -> None:
        self._pages = LinkPages(services, Guesses(services.core.clock))

    def pages(self) -> list[Page]:
        """It stands in no menu."""
        return [
            Page(
                name="followup_link",
                title="Follow-up",
                path="/f",
                permission=VIEW,  # of the entry, which nobody sees; its routes are for anybody
                routes=self._pages,
                rail=False,
            )
        ]
