"""Queues: who gets the next call, how long, and what shall be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs
from attrs import field, frozen

from careline.agents.model import Agent
from careline.campuses.service import Campuses
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import EDIT, longest, named, tabs
from careline.queues.model import Distribution, Queue
from careline.site.queues import add_queue, change_queue, remove_queue
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Queues")
PATH = "/site/queues"
DISTRIBUTIONS = {
    Distribution.LONGEST_IDLE: Text("who has been free longest"),
    Distribution.ROUND_ROBIN: Text("in turn"),
    Distribution.FEWEST_CALLS: Text("who had the fewest calls"),
    Distribution.RING_ALL: Text("all phones ring"),
}


class Staff(Protocol):
    """The queues and agents as they are set up now."""

    @property
    def queues(self) -> Mapping[str, Queue]:
        """All queues by id."""

    @property
    def agents(self) -> Mapping[str, Agent]:
        """All agents by number."""


@frozen
class QueueForm:
    """What is typed of a queue; limits are checked by the queue itself."""

    title: str = field(validator=longest(64))
    title_en: str = field(default="", validator=longest(64))
    campus: str = ""
    distribution: Distribution = Distribution.LONGEST_IDLE
    ring_s: int = 20
    wrap_up_s: int = 30
    penalty_s: int = 30
    max_callers: int = 0
    weight: int = 0
    announce_s: int = 30
    service_level_s: int = 20
    service_level_pct: int = 80
    abandon_s: int = 5
    overflow: str = ""
    overflow_s: int = 0
    last_agent_s: int = 0


@frozen
class NewQueueForm(QueueForm):
    """The same with the id, which stays for good."""

    id: str = field(default="", kw_only=True)


class QueueRoutes:
    """Pages of queues."""

    def __init__(self, keeping: Keeping, campuses: Campuses, staff: Staff) -> None:
        self._keeping = keeping
        self._campuses = campuses
        self._staff = staff

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All queues with how many agents serve each."""
        agents = [agent for agent in self._staff.agents.values() if agent.active]
        rows = [
            (queue, sum(any(s.queue == queue.id for s in agent.skills) for agent in agents))
            for queue in self._staff.queues.values()
        ]
        values = {"rows": rows, "titles": self._titles(), "distributions": DISTRIBUTIONS}
        return Page("site/queues.html", {**values, "tabs": tabs(visit, "queues")}, title=TITLE)

    @get("/site/new/queue", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """A form with what most queues have."""
        blank = QueueForm(title="")
        return self._form(visit, FormState.of(blank, visit.language), "")

    @post("/site/new/queue", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Store a new one."""
        value, form = read(visit, NewQueueForm)
        if value is None:
            return self._form(visit, form, "", 422)
        values = attrs.asdict(value)
        try:
            await self._keeping.store(visit, "queue.added", value.id, add_queue, values)
        except CarelineError as error:
            return self._form(visit, beside(form, error), "", 422)
        return await self._keeping.done(visit, f"{PATH}/{value.id}")

    @get("/site/queues/<queue_id>", permission=EDIT)
    async def one(self, visit: Visit, queue_id: str) -> Answer:
        """One queue to be changed, and who serves it."""
        return self._form(visit, FormState.of(self._known(queue_id), visit.language), queue_id)

    @post("/site/queues/<queue_id>", permission=EDIT)
    async def change(self, visit: Visit, queue_id: str) -> Answer:
        """Store it as it is now."""
        self._known(queue_id)
        value, form = read(visit, QueueForm)
        if value is None:
            return self._form(visit, form, queue_id, 422)
        try:
            await self._keeping.store(
                visit, "queue.changed", queue_id, change_queue, queue_id, attrs.asdict(value)
            )
        except CarelineError as error:
            return self._form(visit, beside(form, error), queue_id, 422)
        return await self._keeping.done(visit, PATH)

    @post("/site/queues/<queue_id>/remove", permission=EDIT)
    async def remove(self, visit: Visit, queue_id: str) -> Answer:
        """Remove one that nothing uses any more."""
        await self._keeping.store(visit, "queue.removed", queue_id, remove_queue, queue_id)
        return await self._keeping.done(visit, PATH)

    def _known(self, queue_id: str) -> Queue:
        try:
            return self._staff.queues[queue_id]
        except KeyError:
            raise NotFound("queue.unknown", "there is no queue {queue}", queue=queue_id) from None

    def _titles(self) -> dict[str, str]:
        return {one.id: one.title for one in self._campuses.directory.campuses.values()}

    def _form(self, visit: Visit, form: FormState, queue_id: str, status: int = 200) -> Page:
        others = [one for one in self._staff.queues.values() if one.id != queue_id]
        serving = [
            (agent, skill.level)
            for agent in self._staff.agents.values()
            for skill in agent.skills
            if skill.queue == queue_id
        ]
        values = {
            "form": form,
            "id": queue_id,
            "campuses": named(self._campuses.directory.campuses.values(), visit._("all")),
            "others": named(others, visit._("none")),
            "distributions": [(one.value, visit.text(t)) for one, t in DISTRIBUTIONS.items()],
            "serving": sorted(serving, key=lambda one: (one[1], one[0].id)),
            "tabs": tabs(visit, "queues"),
        }
        return Page("site/queue.html", values, title=TITLE, status=status)
