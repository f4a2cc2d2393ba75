"""What agents, queues and campuses are called."""

from __future__ import annotations

from typing import Any

from careline.errors import NotFound
from careline.queues.store import list_queues


async def queue_names(core: Any, language: str) -> dict[str, str]:
    """Queue -> its title."""
    found = await core.db.run(list_queues)
    return {one.id: (one.title_en if language == "en" else "") or one.title for one in found}


def agent_name(core: Any, agent: str) -> str:
    """An agent's name with its number."""
    person = core.agents.people.get(agent)
    return f"{person.name} {agent}" if person else agent


def campus_name(core: Any, campus: str, language: str) -> str:
    """A campus's title."""
    try:
        known = core.campuses.campus(campus)
    except NotFound:
        return campus
    title: str = (known.title_en if language == "en" else "") or known.title
    return title
