"""One's own figures of today beside the team's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.agents.service import Agents
from careline.calls.search import Wanted, find_calls
from careline.dispositions.service import Dispositions
from careline.figures.model import Tally
from careline.figures.service import Figures
from careline.pages.desk.who import agent_of
from careline.storage import Database
from careline.web import Visit

LAST = 8


@frozen
class Own:
    """What an agent has done today."""

    db: Database
    agents: Agents
    figures: Figures
    dispositions: Dispositions

    async def show(self, visit: Visit) -> Mapping[str, Any]:
        """Panel: calls, average handling time, not answered, against the team's average."""
        agent = agent_of(visit)
        team = self._team(agent)
        whole = self.figures.team(team)
        working = sum(1 for one in team if self.figures.agent(one).taken) or 1
        return {
            "mine": self.figures.agent(agent),
            "team": whole,
            "each": round(whole.taken / working, 1),
            "rest_s": _aht(whole),
            "own_s": _aht(self.figures.agent(agent)),
        }

    def _team(self, agent: str) -> list[str]:
        """Who belongs to the agent's team; without one, everybody."""
        people = self.agents.people
        mine = people[agent].team if agent in people else ""
        return [one.id for one in people.values() if not mine or one.team == mine]

    async def last(self, visit: Visit) -> Mapping[str, Any]:
        """Panel: the agent's last calls."""
        agent = agent_of(visit)
        calls, _more = await self.db.run(find_calls, Wanted(agents=(agent,)))
        return {"calls": calls[:LAST], "tree": self.dispositions.tree}


def _aht(tally: Tally) -> float:
    return (tally.aht_ms or 0) / 1000
