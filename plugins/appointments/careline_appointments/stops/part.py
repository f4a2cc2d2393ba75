"""What stopped clinics bring to the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from careline.hooks import JobHandler, Panel, Schedule, Slot
from careline.web import PageEntry
from careline_appointments.services import Services
from careline_appointments.stops.following import Following
from careline_appointments.stops.pages import StopPages
from careline_appointments.stops.proposing import Proposing
from careline_appointments.stops.seeing import SETTLE, VIEW, Seeing
from careline_appointments.stops.service import ASK, Stopping
from careline_appointments.stops.settling import MOVE_ALL, Settling
from careline_appointments.stops.tasks import TaskRoutes

FOLLOW = "appointments.stop_follow"
TRIES = 200  # with an hour between the later ones: about a week


class StopsPart:
    """Pages, panel and jobs of stopped clinics over the plugin's services."""

    def __init__(self, services: Services) -> None:
        self.stopping = Stopping(services)
        self.settling = Settling(services, self.stopping)
        self.following = Following(services, self.stopping)
        proposing = Proposing(services)
        seeing = Seeing(services, self.stopping, self.settling, proposing)
        self._pages = StopPages(self.stopping, self.settling, proposing, seeing, services.directory)
        self._tasks = TaskRoutes(self.stopping, self.settling, proposing, seeing)

    def pages(self) -> list[PageEntry]:
        """One in the menu; the tasks' deeds are not."""
        return [
            PageEntry(
                name="stops",
                title="Stopped clinics",
                path="/appointments/stops",
                permission=VIEW,
                routes=self._pages,
                icon="calendar-off",
                order=38,
            ),
            PageEntry(
                name="stop_tasks",
                title="Stopped clinics",
                path="/appointments/stop-tasks",
                permission=SETTLE,
                routes=self._tasks,
                rail=False,
            ),
        ]

    def panels(self) -> list[Panel]:
        """My day: patients of stopped clinics who wait for a call."""
        return [
            Panel(
                name="appointments_stops",
                title="Stopped clinics to settle",
                slot=Slot.HOME,
                template="appointments/stops_panel.html",
                view=self._tasks.panel,
                permission=SETTLE,
                refresh_on=("stop_changed",),
                order=15,
            )
        ]

    def job_handlers(self) -> list[JobHandler]:
        """Telling the HIS, moving all, following what was settled elsewhere."""
        return [
            JobHandler(kind=ASK, do=self._ask, max_tries=TRIES),
            JobHandler(kind=MOVE_ALL, do=self._move_all, timeout=1800),
            JobHandler(kind=FOLLOW, do=self._follow, max_tries=3),
        ]

    def schedules(self) -> list[Schedule]:
        """The look at open stops."""
        return [Schedule(name="stops", kind=FOLLOW, every=timedelta(seconds=30))]

    async def _ask(self, args: Mapping[str, Any], job: Any) -> None:
        await self.stopping.ask_again(args["stop"], args["clinic"])

    async def _move_all(self, args: Mapping[str, Any], job: Any) -> None:
        await self.settling.move_those(args["stop"], args["by"])

    async def _follow(self, args: Mapping[str, Any], job: Any) -> None:
        await self.following.look()
