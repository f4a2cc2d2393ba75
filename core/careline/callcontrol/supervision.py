"""What shift leaders do with calls of others: listen, whisper, barge in, take over, release.

The leader's own phone rings (and picks up by itself where it knows how). Each act is a line in the
call's timeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_hex

from twisted.internet.defer import Deferred, TimeoutError

from careline.agents.model import State
from careline.agents.service import Agents
from careline.callcontrol.line import Line, home_queue
from careline.callcontrol.model import Listening
from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, LegKind
from careline.calls.rung import ADDED
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import Refused, Unavailable
from careline.queues.model import interface
from careline.telephony.switch import SPY_CONTEXT, Switch

INTERCEPT = "careline-intercept"
RING_S = 25.0
#: Seconds in which the switch does what it is told, else the agent is told that it did not.
DONE_S = 3.0


class Supervision:
    """The verbs of a shift leader, who is an agent too: known by number, reached on a phone."""

    def __init__(self, clock: Clock, switch: Switch, calls: Calls, agents: Agents) -> None:
        self._clock = clock
        self._switch = switch
        self._calls = calls
        self._agents = agents
        #: Whether a phone can ring now; who watches the phones is built later.
        self.can_ring: Callable[[str], bool] = lambda phone: True

    async def listen(self, leader: str, agent: str) -> None:
        """Hear the agent's talk, unheard."""
        await self._take_part(leader, agent, Listening.LISTEN)

    async def whisper(self, leader: str, agent: str) -> None:
        """Hear the talk and speak to the agent alone."""
        await self._take_part(leader, agent, Listening.WHISPER)

    async def barge(self, leader: str, agent: str) -> None:
        """Hear the talk and speak to both."""
        await self._take_part(leader, agent, Listening.BARGE)

    async def stop_listening(self, leader: str) -> None:
        """Hang the leader's phone up; Refused when it listens to nobody."""
        call, leg = self._listening(leader)
        if call is None or leg is None:
            raise Refused("control.not_listening", "agent {agent} listens to nobody", agent=leader)
        self._noted(call, leg.channel, "stop_listening", leader=leader)
        await self._switch.hangup(leg.name)
        await self._gone(call.id, leg.channel)

    async def intercept(self, leader: str, agent: str) -> None:
        """Take the party over; the agent's part ends when the leader has it."""
        line = self._line(agent)
        party = line.party
        if party is None:
            raise nobody(agent)
        call, leg = self._listening(leader)
        if leg is None:
            self._ringing(leader)
        marks = await self._marks(line.call, leader)
        back = {"CARELINE_LEG": line.leg.name, "CARELINE_BACK": home_queue(line.call)}
        await self._variables(party.name, back)
        self._noted(line.call, line.leg.channel, "intercept", leader=leader, agent=agent)
        await self._switch.set_variable(line.leg.name, "CARELINE_PEER", "")
        if call is not None and leg is not None and call.id == line.call.id and leg.answered:
            await self._variables(leg.name, {**marks, "CARELINE_PEER": party.name})
            await self._switch.redirect(leg.name, INTERCEPT, "s")
            return
        await self._switch.originate(
            interface(self._phone(leader)),
            INTERCEPT,
            "s",
            caller_id=agent,
            variables={**marks, "CARELINE_PEER": party.name},
            timeout_s=RING_S,
            channel_id=_added(line.call),
            at_once=True,
        )

    async def release(self, agent: str, by: str = "") -> None:
        """End the agent's part by force (强拆); the party goes on where its flow says."""
        line = self._line(agent)
        self._noted(line.call, line.leg.channel, "release", leader=by, agent=agent)
        await self._switch.hangup(line.leg.name)

    async def _take_part(self, leader: str, agent: str, how: Listening) -> None:
        line = self._line(agent)
        call, leg = self._listening(leader)
        if call is not None and leg is not None:
            if call.id != line.call.id:
                raise Refused("control.listening", "agent {agent} listens already", agent=leader)
            marks = await self._marks(call, leader)
            await self._variables(leg.name, {**marks, "CARELINE_SPY": line.leg.name})
            self._noted(line.call, line.leg.channel, how.value, leader=leader, agent=agent)
            await self._switch.redirect(leg.name, SPY_CONTEXT, how.value)
            return
        if leader == agent:
            raise Refused("control.self", "that is your own number")
        channel = interface(self._ringing(leader))
        marks = await self._marks(line.call, leader)
        self._noted(line.call, line.leg.channel, how.value, leader=leader, agent=agent)
        await self._switch.spy(channel, line.leg.name, how.value, _added(line.call), marks)

    async def _variables(self, channel: str, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            await self._switch.set_variable(channel, name, value)

    async def _marks(self, call: CallRecord, leader: str) -> Mapping[str, str]:
        """The variables by which the switch records what a leader says in a talk."""
        return {}

    def _found(self, agent: str) -> Line | None:
        """What the agent has on the line, if anything."""
        call = self._calls.get(self._agents.status(agent).call)
        leg = call.leg_of(agent) if call else None
        return Line(call, leg) if call and leg else None

    def _line(self, agent: str) -> Line:
        line = self._found(agent)
        if line is None:
            raise nobody(agent)
        return line

    def _listening(self, leader: str) -> tuple[CallRecord | None, Leg | None]:
        """The call that a leader's phone listens to, and that phone's leg."""
        endpoint = interface(self._phone(leader))
        for call in self._calls.open:
            for leg in call.legs:
                if leg.kind is LegKind.SUPERVISOR and not leg.ended and leg.endpoint == endpoint:
                    return call, leg
        return None, None

    async def _bridged(self, call_id: str, one: str, other: str, limit_s: float = DONE_S) -> None:
        """Wait until two channels of a call talk."""

        def talk(call: CallRecord | None) -> bool:
            first, second = (call.leg(one), call.leg(other)) if call else (None, None)
            if first is None or second is None:
                return False
            return bool(first.bridge) and first.bridge == second.bridge

        await self._until(call_id, talk, limit_s)

    async def _until(
        self, call_id: str, true: Callable[[CallRecord | None], bool], limit_s: float
    ) -> None:
        if true(self._calls.get(call_id)):
            return
        reached: Deferred[None] = Deferred()

        def look(_: object) -> None:
            if not reached.called and true(self._calls.get(call_id)):
                reached.callback(None)

        stop = self._calls.listen(look)
        try:
            await self._clock.within(limit_s, reached)
        except TimeoutError as error:
            raise Unavailable(
                "control.not_done", "the telephone system did not do it in time"
            ) from error
        finally:
            stop()

    async def _gone(self, call_id: str, channel: str) -> None:
        """Wait until a leg has hung up."""

        def gone(call: CallRecord | None) -> bool:
            leg = call.leg(channel) if call else None
            return leg is None or leg.ended is not None

        await self._until(call_id, gone, DONE_S)

    def _phone(self, leader: str) -> str:
        """The phone that the leader works on, else the one on the desk."""
        status = self._agents.status(leader)
        phone = status.phone if status.state is not State.SIGNED_OUT else ""
        phone = phone or self._agents.people[leader].phone
        if not phone:
            raise Refused("agent.no_phone", "agent {agent} has no phone", agent=leader)
        return phone

    def _ringing(self, leader: str) -> str:
        """The leader's phone, which must be able to ring."""
        phone = self._phone(leader)
        if not self.can_ring(phone):
            raise Refused(
                "control.phone_away",
                "phone {phone} is not connected; begin work first (F8), or switch the phone on",
                phone=phone,
            )
        return phone

    def _noted(self, call: CallRecord, channel: str, what: str, **detail: str) -> None:
        noted = f.Noted(at=self._clock.now(), channel=channel, what=what, detail=detail)
        self._calls.note(call.id, noted)


def _added(call: CallRecord) -> str:
    """The id of a channel that we ring for a call that is up: it says which."""
    return f"{call.id}{ADDED}{token_hex(4)}"


def nobody(agent: str) -> Refused:
    """The error for an agent who is on no call."""
    return Refused("control.no_call", "agent {agent} has nobody on the line", agent=agent)
