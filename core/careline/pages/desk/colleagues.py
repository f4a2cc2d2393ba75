"""Colleagues, found by Ctrl+K, and a page to reach one of them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from careline.agents.model import State
from careline.agents.service import Agents
from careline.errors import NotFound
from careline.pages.desk.targets import Targets
from careline.pages.desk.who import agent_of
from careline.pages.find.finding import Found
from careline.routing.service import Routing
from careline.web import Answer, Page, Visit, get

USE = "desk.use"


@frozen
class Colleagues:
    """Whom an agent may call; what they do now is seen by all of the house."""

    agents: Agents
    targets: Targets
    routing: Routing

    async def find(self, visit: Visit, text: str) -> Sequence[Found]:
        """For the palette: those whose name, initials or number fit."""
        if not text or not visit.may(USE):
            return ()
        found = await self.targets.find(text, str(visit.user.agent), visit.language, passing=False)
        return tuple(
            Found(
                title=one.title,
                path=f"/desk/colleague/{one.sub}",
                sub=one.sub,
                icon="circle-user",
            )
            for one in found
            if one.kind == "agent"
        )

    @get("/desk/colleague/<agent>", permission=USE)
    async def show(self, visit: Visit, agent: str) -> Answer:
        """What a colleague does, and how to reach them."""
        person = self.agents.people.get(agent)
        if person is None:
            raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent)
        english = visit.language == "en"
        queues = [self.routing.queues.get(skill.queue) for skill in person.skills]
        status = self.agents.status(agent)
        values = {
            "person": person,
            "status": status,
            "queues": [
                one.title_en if english and one.title_en else one.title for one in queues if one
            ],
            "reachable": status.state is not State.SIGNED_OUT and agent != agent_of(visit),
            "rings": status.state is State.RINGING,
        }
        return Page("desk/colleague.html", values, title=person.name)
