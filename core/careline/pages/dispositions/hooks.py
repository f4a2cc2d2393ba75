"""What dispositions bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.clock import Clock
from careline.dispositions.service import Dispositions
from careline.hooks import hook
from careline.pages.dispositions.routes import EDIT, DispositionRoutes
from careline.web import PageEntry


class DispositionPages:
    """One page with the tree."""

    def __init__(self, *, dispositions: Dispositions, clock: Clock) -> None:
        self._routes = DispositionRoutes(dispositions, clock)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """Under administration."""
        return [
            PageEntry(
                name="dispositions",
                title="Dispositions",
                path="/dispositions",
                permission=EDIT,
                routes=self._routes,
                icon="tags",
                group="admin",
                order=60,
            )
        ]
