"""The announcement of each agent (报工号) and of the recording, played before the talk.

Asterisk plays one file per queue, ``careline/agent``, and looks for it in the channel's language
first. So each agent has a variant of every language, ``zh_8001``, that holds this one sound: that
of the prompt ``agent-8001``. Everything else falls back to ``zh``.
"""

from __future__ import annotations

from collections.abc import Iterable

from careline.i18n import LANGUAGES
from careline.prompts.catalogue import of_agent
from careline.prompts.service import Prompts

NAME = "agent"


async def announce(prompts: Prompts, agents: Iterable[str]) -> int:
    """Make the announcements of these agents, by number; how many are new."""
    numbers = tuple(agents)
    await prompts.ensure([wanted for number in numbers for wanted in of_agent(number)])
    new = 0
    for number in numbers:
        for lang in LANGUAGES:
            sound = prompts.folder.played(lang, f"agent-{number}").resolve().stem
            new += prompts.folder.link(f"{lang}_{number}", NAME, sound)
    return new
