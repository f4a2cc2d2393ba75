"""The agent's phone control: hold, consult, transfer, conference, pick up, dial.

All of it is done in the switch, so that it works for a browser's phone and a desk phone alike. The
party an agent serves runs the dialplan and pulls the agent's leg, or whoever takes over, into a
bridge: so it goes on when the other side has gone, and the way back stands in its variables. What
happened is told by the switch's own events, which the record is folded from.
"""

from __future__ import annotations

from collections.abc import Iterable

from careline.agents.model import ON_CALL, State
from careline.callcontrol.line import OTHERS, Line, home_queue
from careline.callcontrol.model import (
    AgentTarget,
    FlowTarget,
    OnLine,
    Outside,
    QueueTarget,
    Target,
    parse_target,
    shown,
)
from careline.callcontrol.steps import (
    CLICK,
    CONFERENCE,
    CONSULT,
    EXTEN,
    HELD,
    PARKED,
    RETAKE,
    RING_S,
    TRANSFER,
    Steps,
)
from careline.callcontrol.supervision import DONE_S, nobody
from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, LegKind, Why
from careline.calls.rung import new_call_id
from careline.errors import Refused, Unavailable
from careline.queues.model import interface
from careline.telephony.switch import Channel

QUEUE_S = 120
DIAL_S = 60
#: Seconds from one key to the next: a tone and a pause.
KEY_S = 0.25
#: How often, and for how many seconds, it is looked whether a phone still sends its voice.
LISTENS, LISTEN_S = 2, 0.3
#: Seconds in which an agent of a queue who has answered is put through (announcements come first).
GREETING_S = 10.0


class CallControl(Steps):
    """The verbs, each by the agent's number; Refused when it cannot be done now, and why."""

    # What is on the line

    def on_line(self, agent: str) -> OnLine | None:
        """What the agent has on the line now; None when nothing."""
        line = self._found(agent)
        if line is None:
            return None
        party, asked = line.party, line.asked
        return OnLine(
            call=line.call.id,
            agent=agent,
            number=party.number if party else line.call.number,
            ringing=line.leg.answered is None,
            put_aside=line.put_aside,
            asked_number=asked.number if asked else "",
            asked_answered=line.asked_talks,
            conference=line.conference,
        )

    def _talking(self, agent: str) -> tuple[Line, Leg]:
        """The agent's line and the party on it; Refused without."""
        line = self._line(agent)
        party = line.party
        if party is None or line.leg.answered is None:
            raise nobody(agent)
        return line, party

    # The verbs of an agent's phone

    async def hang_up(self, agent: str) -> None:
        """End the agent's part: the party goes on where its flow says.

        While somebody is asked it hands the party over to that one.
        """
        line = self._line(agent)
        await self._switch.hangup(line.leg.name)
        await self._gone(line.call.id, line.leg.channel)

    async def hold(self, agent: str) -> None:
        """Let the party hear music; the agent hears nothing."""
        line, party = self._talking(agent)
        if line.put_aside is not None or line.leg.held:
            raise Refused("control.held", "the call is on hold already")
        self._no_conference(line)
        await self._variables(party.name, self._way_back(line) | {"CARELINE_PARKED": "1"})
        await self._variables(line.leg.name, {"CARELINE_PEER": party.name})
        now = self._clock.now()
        self._calls.note(
            line.call.id, f.Held(at=now, channel=line.leg.channel, party=party.channel)
        )
        await self._aside(line, party, (PARKED, "s"))

    async def resume(self, agent: str) -> None:
        """Take the party back from hold."""
        line = self._line(agent)
        if line.put_aside is None or line.put_aside.why is not Why.HOLD:
            raise Refused("control.not_held", "no call of agent {agent} is on hold", agent=agent)
        await self._variables(line.leg.name, {"CARELINE_PEER": ""})
        await self._join(line, line.leg)

    async def dtmf(self, agent: str, digits: str) -> None:
        """Press keys for the other side, one after the other."""
        line, party = self._talking(agent)
        heard = (line.asked if line.put_aside else party) or party
        for digit in digits.upper():
            await self._switch.play_dtmf(heard.name, digit)
            await self._clock.sleep(KEY_S)

    async def dial(
        self, agent: str, number: str, shown: str = "", patient: int = 0, call_id: str = ""
    ) -> str:
        """Ring the agent's phone, then call ``number`` for it; the new call's id.

        ``shown`` is one of :meth:`Routing.shown_numbers`; empty: the usual one. ``patient`` is
        linked to the call. ``call_id`` is the id of the new call, if the asker has chosen one.
        """
        status = self._signed_in(agent)
        if status.state in ON_CALL or status.state is State.RINGING:
            raise Refused("control.busy", "agent {agent} is on the phone", agent=agent)
        target = AgentTarget(number) if number in self._routing.agents else Outside(number)
        variables = await self._dialled(agent, target, shown)
        call_id = call_id or new_call_id(self._node, self._clock.now())
        await self._switch.originate(
            interface(status.phone),
            CLICK,
            "s",
            caller_id="".join(digit for digit in number if digit in "+0123456789"),
            variables={
                **variables,
                **await self._recorder.marks_dialled(call_id, number),
                "CARELINE_RING": str(DIAL_S),
            },
            timeout_s=RING_S,
            channel_id=call_id,
            at_once=True,
        )
        call = await self._calls.appears(call_id, self._clock, DONE_S)
        if call is None:
            raise Unavailable("control.phone_away", "phone {phone} is away", phone=status.phone)
        now = self._clock.now()
        self._agents.rang(agent, now, call_id)
        self._noted(call, call_id, "click_to_dial", agent=agent, number=number, shown=shown)
        if isinstance(target, Outside):
            self._calls.note(call_id, self._outside(call_id, number, variables["CARELINE_DIAL"]))
        if patient:
            self._calls.note(call_id, f.Linked(at=now, channel=call_id, patient=patient))
        return call_id

    async def pause_recording(self, agent: str, paused: bool) -> None:
        """Keep what is said now out of the recording, or in it again; the call goes on."""
        line = self._line(agent)
        await self._recorder.pause(line.call, line.leg.channel, paused, agent)

    # Passing on

    async def blind_transfer(self, agent: str, target: Target) -> None:
        """Send the party there at once; nobody takes it: back to the agent, then the queue."""
        line, party = self._talking(agent)
        variables = await self._destination(agent, target, line.call)
        await self._leave_to(line, party, variables, EXTEN[type(target)], target, "blind")

    async def consult(self, agent: str, target: Target) -> None:
        """Ask somebody while the party hears music."""
        line, party = self._talking(agent)
        if isinstance(target, FlowTarget):
            raise Refused("control.flow_asked", "a flow cannot be asked; send the caller there")
        if line.put_aside is not None and line.put_aside.why is not Why.HOLD:
            raise Refused("control.consulting", "somebody is being asked already")
        self._no_conference(line)
        variables = await self._destination(agent, target, line.call)
        if not isinstance(target, Outside):  # colleagues see who asks
            variables = {**variables, "CARELINE_SHOWN": "", "_CARELINE_SHOWN": agent}
        ring = {"CARELINE_RING": str(QUEUE_S if isinstance(target, QueueTarget) else RING_S)}
        await self._variables(party.name, self._way_back(line) | {"CARELINE_PARKED": ""})
        peer = {"CARELINE_PEER": "", "__CARELINE_PEER": party.name, "CARELINE_PRIORITY": "0"}
        await self._variables(line.leg.name, peer | variables | ring)
        held = line.put_aside is not None
        asked = f.Consulted(
            at=self._clock.now(),
            channel=line.leg.channel,
            agent=agent,
            target=shown(target),
            party=party.channel,
        )
        self._calls.note(line.call.id, asked)
        place = (CONSULT, EXTEN[type(target)])
        if held:
            await self._switch.redirect(line.leg.name, *place)
        else:
            await self._aside(line, party, place)

    async def complete(self, agent: str) -> None:
        """Leave the party to the one who was asked, who may still be ringing."""
        line, waiting, party = self._consulting(agent)
        asked = line.asked
        if asked is None or asked.answered is None:
            target = parse_target(waiting.target)
            variables = await self._destination(agent, target, line.call, asked is not None)
            await self._variables(line.leg.name, {"CARELINE_PEER": ""})
            if asked is not None:  # its phone rings for the agent; it shall ring for the party
                await self._end(asked)
                await self._gone(line.call.id, asked.channel)
            await self._leave_to(line, party, variables, EXTEN[type(target)], target, "attended")
            return
        await self._bridged(line.call.id, asked.channel, line.leg.channel, GREETING_S)
        for leg in (line.leg, asked):
            await self._variables(leg.name, {"CARELINE_PEER": ""})
        await self._join(line, asked)
        now = self._clock.now()
        passed = f.Transferred(
            at=now, channel=line.leg.channel, target=waiting.target, how="attended"
        )
        self._calls.note(line.call.id, passed)
        await self._end(line.leg)

    async def cancel_consult(self, agent: str) -> None:
        """Ask no more and go back to the party."""
        line, _, party = self._consulting(agent)
        asked = line.asked
        self._noted(line.call, line.leg.channel, "consult_cancelled", agent=agent)
        if asked is not None and line.asked_talks:
            await self._switch.hangup(asked.name)
        else:
            await self._switch.redirect(line.leg.name, CONSULT, "back")
        await self._bridged(line.call.id, party.channel, line.leg.channel)

    async def conference(self, agent: str) -> None:
        """Take the party into the talk with the one who was asked (三方通话)."""
        line, waiting, party = self._consulting(agent)
        asked = line.asked
        if asked is None or asked.answered is None:
            raise Refused("control.not_answered", "nobody has answered yet")
        await self._bridged(line.call.id, asked.channel, line.leg.channel, GREETING_S)
        for leg in (line.leg, asked):
            await self._variables(leg.name, {"CARELINE_PEER": ""})
        await self._switch.redirect(party.name, CONFERENCE, "s")
        await self._bridged(line.call.id, party.channel, line.leg.channel)
        detail = {"agent": agent, "target": waiting.target}
        self._noted(line.call, line.leg.channel, "conference", **detail)

    async def pick_up(self, agent: str, colleague: str) -> None:
        """Have the call that rings at a colleague's phone ring here instead (代接)."""
        status = self._free(agent)
        other = self._agents.status(colleague)
        call = self._calls.get(other.call) if other.state is State.RINGING else None
        ring = (
            next((r for r in reversed(call.rings) if r.agent == colleague), None) if call else None
        )
        if call is None or ring is None or ring.span.end is not None:
            raise Refused("control.not_ringing", "nothing rings at agent {agent}", agent=colleague)
        variables = {
            "CARELINE_DIAL": interface(status.phone),
            "CARELINE_RING": str(RING_S),
            "_CARELINE_AUTO": "1",
        }
        asking = next((one for one in call.waiting if one.why is Why.CONSULT), None)
        mover = call.leg(asking.leg) if asking else _waits(call)
        if mover is None:
            raise Refused("control.not_ringing", "nothing rings at agent {agent}", agent=colleague)
        back = {"CARELINE_BACK": home_queue(call, self._skills(agent)), "CARELINE_PHONE": ""}
        await self._variables(mover.name, variables | ({} if asking else back))
        self._noted(call, mover.channel, "pick_up", agent=agent, colleague=colleague)
        await self._switch.redirect(mover.name, CONSULT if asking else TRANSFER, "dial")

    async def lost_if_silent(self, agent: str) -> None:
        """The agent's phone is off line: :meth:`lost`, unless its voice still comes.

        A browser whose signalling was cut for a moment goes on with its talk.
        """
        line = self._found(agent)
        if line is None or line.leg.answered is None:
            return
        counted = [await self._packets(line.leg.name)]
        for _ in range(LISTENS):
            await self._clock.sleep(LISTEN_S)
            counted.append(await self._packets(line.leg.name))
        if counted[-1] == counted[-2]:
            await self.lost(agent, gone=True)

    async def _packets(self, channel: str) -> str:
        try:
            return await self._switch.get_variable(channel, "CHANNEL(rtcp,rxcount)")
        except Refused:
            return ""  # the channel has gone

    async def lost(self, agent: str, *, gone: bool = False) -> None:
        """The agent's phone went away in mid-talk: the party waits for it, then for another agent.

        Nothing happens when the agent has no party on the line. ``gone``: it is known that the
        phone was off line, so that it may be back already: where it is now is right.
        """
        line = self._found(agent)
        party = line.party if line else None
        if line is None or party is None or party.ended or line.leg.answered is None:
            return
        phone = line.leg.endpoint.partition("/")[2]
        was = "" if gone else await self._switch.get_global(f"PJSIP_AOR({phone},contact)")
        variables = self._way_back(line) | {"CARELINE_PHONE": phone, "CARELINE_CONTACT": was}
        asked = line.asked
        for leg in (line.leg, *([asked] if asked and line.put_aside else [])):
            await self._variables(leg.name, {"CARELINE_PEER": ""})
        await self._variables(party.name, variables | {"CARELINE_PARKED": ""})
        lost = f.PhoneLost(
            at=self._clock.now(), channel=line.leg.channel, agent=agent, party=party.channel
        )
        self._calls.note(line.call.id, lost)
        await self._switch.redirect(party.name, RETAKE, "s")
        await self._end(line.leg)

    # After a gap

    async def reconcile(self, channels: Iterable[Channel]) -> None:
        """Find parties on hold of whom an earlier core had written nothing down yet."""
        by_name = {channel.name: channel for channel in channels}
        for channel in by_name.values():
            call = self._calls.of_channel(channel.unique_id)
            if channel.context != HELD or call is None:
                continue
            if any(one.party == channel.unique_id for one in call.waiting):
                continue
            holder = by_name.get(await self._switch.get_variable(channel.name, "CARELINE_LEG"))
            leg = call.leg(holder.unique_id) if holder else None
            if holder is None or leg is None or not leg.agent:
                continue
            now, party = self._clock.now(), channel.unique_id
            asks = f.Consulted(at=now, channel=leg.channel, agent=leg.agent, target="", party=party)
            held = f.Held(at=now, channel=leg.channel, party=party)
            self._calls.note(call.id, asks if holder.context == CONSULT else held)


def _waits(call: CallRecord) -> Leg | None:
    """The party of a call that rings."""
    alive = [leg for leg in call.legs if leg.ended is None and leg.kind is not LegKind.AGENT]
    return next((leg for leg in alive if leg.kind in OTHERS), next(iter(alive), None))
