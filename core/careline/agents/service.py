"""The agents now: each state change goes through the rules, is logged, and is told to listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from careline.agents import model as m
from careline.agents.model import Agent, AgentStatus, Reason, State
from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.storage.behind import WriteBehind

logger = Logger()


@frozen
class AgentChange:
    """One agent's state before and after."""

    before: AgentStatus
    after: AgentStatus


Listener = Callable[[AgentChange], None]


class Agents:
    """All agents' states by number; ``people`` gives the agents as they are set up now."""

    def __init__(
        self, clock: Clock, people: Callable[[], Mapping[str, Agent]], log: WriteBehind[AgentStatus]
    ) -> None:
        self._clock = clock
        self._people = people
        self._log = log
        self._states: dict[str, AgentStatus] = {}
        self._timers: dict[str, IDelayedCall] = {}
        self._listeners: list[Listener] = []
        self._present: Callable[[AgentStatus], bool] = lambda status: True
        self._guard = logger.failureHandler("a listener to agents failed")

    def listen(self, listener: Listener) -> None:
        """Have ``listener`` called at every change, on the reactor thread."""
        self._listeners.append(listener)

    def watch(self, present: Callable[[AgentStatus], bool]) -> None:
        """Have ``present`` asked whether a call may be offered to one who becomes ready."""
        self._present = present

    @property
    def people(self) -> Mapping[str, Agent]:
        """The agents as they are set up now, by number."""
        return self._people()

    @property
    def states(self) -> Mapping[str, AgentStatus]:
        """The state of every agent that has ever had one, by number."""
        return self._states

    def status(self, agent_id: str) -> AgentStatus:
        """The state of one agent; NotFound for an unknown number."""
        if agent_id not in self._people():
            raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent_id)
        return self._states.get(agent_id) or AgentStatus(agent=agent_id, since=self._clock.now())

    def on_phone(self, phone: str) -> AgentStatus | None:
        """The agent signed in on that phone."""
        in_use = (status for status in self._states.values() if status.phone == phone)
        return next((status for status in in_use if status.state is not State.SIGNED_OUT), None)

    def resume(self, states: Iterable[AgentStatus]) -> None:
        """Take up the states that an earlier core left."""
        for status in states:
            if status.agent in self._people():
                self._states[status.agent] = status
                self._arm(status)

    def sign_in(self, agent_id: str, phone: str = "") -> AgentStatus:
        """Sign in on ``phone``, or on the agent's own; Refused when the phone is taken."""
        now = self.status(agent_id)
        agent = self._people()[agent_id]
        phone = phone or agent.phone or agent.browser_phone
        if not agent.active:
            raise Refused("agent.inactive", "agent {agent} is not active", agent=agent_id)
        if not phone:
            raise Refused("agent.no_phone", "agent {agent} has no phone", agent=agent_id)
        other = self.on_phone(phone)
        if other and other.agent != agent_id:
            raise Refused(
                "agent.phone_taken",
                "phone {phone} is in use by agent {agent}",
                phone=phone,
                agent=other.agent,
            )
        return self._set(now, m.sign_in(now, self._clock.now(), phone))

    def sign_out(self, agent_id: str) -> AgentStatus:
        """Sign out, after the call if in one."""
        return self._step(agent_id, lambda now, at: m.sign_out(now, at))

    def ready(self, agent_id: str) -> AgentStatus:
        """Ready for calls; ends wrap-up."""
        return self._step(agent_id, lambda now, at: m.ready(now, at))

    def not_ready(self, agent_id: str, reason: Reason) -> AgentStatus:
        """Not ready, with a reason."""
        return self._step(agent_id, lambda now, at: m.not_ready(now, at, reason))

    def finish(self, agent_id: str) -> AgentStatus:
        """End wrap-up, for what was wished for after it."""
        return self._step(agent_id, lambda now, at: m.finish(now, at))

    def phone_away(self, agent_id: str, at: datetime) -> None:
        """The agent's phone or page is away: no call is offered."""
        self._happened(agent_id, lambda now: m.phone_away(now, at))

    def phone_back(self, agent_id: str, at: datetime) -> None:
        """It is there again."""
        self._happened(agent_id, lambda now: m.phone_back(now, at))

    def rang(self, agent_id: str, at: datetime, call: str) -> None:
        """The agent's phone rings for ``call``."""
        self._happened(agent_id, lambda now: m.ring(now, at, call))

    def ring_stopped(self, agent_id: str, at: datetime) -> None:
        """It stopped without the agent's doing."""
        self._happened(agent_id, lambda now: m.ring_stopped(now, at))

    def no_answer(self, agent_id: str, at: datetime, penalty: timedelta) -> None:
        """The agent let it ring."""
        self._happened(agent_id, lambda now: m.no_answer(now, at, penalty))

    def talking(self, agent_id: str, at: datetime, call: str) -> None:
        """The agent talks on ``call``."""
        self._happened(agent_id, lambda now: m.talk(now, at, call))

    def holding(self, agent_id: str, at: datetime) -> None:
        """The agent has put the caller on hold."""
        self._happened(agent_id, lambda now: m.hold(now, at))

    def consulting(self, agent_id: str, at: datetime) -> None:
        """The agent asks somebody while the caller waits."""
        self._happened(agent_id, lambda now: m.consult(now, at))

    def hung_up(self, agent_id: str, at: datetime, wrap_up: timedelta) -> None:
        """The agent's call is over."""
        self._happened(agent_id, lambda now: m.hang_up(now, at, wrap_up))

    def _step(
        self, agent_id: str, rule: Callable[[AgentStatus, datetime], AgentStatus]
    ) -> AgentStatus:
        now = self.status(agent_id)
        return self._set(now, rule(now, self._clock.now()))

    def _happened(self, agent_id: str, rule: Callable[[AgentStatus], AgentStatus]) -> None:
        """Something the switch reports; an agent that is not set up any more is passed over."""
        if agent_id in self._people():
            now = self.status(agent_id)
            self._set(now, rule(now))

    def _set(self, before: AgentStatus, after: AgentStatus) -> AgentStatus:
        if after.state is State.READY and not self._present(after):
            after = m.phone_away(after, after.since)
        if after == before or (_is_away(before) and _is_away(after)):
            return before
        self._states[after.agent] = after
        self._log.put(after)
        self._arm(after)
        for listener in tuple(self._listeners):
            with self._guard:
                listener(AgentChange(before, after))
        return after

    def _arm(self, status: AgentStatus) -> None:
        timer = self._timers.pop(status.agent, None)
        if timer and timer.active():
            timer.cancel()
        if status.until is not None:
            wait = max(0.0, (status.until - self._clock.now()).total_seconds())
            self._timers[status.agent] = self._clock.call_later(
                wait, lambda: self._lapse(status.agent)
            )

    def _lapse(self, agent_id: str) -> None:
        now = self._states[agent_id]
        if now.until is not None:
            self._set(now, m.lapse(now, now.until))

    def stop(self) -> None:
        """Cancel the timers."""
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()
        self._timers.clear()


def _is_away(status: AgentStatus) -> bool:
    return status.state is State.NOT_READY and status.reason is Reason.PHONE_AWAY
