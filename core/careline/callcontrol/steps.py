"""The steps of which the verbs are made: where a party can be sent, and how it finds back."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve
from twisted.logger import Logger

from careline.agents.model import ON_CALL, SIGNED_IN, AgentStatus, State
from careline.agents.service import Agents
from careline.callcontrol.line import Line, home_queue
from careline.callcontrol.model import (
    AgentTarget,
    FlowTarget,
    Outside,
    QueueTarget,
    Target,
    shown,
)
from careline.callcontrol.supervision import DONE_S, Supervision, nobody
from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, Waiting, Why
from careline.calls.recorder import Recorder
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import NotFound, Refused, Unavailable
from careline.hooks.hub import Hub
from careline.numbers import parse_phone
from careline.queues.model import interface
from careline.routing.service import Routing
from careline.telephony.switch import Switch

RING_S = 25

HELD, PARKED = "careline-held", "careline-parked"
CONSULT, JOIN, CONFERENCE = "careline-consult", "careline-join", "careline-conference"
TRANSFER, RETAKE, CLICK = "careline-transfer", "careline-retake", "careline-click"

#: The extension of a context for each kind of target.
EXTEN: Mapping[type[Target], str] = {
    AgentTarget: "dial",
    Outside: "dial",
    QueueTarget: "queue",
    FlowTarget: "flow",
}

log = Logger()


class Steps(Supervision):
    """What the verbs of an agent's phone have in common."""

    def __init__(
        self,
        clock: Clock,
        switch: Switch,
        calls: Calls,
        agents: Agents,
        routing: Routing,
        hub: Hub,
        node: str,
        recorder: Recorder,
    ) -> None:
        super().__init__(clock, switch, calls, agents)
        self._routing = routing
        self._hub = hub
        self._node = node
        self._recorder = recorder

    async def _marks(self, call: CallRecord, leader: str) -> Mapping[str, str]:
        """The variables by which the switch records what a leader says in a talk."""
        return await self._recorder.marks_joining(call, leader)

    async def _leave_to(
        self,
        line: Line,
        party: Leg,
        variables: dict[str, str],
        exten: str,
        target: Target,
        how: str,
    ) -> None:
        """Send the party on and let the agent go."""
        phone = line.leg.endpoint.partition("/")[2]
        # A party that was taken back or picked up once must not make other phones answer unasked.
        back = {"CARELINE_PHONE": phone, "CARELINE_RING": str(RING_S), "CARELINE_AUTO": ""}
        await self._variables(line.leg.name, {"CARELINE_PEER": ""})
        await self._variables(party.name, self._way_back(line) | back | variables)
        now = self._clock.now()
        passed = f.Transferred(at=now, channel=line.leg.channel, target=shown(target), how=how)
        self._calls.note(line.call.id, passed)
        await self._switch.redirect(party.name, TRANSFER, exten)
        await self._end(line.leg)

    async def _destination(
        self, agent: str, target: Target, call: CallRecord, rings: bool = False
    ) -> dict[str, str]:
        """The variables of the dialplan that lead there; Refused when it cannot be reached.

        ``rings``: a colleague's phone rings for us already.
        """
        if rings and isinstance(target, AgentTarget):
            phone = interface(self._signed_in(target.id).phone)
            return {"CARELINE_DIAL": phone, "CARELINE_SHOWN": ""}
        match target:
            case QueueTarget(queue):
                if queue not in self._routing.queues:
                    raise NotFound("queue.unknown", "there is no queue {queue}", queue=queue)
                return {"CARELINE_QUEUE": queue, "CARELINE_PRIORITY": "5", "CARELINE_STOPS": ""}
            case FlowTarget(name):
                # the language is the party's own: reception reads it off the channel
                position = evolve(self._routing.book.begin(name), language="")
                return {"CARELINE_STATE": position.encode(), "CARELINE_RESULT": ""}
        return await self._dialled(agent, target, "", call.trunk)

    async def _dialled(
        self, agent: str, target: Target, number_shown: str, trunk: str = ""
    ) -> dict[str, str]:
        if isinstance(target, AgentTarget):
            if target.id == agent:
                raise Refused("control.self", "that is your own number")
            return {"CARELINE_DIAL": interface(self._free(target.id).phone), "CARELINE_SHOWN": ""}
        if not isinstance(target, Outside):
            raise Refused("control.target", "{target} is no number", target=shown(target))
        known = self._routing.shown_numbers()
        if number_shown and number_shown not in known:
            raise Refused("control.shown", "{number} may not be shown", number=number_shown)
        refusal = await self._hub.may_dial(agent=agent, number=target.number)
        if refusal is not None:
            raise refusal.error()
        string = self._routing.dial_string(target.number, trunk)
        if not string:
            raise Refused("control.number", "{number} may not be dialled", number=target.number)
        usual = number_shown or self._routing.shown_number(trunk)
        return {"CARELINE_DIAL": string, "_CARELINE_SHOWN": usual}

    def _outside(self, call_id: str, number: str, dialled: str) -> f.Dialled:
        """Whom we call, for the call's record: the switch shows no number of whom it dials."""
        trunk = self._routing.trunks.get(dialled.rpartition("@")[2])
        phone = parse_phone(number, trunk.rules.area_code if trunk else "")
        return f.Dialled(
            at=self._clock.now(),
            channel=call_id,
            number=phone.e164,
            trunk=trunk.id if trunk else "",
            campus=trunk.campus if trunk else "",
        )

    def _way_back(self, line: Line) -> dict[str, str]:
        """What a party must know to find back to its agent, or to a queue."""
        return {
            "CARELINE_LEG": line.leg.name,
            "CARELINE_BACK": home_queue(line.call, self._skills(line.agent)),
        }

    def _skills(self, agent: str) -> tuple[str, ...]:
        person = self._routing.agents.get(agent)
        return tuple(skill.queue for skill in person.skills) if person else ()

    def _consulting(self, agent: str) -> tuple[Line, Waiting, Leg]:
        line = self._line(agent)
        waiting, party = line.put_aside, line.party
        if waiting is None or party is None or waiting.why is not Why.CONSULT:
            raise Refused("control.not_consulting", "agent {agent} asks nobody", agent=agent)
        return line, waiting, party

    def _no_conference(self, line: Line) -> None:
        if line.conference:
            raise Refused("control.conference", "this is not possible in a conference")

    def _signed_in(self, agent: str) -> AgentStatus:
        status = self._agents.status(agent)
        if status.state not in SIGNED_IN:
            raise Refused("agent.signed_out", "agent {agent} is not signed in", agent=agent)
        return status

    def _free(self, agent: str) -> AgentStatus:
        """The state of an agent whose phone may ring."""
        status = self._signed_in(agent)
        if status.state in ON_CALL or status.state is State.RINGING:
            raise Refused("control.busy", "agent {agent} is on the phone", agent=agent)
        return status

    async def _aside(self, line: Line, party: Leg, place: tuple[str, str]) -> None:
        """Party to the music, agent's leg to ``place``; undone in the record if it is refused."""
        try:
            await self._switch.redirect_both(party.name, (HELD, "s"), line.leg.name, place)
        except (Refused, Unavailable):
            undone = f.Resumed(at=self._clock.now(), channel=line.leg.channel)
            self._calls.note(line.call.id, undone)
            raise
        await self._until(line.call.id, lambda call: _apart(call, party, line.leg), DONE_S)

    async def _join(self, line: Line, other: Leg) -> None:
        """Put the party through to ``other``; Unavailable when it came back to the agent."""
        party = line.party
        if party is None:
            raise nobody(line.agent)
        await self._switch.redirect(party.name, JOIN, other.channel)
        await self._bridged(line.call.id, party.channel, other.channel)

    async def _end(self, leg: Leg) -> None:
        """Hang a leg up that has nothing to do any more; it may have gone by itself."""
        try:
            await self._switch.hangup(leg.name)
        except Refused:
            log.debug("{channel} has gone already", channel=leg.name)


def _apart(call: CallRecord | None, party: Leg, leg: Leg) -> bool:
    """True when these two talk no more."""
    first, second = (call.leg(party.channel), call.leg(leg.channel)) if call else (None, None)
    return not (first and second and first.bridge and first.bridge == second.bridge)
