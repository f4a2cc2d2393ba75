"""What reports bring to the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from careline.hooks import Report, hook
from careline.pages.reports.routes import ReportRoutes
from careline.web import SIGNED_IN, PageEntry


class ReportPages:
    """The list of reports and each of them; ``reports`` gives the plugins'."""

    def __init__(self, own: Sequence[Report], reports: Callable[[], Iterable[Report]]) -> None:
        self._routes = ReportRoutes(lambda: [*own, *reports()])

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of the team; each report has a permission of its own."""
        return [
            PageEntry(
                name="reports",
                title="Reports",
                path="/reports",
                permission=SIGNED_IN,
                routes=self._routes,
                icon="chart-column",
                group="team",
                order=50,
            )
        ]
