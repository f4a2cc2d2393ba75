"""What outbound calls bring to the workspace, and the core's own word on who may dial."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import Refusal, hook
from careline.outbound.guard import Guard
from careline.pages.outbound.agents import DIAL, AgentRoutes
from careline.pages.outbound.routes import VIEW, OutboundRoutes
from careline.web import PageEntry, Panel, Slot


class OutboundPages:
    """The leaders' page, the agents' panels, and the guard before every outside number."""

    def __init__(self, agents: AgentRoutes, leaders: OutboundRoutes, guard: Guard) -> None:
        self._agents = agents
        self._leaders = leaders
        self._guard = guard

    @hook
    async def may_dial(self, agent: str, number: str) -> Refusal | None:
        """Hours and caps of ``[outbound.allow]``; numbers are judged where they are dialled."""
        return await self._guard.may_dial(agent, number)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of the team; the agents' deeds are not in it."""
        return [
            PageEntry(
                name="outbound",
                title="Outbound calls",
                path="/outbound",
                permission=VIEW,
                routes=self._leaders,
                icon="phone-outgoing",
                group="team",
                order=45,
            ),
            PageEntry(
                name="outbound_agents",
                title="Outbound calls",
                path="/outbound",
                permission=DIAL,
                routes=self._agents,
                rail=False,
                scripts=("outbound.js",),
            ),
        ]

    @hook
    def panels(self) -> Sequence[Panel]:
        """My day: the next call. Beside a call: the task that it is made for."""
        return [
            Panel(
                name="home_outbound",
                title="To call",
                slot=Slot.HOME,
                template="outbound/todo.html",
                view=self._agents.todo,
                permission=DIAL,
                refresh_on=("outbound_changed",),
                order=15,
            ),
            Panel(
                name="call_outbound",
                title="Call of a task",
                slot=Slot.CALL,
                template="outbound/call.html",
                view=self._agents.of_call,
                permission=DIAL,
                refresh_on=("call_changed", "outbound_changed"),
                order=12,
            ),
        ]
