"""What the desk brings to the plugin: panels and pages."""

from __future__ import annotations

from careline.hooks import Page, Panel
from careline_appointments.desk.choosing import Choosing
from careline_appointments.desk.doing import Doing
from careline_appointments.desk.ground import BOOK, VIEW, Ground, Progress, nowhere
from careline_appointments.desk.lists import ListRoutes
from careline_appointments.desk.looking import LookingRoutes
from careline_appointments.desk.nearest import Nearest
from careline_appointments.desk.panels import DeskPanels
from careline_appointments.desk.standing import StandingRoutes, WaitingRoutes
from careline_appointments.services import Services


class DeskPart:
    """Booking in calls, lists, schedules; ``progress(call)`` tells how far a caller came."""

    def __init__(self, services: Services, progress: Progress = nowhere) -> None:
        ground = Ground(services, progress)
        nearest = Nearest(ground)
        choosing = Choosing(ground, nearest)
        self._panels = DeskPanels(ground, choosing)
        self._routes: dict[str, object] = {
            "desk": choosing,
            "doing": Doing(ground, choosing, nearest),
            "list": ListRoutes(ground),
            "looking": LookingRoutes(ground),
            "standing": StandingRoutes(ground),
            "waiting": WaitingRoutes(ground),
        }

    def panels(self) -> list[Panel]:
        """Beside calls and patients."""
        return self._panels.panels()

    def pages(self) -> list[Page]:
        """The list of bookings is in the menu, the others are its tabs."""
        routes = self._routes
        return [
            Page(
                name="appointments",
                title="Booking",
                path="/appointments",
                permission=VIEW,
                routes=routes["list"],
                icon="calendar-check",
                order=35,
                scripts=("booking.js",),
                styles=("booking.css",),
            ),
            _hidden("appointments_book", "Booking", BOOK, self._panels),
            _hidden("appointments_desk", "Booking", VIEW, routes["desk"]),
            _hidden("appointments_doing", "Booking", BOOK, routes["doing"]),
            _hidden("appointments_schedule", "Schedule", VIEW, routes["looking"]),
            _hidden("appointments_blacklist", "Blacklist", VIEW, routes["standing"]),
            _hidden("appointments_waiting", "Waiting list", VIEW, routes["waiting"]),
        ]


def _hidden(name: str, title: str, permission: str, routes: object) -> Page:
    """A page that one comes to from the others."""
    return Page(
        name=name,
        title=title,
        path="/appointments",
        permission=permission,
        routes=routes,
        rail=False,
    )
