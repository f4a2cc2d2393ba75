"""What the desk brings to the workspace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from careline.agents.model import Phone
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.auth.service import Auth
from careline.callbacks.service import Callbacks
from careline.callcontrol.service import CallControl
from careline.calls.service import Calls
from careline.clock import Clock
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.hooks import Hub, hook
from careline.pages.desk.bar import USE, BarRoutes
from careline.pages.desk.calling import CallViews
from careline.pages.desk.colleagues import Colleagues
from careline.pages.desk.state import Bar
from careline.pages.desk.targets import Targets
from careline.pages.desk.who import Eyes
from careline.pages.desk.wrapup import StripRoutes
from careline.presence.service import Presence
from careline.routing.service import Routing
from careline.web import PageEntry, Panel, Slot
from careline.web.panels import Panels

SCRIPTS = ("desk.js", "combo.js", "passing.js", "saving.js")


class DeskPages:
    """Phone bar, wrap-up strip, call page; ``panels`` finds the tab that fits a call."""

    def __init__(
        self,
        *,
        agents: Agents,
        auth: Auth,
        callbacks: Callbacks,
        calls: Calls,
        clock: Clock,
        control: CallControl,
        desk: Desk,
        dispositions: Dispositions,
        hub: Hub,
        in_thread: Callable[..., Deferred[Any]],
        number_of: Callable[[str], Awaitable[str]],
        panels: Panels,
        phones: Callable[[], Mapping[str, Phone]],
        presence: Presence,
        routing: Routing,
        tells_listening: bool,
        wishes: Wishes,
    ) -> None:
        targets = Targets(
            agents=agents,
            queues=lambda: routing.queues,
            book=routing.book,
            dialable=lambda number: routing.dial_string(number, "") != "",
            in_thread=in_thread,
        )
        self.bar = BarRoutes(
            bar=Bar(agents, calls, desk, control, presence, phones, tells_listening),
            wishes=wishes,
            control=control,
            presence=presence,
            callbacks=callbacks,
            targets=targets,
            routing=routing,
            number_of=number_of,
            hub=hub,
        )
        self.colleagues = Colleagues(agents, targets, routing)
        self.strip = StripRoutes(desk, agents, calls, dispositions)
        self.views = CallViews(
            desk=desk,
            eyes=Eyes(desk, auth),
            agents=agents,
            dispositions=dispositions,
            routing=routing,
            clock=clock,
            panels=panels,
        )

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """None of them is in the menu: they are there when there is a call."""
        return [
            _page("desk", "Desk", "/desk", self.bar, scripts=SCRIPTS),
            _page("desk_strip", "Wrap-up", "/desk", self.strip),
            _page("desk_call", "Call", "/call", self.views),
            _page("desk_colleague", "Colleague", "/desk", self.colleagues),
        ]

    @hook
    def panels(self) -> Sequence[Panel]:
        """Why somebody calls, and what was written of them."""
        return [
            Panel(
                name="desk_why",
                title="This call",
                slot=Slot.CALL,
                template="desk/why.html",
                view=self.views.why,
                permission=USE,
                refresh_on=("call_changed",),
                order=15,
            ),
            Panel(
                name="desk_notes",
                title="Notes",
                slot=Slot.WORK,
                template="desk/notes.html",
                view=self.views.notes,
                permission=USE,
                refresh_on=("call_changed",),
                order=10,
            ),
        ]


def _page(
    name: str, title: str, path: str, routes: object, scripts: tuple[str, ...] = ()
) -> PageEntry:
    return PageEntry(
        name=name,
        title=title,
        path=path,
        permission=USE,
        routes=routes,
        rail=False,
        scripts=scripts,
    )
