"""What plugins are told of calls and agents as it happens, and asked beside it."""

from __future__ import annotations

from attrs import frozen

from careline.agents.service import AgentChange, Agents
from careline.calls import facts as f
from careline.calls.model import Direction
from careline.calls.recorder import Recorder
from careline.calls.service import Calls, Change
from careline.hooks import Hub
from careline.tasks import Tasks


@frozen
class Telling:
    """Turns changes of calls and agents into events for plugins; calls never wait for it."""

    hub: Hub
    calls: Calls
    agents: Agents
    recorder: Recorder
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
                self.tasks.spawn(self.recorder.rang(call, fact), "whether to record")
            case f.Connected() as fact:
                self.hub.call_answered(call=call, agent=fact.agent)
            case f.Transferred() as fact:
                leg = call.leg(fact.channel)
                agent = leg.agent if leg else ""
                self.hub.call_transferred(call=call, agent=agent, target=fact.target)
        known = change.before.patients if change.before else ()
        if len(call.patients) == 1 and call.patients != known:
            self.hub.patient_linked(call=call, patient_id=call.patients[0])
