"""What happens, told to open browsers: names and ids of what has changed, to whom it concerns."""

from __future__ import annotations

from attrs import frozen

from careline.agents.service import AgentChange
from careline.callbacks.model import Callback
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Change
from careline.desk.model import took_part
from careline.web.events import Events

BOARD = "board.view"
UNSEEN = (f.Stepped, f.Noted)
"""What changes nothing that anybody looks at while the call is up."""


@frozen
class Live:
    """Listens to the services; costs next to nothing while no browser is open."""

    events: Events

    def agent_changed(self, change: AgentChange) -> None:
        """To the agent, and to those who see the board."""
        agent = change.after.agent
        self.events.tell("agent_changed", agent, agent=agent, permission=BOARD)
        self.events.tell("desk", change.after.call, agent=agent)

    def call_changed(self, change: Change) -> None:
        """To the agents who take part in the call or did a moment ago, and to the board."""
        if not self.events.listening or isinstance(change.fact, UNSEEN):
            return
        call = change.after
        self.events.tell("call_changed", call.id, permission=BOARD)
        for agent in concerned(call) | (concerned(change.before) if change.before else set()):
            if not rang_in_vain(call, agent):  # the call is nothing to look at for that one
                self.events.tell("call_changed", call.id, agent=agent)
            self.events.tell("desk", call.id, agent=agent)
        before = change.before.waiting_in if change.before else ""
        for queue in {before, call.waiting_in} - {""} if before != call.waiting_in else ():
            self.events.tell("queue_changed", queue, permission=BOARD)

    def callback_changed(self, callback: Callback) -> None:
        """To everybody with a desk: the task may be anybody's."""
        self.events.tell("task_changed", callback.call, permission="desk.use")

    def outbound_changed(self, key: str) -> None:
        """To everybody who may dial: the task may be anybody's."""
        self.events.tell("outbound_changed", key, permission="calls.dial")

    def patient_changed(self, patient_id: int) -> None:
        """To those who may see patients."""
        self.events.tell("patient_changed", str(patient_id), permission="patients.view")

    def figures_changed(self) -> None:
        """To those who see the board."""
        self.events.tell("figures_changed", permission=BOARD)

    def alarms_changed(self) -> None:
        """To those who look after the house."""
        self.events.tell("alarm_changed", permission="health.view")


def rang_in_vain(call: CallRecord, agent: str) -> bool:
    """True when the agent's phone rang for the call, does not any more, and was not answered."""
    rings = [ring for ring in call.rings if ring.agent == agent]
    over = bool(rings) and all(ring.span.end for ring in rings)
    return over and not took_part(call, agent)


def concerned(call: CallRecord) -> set[str]:
    """The agents who ring, talk or wrap up in a call."""
    legs = {leg.agent for leg in call.legs if leg.agent and leg.ended is None}
    return legs | {work.agent for work in call.wrap_ups if work.span.end is None}
