"""What the pages of people have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from careline.agents.model import Agent, AgentStatus, Phone
from careline.errors import NotFound
from careline.queues.model import Queue
from careline.web import Visit

EDIT = "people.edit"


class People(Protocol):
    """Agents, phones and queues as they are set up now."""

    @property
    def agents(self) -> Mapping[str, Agent]:
        """All agents by number."""

    @property
    def phones(self) -> Mapping[str, Phone]:
        """All phones by name."""

    @property
    def queues(self) -> Mapping[str, Queue]:
        """All queues by id."""


class States(Protocol):
    """What agents do now."""

    @property
    def states(self) -> Mapping[str, AgentStatus]:
        """The state of every agent that has had one, by number."""


def known(people: People, number: str) -> Agent:
    """The agent with that number, else NotFound."""
    try:
        return people.agents[number]
    except KeyError:
        raise NotFound("agent.unknown", "there is no agent {agent}", agent=number) from None


def tabs(visit: Visit, current: str) -> list[dict[str, object]]:
    """The pages of people, for ``ui.tabs``."""
    pages = (
        ("agents", "/people", visit._("Agents"), "headset"),
        ("skills", "/people/skills", visit._("Skills"), "list-checks"),
        ("phones", "/people/phones", visit._("Phones"), "phone"),
    )
    return [
        {"label": label, "href": href, "current": name == current, "icon": icon, "count": 0}
        for name, href, label, icon in pages
    ]
