"""Agents: who takes calls, on which phones, for which queues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
from attrs import evolve, field, frozen

from careline.agents.model import Agent, Skill, hash_pin
from careline.auth.model import Subject
from careline.campuses.service import Campuses
from careline.errors import CarelineError, Refused
from careline.i18n import Text
from careline.pages.people.shared import EDIT, People, States, known, tabs
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import longest, named
from careline.site.people import add_agent, change_agent
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Agents")
PATH = "/people"
LEVELS = [("", "–"), *((str(level), str(level)) for level in range(1, 10))]


@frozen
class AgentForm:
    """What is typed of an agent, the skills apart; an empty PIN stays as it is."""

    name: str = field(validator=longest(64))
    phone: str = ""
    browser_phone: str = ""
    campus: str = ""
    team: str = field(default="", validator=longest(64))
    active: bool = False
    pin: str = field(default="", repr=False)

    def values(self) -> dict[str, Any]:
        """What careline.site stores of it."""
        values = attrs.asdict(self)
        del values["pin"]
        return values


@frozen
class NewAgentForm(AgentForm):
    """The same with the number, which stays for good."""

    id: str = field(default="", kw_only=True)


class AgentRoutes:
    """Pages of agents. ``announce(number)`` speaks an agent's number before the first call."""

    def __init__(
        self,
        keeping: Keeping,
        campuses: Campuses,
        people: People,
        states: States,
        in_thread: Callable[..., Awaitable[Any]],
        announce: Callable[[str], Awaitable[object]],
    ) -> None:
        self._keeping = keeping
        self._campuses = campuses
        self._people = people
        self._states = states
        self._in_thread = in_thread
        self._announce = announce

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All agents with what they do now."""
        agents = [one for one in self._people.agents.values() if self._may(visit, one)]
        values = {
            "agents": agents,
            "states": self._states.states,
            "queues": {one.id: one.title for one in self._people.queues.values()},
            "titles": {one.id: one.title for one in self._campuses.directory.campuses.values()},
            "tabs": tabs(visit, "agents"),
        }
        return Page("people/agents.html", values, title=TITLE)

    @get("/people/new/agent", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return self._form(visit, FormState.of(None, visit.language, active=True), "")

    @post("/people/new/agent", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Store a new one, with the phones, and speak the number."""
        value, form = self._read(visit, NewAgentForm)
        if value is None:
            return self._form(visit, form, "", 422)
        try:
            values = {**value.values(), **await self._more(visit, value.pin)}
            await self._keeping.store(visit, "agent.added", value.id, add_agent, values)
        except CarelineError as error:
            return self._form(visit, beside(form, error), "", 422)
        await self._announce(value.id)
        return await self._keeping.done(visit, PATH)

    @get("/people/<number>", permission=EDIT)
    async def one(self, visit: Visit, number: str) -> Answer:
        """One agent to be changed."""
        agent = self._known(visit, number)
        skills = {f"skill_{one.queue}": str(one.level) for one in agent.skills}
        return self._form(visit, FormState.of(agent, visit.language, pin="", **skills), number)

    @post("/people/<number>", permission=EDIT)
    async def change(self, visit: Visit, number: str) -> Answer:
        """Store the agent as it is now."""
        self._known(visit, number)
        value, form = self._read(visit, AgentForm)
        if value is None:
            return self._form(visit, form, number, 422)
        try:
            changes = {**value.values(), **await self._more(visit, value.pin)}
            await self._keeping.store(visit, "agent.changed", number, change_agent, number, changes)
        except CarelineError as error:
            return self._form(visit, beside(form, error), number, 422)
        return await self._keeping.done(visit, PATH)

    async def _more(self, visit: Visit, pin: str) -> dict[str, Any]:
        """Skills, and the PIN's hash, which takes a while to make."""
        more: dict[str, Any] = {"skills": self._skills(visit.form)}
        if pin:
            try:
                more["pin_hash"] = await self._in_thread(hash_pin, pin)
            except Refused as error:
                raise Refused(error.code, error.message, problems=(), field="pin") from None
        return more

    def _skills(self, form: Mapping[str, str]) -> Sequence[Skill]:
        chosen = ((queue, form.get(f"skill_{queue}", "")) for queue in self._people.queues)
        known_levels = {level for level, _ in LEVELS[1:]}
        return tuple(
            Skill(queue=queue, level=int(level)) for queue, level in chosen if level in known_levels
        )

    def _read(self, visit: Visit, cls: type[Any]) -> tuple[Any, FormState]:
        value, form = read(visit, cls)
        names = [f"skill_{queue}" for queue in self._people.queues]
        typed = {name: [visit.form.get(name, "")] for name in names}
        return value, evolve(form, typed={**form.typed, **typed})

    def _known(self, visit: Visit, number: str) -> Agent:
        agent = known(self._people, number)
        visit.need(EDIT, whose(agent))
        return agent

    def _may(self, visit: Visit, agent: Agent) -> bool:
        return visit.may(EDIT, whose(agent))

    def _form(self, visit: Visit, form: FormState, number: str, status: int = 200) -> Page:
        values = {
            "form": form,
            "number": number,
            "campuses": named(self._campuses.directory.campuses.values(), visit._("all")),
            "queues": list(self._people.queues.values()),
            "levels": LEVELS,
            "teams": sorted({one.team for one in self._people.agents.values() if one.team}),
            "state": self._states.states.get(number),
            "tabs": tabs(visit, "agents"),
        }
        return Page("people/agent.html", values, title=TITLE, status=status)


def whose(agent: Agent) -> Subject:
    """For whom one must be allowed to change an agent."""
    return Subject(agent=agent.id, team=agent.team, campus=agent.campus)
