"""What a shift leader does to agents and calls: checked, done, written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from careline.agents.model import Reason, State
from careline.agents.service import Agents
from careline.auth.model import Subject
from careline.errors import NotFound, Refused
from careline.i18n import Text
from careline.web import Visit


class Control(Protocol):
    """What is needed of :class:`careline.callcontrol.service.CallControl`."""

    async def listen(self, leader: str, agent: str) -> object:
        """Hear an agent's talk."""

    async def whisper(self, leader: str, agent: str) -> object:
        """Speak to the agent alone."""

    async def barge(self, leader: str, agent: str) -> object:
        """Join the talk."""

    async def intercept(self, leader: str, agent: str) -> object:
        """Take the caller over."""

    async def release(self, agent: str, by: str = "") -> object:
        """End the agent's call."""


#: Said when it is done. Each verb that listens is told to the agent when the house wants it so.
DONE: Mapping[str, Text] = {
    "listen": Text("Your phone rings: you will hear the talk"),
    "whisper": Text("Your phone rings: only the agent will hear you"),
    "barge": Text("Your phone rings: both will hear you"),
    "intercept": Text("The caller comes to your phone"),
    "release": Text("The call was ended"),
    "ready": Text("Agent {agent} is ready"),
    "not_ready": Text("Agent {agent} is not ready"),
    "sign_out": Text("Agent {agent} is signed out"),
    "later": Text("Agent {agent}: done after this call"),
}
OF_CALLS = ("listen", "whisper", "barge", "intercept", "release")
OF_AGENTS = ("ready", "not_ready", "sign_out")
WITH_PHONE = ("listen", "whisper", "barge", "intercept")


@frozen
class Steering:
    """The verbs by name; ``subject`` says whose an agent is."""

    agents: Agents
    control: Control
    subject: Callable[[str], Subject]

    async def do(self, visit: Visit, verb: str, agent: str) -> Text:
        """Do ``verb`` to ``agent``; what to say of it.

        NotFound out of scope, Refused without the permission or when it cannot be now.
        """
        if verb not in (*OF_CALLS, *OF_AGENTS):
            raise NotFound("board.verb", "There is no such thing to do.")
        self.agents.status(agent)
        permission = "calls.steer" if verb in OF_CALLS else "agents.steer"
        visit.need(permission, self.subject(agent))
        if verb in OF_CALLS:
            await self._call(visit, verb, agent)
            await visit.audit(f"call.{verb}", kind="agent", whose=agent)
            return DONE[verb]
        return await self._state(visit, verb, agent)

    async def _call(self, visit: Visit, verb: str, agent: str) -> None:
        leader: str = visit.user.agent
        if verb in WITH_PHONE and not leader:
            raise Refused(
                "board.no_phone", "You have no agent number, so no phone can ring for you."
            )
        if leader == agent and verb in WITH_PHONE:
            raise Refused("board.oneself", "This is your own call.")
        act = getattr(self.control, verb)
        await (act(leader, agent) if verb in WITH_PHONE else act(agent, leader or visit.user.login))

    async def _state(self, visit: Visit, verb: str, agent: str) -> Text:
        """Not a wish of the agent, so no plugin is asked; during a call it is done afterwards."""
        acts: dict[str, Callable[[], object]] = {
            "ready": lambda: self.agents.ready(agent),
            "not_ready": lambda: self.agents.not_ready(agent, Reason.BREAK),
            "sign_out": lambda: self.agents.sign_out(agent),
        }
        acts[verb]()
        await visit.audit("agent.forced", kind="agent", whose=agent, what=verb)
        reached = self.agents.status(agent).state
        wanted = {"ready": State.READY, "not_ready": State.NOT_READY}.get(verb, State.SIGNED_OUT)
        done = DONE[verb] if reached is wanted else DONE["later"]
        return Text(done.msgid, {"agent": agent})
