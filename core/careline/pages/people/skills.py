"""Who has which skill: all agents and all queues in one table."""

from __future__ import annotations

from careline.agents.model import Skill
from careline.i18n import Text
from careline.pages.people.agents import LEVELS, whose
from careline.pages.people.shared import EDIT, People, tabs
from careline.pages.site.keeping import Keeping
from careline.site.people import change_agent
from careline.storage import Tx
from careline.web import Answer, Page, Visit, get, post

TITLE = Text("Skills")
PATH = "/people/skills"
KNOWN = frozenset(level for level, _ in LEVELS[1:])


class SkillRoutes:
    """The table of skills."""

    def __init__(self, keeping: Keeping, people: People) -> None:
        self._keeping = keeping
        self._people = people

    @get(PATH, permission=EDIT)
    async def table(self, visit: Visit) -> Answer:
        """Levels of each agent for each queue."""
        agents = [
            (agent, {one.queue: str(one.level) for one in agent.skills})
            for agent in self._people.agents.values()
            if agent.active and visit.may(EDIT, whose(agent))
        ]
        values = {
            "agents": agents,
            "queues": list(self._people.queues.values()),
            "levels": LEVELS,
            "tabs": tabs(visit, "skills"),
        }
        return Page("people/skills.html", values, title=TITLE)

    @post(PATH, permission=EDIT)
    async def store(self, visit: Visit) -> Answer:
        """Store what was changed, all of it or nothing."""
        wanted = {
            agent.id: skills
            for agent in self._people.agents.values()
            if visit.may(EDIT, whose(agent))
            and f"{agent.id}:" in visit.form
            and (skills := self._skills(visit, agent.id)) != set(agent.skills)
        }
        if wanted:
            await self._keeping.store(visit, "agent.skills", " ".join(wanted), _change_all, wanted)
        return await self._keeping.done(visit, PATH)

    def _skills(self, visit: Visit, number: str) -> set[Skill]:
        chosen = ((queue, visit.form.get(f"{number}:{queue}", "")) for queue in self._people.queues)
        return {Skill(queue=queue, level=int(level)) for queue, level in chosen if level in KNOWN}


def _change_all(tx: Tx, wanted: dict[str, set[Skill]]) -> None:
    for number, skills in wanted.items():
        ordered = tuple(sorted(skills, key=lambda one: (one.level, one.queue)))
        change_agent(tx, number, {"skills": ordered})
