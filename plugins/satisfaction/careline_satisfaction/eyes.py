"""Who may see which answers: one's own, those of whom one looks after, everybody's."""

from __future__ import annotations

from typing import Any

from careline.auth.model import NOBODY, Subject
from careline.errors import NotFound
from careline.web import Visit
from careline_satisfaction.answers.model import Answer

OWN, VIEW, EDIT = "satisfaction.own", "satisfaction.view", "satisfaction.edit"


def agents_seen(core: Any, visit: Visit) -> tuple[str, ...] | None:
    """Agents whose answers a visitor may see; None for everybody's, those of nobody too."""
    if visit.may(VIEW, NOBODY):
        return None
    return tuple(agent for agent in core.agents.people if sees(core, visit, agent))


def sees(core: Any, visit: Visit, agent: str) -> bool:
    """True when a visitor may see what is said of an agent."""
    if visit.may(OWN) and agent and visit.user.agent == agent:
        return True
    person = core.agents.people.get(agent)
    if person is None:
        return visit.may(VIEW, NOBODY)
    return visit.may(VIEW, Subject(agent=agent, team=person.team, campus=person.campus))


def need(core: Any, visit: Visit, answer: Answer) -> None:
    """Go on only when the visitor may see the answer; NotFound as if there was none."""
    if not sees(core, visit, answer.agent):
        raise NotFound("satisfaction.unknown", "there is no answer {id}", id=answer.id)
