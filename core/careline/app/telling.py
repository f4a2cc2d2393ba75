"""What plugins are told of calls and agents as it happens, and asked beside it."""

from __future__ import annotations

from attrs import frozen

from careline.agents.service import AgentChange, Agents
from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.hooks import Hub
from careline.tasks import Tasks


@frozen
class Telling:
    """Turns changes of calls and agents into events for plugins; calls never wait for it."""

    hub: Hub
    calls: Calls
    agents: Agents
    clock: Clock
    tasks: Tasks

    def begin(self) -> None:
        """Listen from now on."""
        self.calls.listen(self.call_changed)
        self.agents.listen(self.agent_changed)

    def agent_changed(self, change: AgentChange) -> None:
        """An agent's state is another one."""
        self.hub.agent_changed(before=change.before, after=change.after)

    def call_changed(self, change: Change) -> None:
        """A fact was taken into a call."""
        call = change.after
        match change.fact:
            case f.ChannelUp() if change.before is None and call.direction != Direction.INBOUND:
                self.hub.call_started(call=call)
            case f.Identified() as fact if not fact.blocked:
                self.hub.call_started(call=call)
            case f.Queued() as fact:
                self.hub.call_queued(call=call, queue=fact.queue)
            case f.Rang() as fact:
                self.tasks.spawn(self._ask_recording(call, fact), "whether to record")
            case f.Connected() as fact:
                self.hub.call_answered(call=call, agent=fact.agent)
            case f.Transferred() as fact:
                leg = call.leg(fact.channel)
                agent = leg.agent if leg else ""
                self.hub.call_transferred(call=call, agent=agent, target=fact.target)
        known = change.before.patients if change.before else ()
        if len(call.patients) == 1 and call.patients != known:
            self.hub.patient_linked(call=call, patient_id=call.patients[0])

    async def _ask_recording(self, call: CallRecord, rang: f.Rang) -> None:
        """Asked while the phone rings: what records begins with the answer."""
        answer = await self.hub.record_call(call=call, agent=rang.agent)
        if answer is None:
            return
        detail = {"agent": rang.agent, "answer": "yes" if answer else "no"}
        noted = f.Noted(at=self.clock.now(), channel=rang.channel, what="record", detail=detail)
        self.calls.note(call.id, noted)
