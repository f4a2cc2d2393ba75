"""What my day brings to the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from careline.agents.service import Agents
from careline.callbacks.service import Callbacks
from careline.clock import Clock
from careline.dispositions.service import Dispositions
from careline.figures.service import Figures
from careline.hooks import hook
from careline.pages.home.figures import Own
from careline.pages.home.tasks import USE, Tasks
from careline.storage import Database
from careline.voicemail.service import Voicemail
from careline.web import SIGNED_IN, Answer, Events, Page, PageEntry, Panel, Slot, Visit, get


@frozen
class HomeRoutes:
    """The first page."""

    @get("/", permission=SIGNED_IN)
    async def show(self, visit: Visit) -> Answer:
        """My day: panels of the core and of plugins."""
        return Page("home/day.html", {}, title=visit._("My day"))


class HomePages:
    """The first page and the core's panels on it."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        agents: Agents,
        callbacks: Callbacks,
        voicemail: Voicemail,
        figures: Figures,
        dispositions: Dispositions,
        queues_of: Callable[[str], Iterable[str]],
        queue_titles: Callable[[str], Mapping[str, str]],
        events: Events,
    ) -> None:
        self.tasks = Tasks(
            db=db,
            clock=clock,
            agents=agents,
            callbacks=callbacks,
            voicemail=voicemail,
            queues_of=queues_of,
            queue_titles=queue_titles,
            events=events,
        )
        self.own = Own(db, agents, figures, dispositions)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """The first of the menu; the deeds of its panels are not in it."""
        return [
            PageEntry(
                name="home",
                title="My day",
                path="/",
                permission=SIGNED_IN,
                routes=HomeRoutes(),
                icon="house",
                order=10,
            ),
            PageEntry(
                name="tasks",
                title="Tasks",
                path="/tasks",
                permission=USE,
                routes=self.tasks,
                rail=False,
            ),
        ]

    @hook
    def panels(self) -> Sequence[Panel]:
        """Callbacks, messages, figures, last calls."""
        return [
            Panel(
                name="home_callbacks",
                title="To call back",
                slot=Slot.HOME,
                template="home/callbacks.html",
                view=self.tasks.show_callbacks,
                permission=USE,
                refresh_on=("task_changed",),
                order=10,
            ),
            Panel(
                name="home_voicemail",
                title="Messages",
                slot=Slot.HOME,
                template="home/voicemail.html",
                view=self.tasks.show_voicemail,
                permission=USE,
                refresh_on=("task_changed",),
                order=20,
            ),
            Panel(
                name="home_figures",
                title="My figures today",
                slot=Slot.HOME,
                template="home/figures.html",
                view=self.own.show,
                permission=USE,
                refresh_on=("agent_changed",),
                order=30,
            ),
            Panel(
                name="home_calls",
                title="My last calls",
                slot=Slot.HOME,
                template="home/calls.html",
                view=self.own.last,
                permission=USE,
                refresh_on=("agent_changed",),
                order=40,
            ),
        ]
