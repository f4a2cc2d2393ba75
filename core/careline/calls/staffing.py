"""Calls move agents: rings, answers and hang-ups change states; wrap-up is noted in the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from careline.agents.model import ON_CALL, AgentStatus, State
from careline.agents.service import AgentChange, Agents
from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, LegKind, Why
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.queues.model import Queue

DEFAULT_WRAP_UP = timedelta(seconds=30)
DEFAULT_PENALTY = timedelta(seconds=30)


class Staffing:
    """Joins :class:`Calls` and :class:`Agents`; ``queues`` gives the queues as set up now.

    ``work_of(call, agent)`` gives disposition and note of a wrap-up that ends, however it ends.
    """

    def __init__(
        self,
        clock: Clock,
        calls: Calls,
        agents: Agents,
        queues: Callable[[], Mapping[str, Queue]],
        work_of: Callable[[str, str], tuple[str, str]] = lambda call, agent: ("", ""),
    ) -> None:
        self._clock = clock
        self._calls = calls
        self._agents = agents
        self._queues = queues
        self._work_of = work_of
        calls.listen(self.call_changed)
        agents.listen(self.agent_changed)

    def call_changed(self, change: Change) -> None:
        """Move the agent whom a fact concerns."""
        call, fact = change.after, change.fact
        match fact:
            case f.Rang():
                self._agents.rang(fact.agent, fact.at, call.id)
            case f.RingEnded():
                self._ring_ended(call, fact)
            case f.Connected():
                self._agents.talking(fact.agent, fact.at, call.id)
            case f.Called() if fact.agent:
                self._agents.rang(fact.agent, fact.at, call.id)
            case f.ChannelUp() if fact.agent and fact.extension:
                self._works(fact.agent, fact.at, call)
            case f.Bridged() | f.Resumed() | f.Held() | f.Consulted() | f.PhoneLost():
                for agent in self._agents_in(call, fact.channel):
                    self._works(agent, fact.at, call)
            case f.ChannelGone():
                self._gone(call, fact)
            case f.Queued() if change.before:
                self._not_taken_back(change.before, call, fact)

    def agent_changed(self, change: AgentChange) -> None:
        """Note the begin and the end of wrap-up in the call that it belongs to."""
        before, after = change.before, change.after
        if after.state is State.WRAP_UP and before.state is not State.WRAP_UP:
            started = f.WrapUpStarted(at=after.since, channel="", agent=after.agent)
            self._calls.note(after.call, started)
        elif before.state is State.WRAP_UP and after.state is not State.WRAP_UP:
            self._calls.note(before.call, self._ended(before.call, after.agent, after.since))

    def _ended(self, call: str, agent: str, at: datetime) -> f.WrapUpEnded:
        disposition, note = self._work_of(call, agent)
        return f.WrapUpEnded(at=at, channel="", agent=agent, disposition=disposition, note=note)

    def reconcile(self) -> None:
        """After a gap: what agents did is what the open calls say."""
        now = self._clock.now()
        talking = self._talking()
        for agent, call in talking.items():
            self._works(agent, now, call)
        for status in list(self._agents.states.values()):
            if status.agent not in talking:
                self._settle(status)
        for call in self._calls.open:
            self._end_wrap_ups(call)

    def _agents_in(self, call: CallRecord, channel: str) -> list[str]:
        """The agent on that channel, and those whom its move concerns: they talk with it."""
        leg = call.leg(channel)
        legs = () if leg is None else (leg, *call.beside(leg))
        return [agent for one in legs if (agent := self._agent_on(one))]

    def _works(self, agent: str, at: datetime, call: CallRecord) -> None:
        """Talking, holding or consulting, as the agent's calls say."""
        status = self._agents.states.get(agent)
        main = self._calls.get(status.call) if status and status.state in ON_CALL else None
        if main is not None and main.id != call.id and main.leg_of(agent):
            # A second call of the agent's own, while the caller of the first one waits.
            self._agents.consulting(agent, at)
            return
        put_aside = call.put_aside_by(agent)
        leg = call.leg_of(agent)
        alone = put_aside is None and not (leg is not None and leg.held)
        if alone or main is None or main.id != call.id:
            self._agents.talking(agent, at, call.id)
        if put_aside is not None and put_aside.why is Why.CONSULT:
            self._agents.consulting(agent, at)
        elif not alone:
            self._agents.holding(agent, at)

    def _not_taken_back(self, before: CallRecord, call: CallRecord, fact: f.Queued) -> None:
        """The phone that was lost did not come back in time: the call is over for its agent."""
        for one in before.waiting:
            if one.why is Why.LOST and one not in call.waiting:
                self._agents.hung_up(one.agent, fact.at, self._wrap_up(call, one.agent))

    def _settle(self, status: AgentStatus) -> None:
        """An agent that no open call keeps busy: its call or ring ended unseen."""
        call = self._calls.get(status.call)
        now = self._clock.now()
        if status.state in ON_CALL:
            wrap_up = self._wrap_up(call, status.agent)
            self._agents.hung_up(status.agent, _left(call, status, now), wrap_up)
        elif status.state is State.RINGING and not _rings(call, status.agent):
            self._agents.ring_stopped(status.agent, now)

    def _end_wrap_ups(self, call: CallRecord) -> None:
        """A wrap-up whose end was not written down ended when the agent's next state began."""
        for work in call.wrap_ups:
            status = self._agents.states.get(work.agent)
            wraps_up = (
                status is not None and status.state is State.WRAP_UP and status.call == call.id
            )
            if work.span.end is None and not wraps_up:
                at = max(status.since if status else work.span.start, work.span.start)
                self._calls.note(call.id, self._ended(call.id, work.agent, at))

    def _talking(self) -> dict[str, CallRecord]:
        found = {}
        for call in self._calls.open:
            for leg in call.legs:
                agent = self._agent_on(leg)
                if agent and leg.ended is None and leg.bridge:
                    found[agent] = call
            found |= {one.agent: call for one in call.waiting}
        return found

    def _agent_on(self, leg: Leg | None) -> str:
        """The agent behind a leg: the one the queue named, or who is signed in on the phone."""
        if leg is None or leg.kind is not LegKind.AGENT:
            return ""
        if leg.agent:
            return leg.agent
        status = self._agents.on_phone(leg.endpoint.partition("/")[2])
        return status.agent if status else ""

    def _ring_ended(self, call: CallRecord, fact: f.RingEnded) -> None:
        ring = next((ring for ring in call.rings if ring.channel == fact.channel), None)
        if ring is None or fact.result == "answered":
            return
        if fact.result == "caller_gone":
            self._agents.ring_stopped(ring.agent, fact.at)
            return
        queue = self._queue_of(ring.queue, ring.agent)
        penalty = timedelta(seconds=queue.penalty_s) if queue else DEFAULT_PENALTY
        self._agents.no_answer(ring.agent, fact.at, penalty)

    def _gone(self, call: CallRecord, fact: f.ChannelGone) -> None:
        agent = self._agent_on(call.leg(fact.channel))
        if not agent:
            return
        status = self._agents.states.get(agent)
        if status and status.call == call.id and status.state in ON_CALL:
            other = self._talking().get(agent)
            if other and fact.channel not in call.passed_on:
                # Only a second call, to ask a colleague, is over.
                self._works(agent, fact.at, other)
            else:
                self._agents.hung_up(agent, fact.at, self._wrap_up(call, agent))
        elif status and status.state in ON_CALL:
            main = self._calls.get(status.call)
            if main is not None:  # the colleague who was asked in a second call has hung up
                self._back(agent, fact.at, main)
        elif status and status.call == call.id:
            self._agents.ring_stopped(agent, fact.at)

    def _back(self, agent: str, at: datetime, main: CallRecord) -> None:
        leg = main.leg_of(agent)
        if leg is not None and leg.held:
            self._agents.holding(agent, at)
        elif leg is not None and leg.bridge and not main.put_aside_by(agent):
            self._agents.talking(agent, at, main.id)

    def _wrap_up(self, call: CallRecord | None, agent: str) -> timedelta:
        """The limit set for the call's queue, or for the agent's own when the agent has dialled.

        A talk between colleagues needs no wrap-up, nor does one that never came about.
        """
        if call is None or not (call.stays or _reached_outside(call)):
            return timedelta()
        queue = self._queue_of(call.stays[-1].queue if call.stays else "", agent)
        return timedelta(seconds=queue.wrap_up_s) if queue else DEFAULT_WRAP_UP

    def _queue_of(self, name: str, agent: str) -> Queue | None:
        """The queue of that name; for a personal queue the first that the agent serves."""
        queues = self._queues()
        person = self._agents.people.get(agent)
        skills = [skill.queue for skill in person.skills] if person else []
        found = (queues.get(one) for one in (name, *skills))
        return next((queue for queue in found if queue is not None), None)


def since_when(status: AgentStatus, call: CallRecord | None) -> datetime:
    """Since when an agent does what ``status`` says.

    A talk goes on after the party was held, or after the phone was lost for a moment.
    """
    talking = call.talking_since(status.agent) if call and status.state is State.TALKING else None
    return talking or status.since


def _reached_outside(call: CallRecord) -> bool:
    return any(leg.kind is LegKind.OUTSIDE and leg.answered for leg in call.legs)


def _left(call: CallRecord | None, status: AgentStatus, now: datetime) -> datetime:
    """When the agent's leg of the call ended, if that was written down."""
    legs = call.legs if call else ()
    return max((leg.ended for leg in legs if leg.agent == status.agent and leg.ended), default=now)


def _rings(call: CallRecord | None, agent: str) -> bool:
    """True from the ring to the talk: also while the caller is told who has answered."""
    if call is None:
        return False
    alive = [ring for ring in call.rings if ring.channel in call.live_channels]
    return any(ring.agent == agent and ring.result in ("", "answered") for ring in alive)
