"""What calls bring to the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from careline.agents.service import Agents
from careline.auth.service import Auth
from careline.campuses.model import Campus
from careline.clock import Clock
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.hooks import hook
from careline.pages.calls.routes import CallRoutes
from careline.pages.calls.searching import Scope
from careline.pages.desk.who import VIEW, Eyes
from careline.patients.service import Patients
from careline.routing.service import Routing
from careline.storage import Database
from careline.web import PageEntry


class CallPages:
    """The list of calls and each one's page."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        agents: Agents,
        auth: Auth,
        desk: Desk,
        dispositions: Dispositions,
        routing: Routing,
        patients: Patients,
        campuses: Callable[[], Mapping[str, Campus]],
    ) -> None:
        self._routes = CallRoutes(
            db=db,
            clock=clock,
            desk=desk,
            eyes=Eyes(desk, auth),
            scope=Scope(agents, auth, campuses),
            dispositions=dispositions,
            routing=routing,
            patients=patients,
        )

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu, second after my day."""
        return [
            PageEntry(
                name="calls",
                title="Calls",
                path="/calls",
                permission=VIEW,
                routes=self._routes,
                icon="phone",
                order=20,
            )
        ]
