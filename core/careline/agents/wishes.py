"""What agents ask for themselves, from a phone, a screen or the command line: plugins may refuse.

What calls do to agents goes straight to :class:`~careline.agents.service.Agents`: a phone that
rings is no wish.
"""

from __future__ import annotations

from attrs import frozen

from careline.agents.model import AgentStatus, Reason, State
from careline.agents.service import Agents
from careline.hooks.hub import Hub


@frozen
class Wishes:
    """The verbs of :class:`Agents` that an agent may ask for, each past ``may_change_state``."""

    agents: Agents
    hub: Hub

    async def sign_in(self, agent_id: str, phone: str = "") -> AgentStatus:
        """Sign in; Refused as by Agents, or by a plugin."""
        await self._may(agent_id, State.NOT_READY, Reason.SIGNED_IN)
        return self.agents.sign_in(agent_id, phone)

    async def sign_out(self, agent_id: str) -> AgentStatus:
        """Sign out, after the call if in one."""
        await self._may(agent_id, State.SIGNED_OUT)
        return self.agents.sign_out(agent_id)

    async def ready(self, agent_id: str) -> AgentStatus:
        """Ready for calls; ends wrap-up."""
        await self._may(agent_id, State.READY)
        return self.agents.ready(agent_id)

    async def not_ready(self, agent_id: str, reason: Reason) -> AgentStatus:
        """Not ready, with a reason."""
        await self._may(agent_id, State.NOT_READY, reason)
        return self.agents.not_ready(agent_id, reason)

    async def finish(self, agent_id: str) -> AgentStatus:
        """Done with the wrap-up before its limit, for what was wished for after it."""
        now = self.agents.status(agent_id)
        await self._may(agent_id, now.afterwards, now.afterwards_reason)
        return self.agents.finish(agent_id)

    async def _may(self, agent_id: str, state: State, reason: Reason = Reason.NONE) -> None:
        now = self.agents.status(agent_id)
        refusal = await self.hub.may_change_state(now=now, state=state, reason=reason)
        if refusal is not None:
            raise refusal.error()
