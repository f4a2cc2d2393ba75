"""Leads callers: each AGI step takes a call up where it is and leaves it with the next thing to do.

A session is short. As its last act it sets CARELINE_STEP; whatever breaks before that leaves it
empty, and the dialplan sees to the caller.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from attrs import evolve, frozen
from twisted.logger import Logger

from careline.callbacks.service import Callbacks
from careline.callcontrol.line import home_queue
from careline.calls import facts as f
from careline.calls.model import CallRecord, Direction, Leg, LegKind
from careline.calls.recorder import Recorder
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import CarelineError, Invalid
from careline.hooks.hub import Hub
from careline.i18n import DEFAULT
from careline.ivr import exits
from careline.ivr.engine import run
from careline.ivr.line import AgiLine, Sounds
from careline.ivr.model import Caller, Enter
from careline.ivr.position import Position
from careline.queues.model import PERSONAL
from careline.queues.plan import Stop, decode, plan
from careline.reception import steps
from careline.reception.arrival import Arrival
from careline.reception.outcomes import outcome
from careline.reception.overflow import Overflow
from careline.reception.steps import Step
from careline.routing.service import Routing
from careline.telephony.agi import AgiSession
from careline.voicemail.service import Voicemail

#: Where somebody begins whom a task has called, by what was heard (AMD) and in a language; None
#: when there is nothing to say.
Automatic = Callable[[CallRecord, str, str], Awaitable[Position | None]]

#: Steps that may lead to a talk with an agent.
TALKS = ("queue", "dial", "retake")

log = Logger()

#: Q.850 causes of a leg whose phone did not say goodbye: no voice any more, out of order.
LOST_CAUSES = frozenset({27, 38, 41, 44})
JUST_NOW = timedelta(seconds=10)
LOOKS, LOOK_S = 4, 0.1
RETURNING_PRIORITY = 5
VIP_PRIORITY = 10
#: The node of a caller who went where a plugin said at once, before any flow.
ROUTED = "@routed"


@frozen
class Reception:
    """Serves ``agi://core/step``: every step of every caller."""

    clock: Clock
    calls: Calls
    routing: Routing
    hub: Hub
    arrival: Arrival
    overflow: Overflow
    voicemail: Voicemail
    callbacks: Callbacks
    sounds: Sounds
    dial_string: Callable[[str, str], str]
    recorder: Recorder
    automatic: Automatic

    async def step(self, session: AgiSession) -> None:
        """One step of a caller."""
        call = await self.arrival.call_of(session)
        state = await session.get_variable("CARELINE_STATE")
        if not state:
            step = await self._first(session, call)
        else:
            position = _position(state, call)
            if not position.language:  # sent into a flow by an agent, who does not know it
                language = session.env.get("language", "")[:2]
                position = evolve(position, language=language or DEFAULT)
            step = await self._next(session, call, position)
        await self._leave(session, call, step)

    async def _first(self, session: AgiSession, call: CallRecord) -> Step:
        """A new caller: who it is, where it goes."""
        if call.direction is Direction.OUTBOUND and not await session.get_variable("CARELINE_DNIS"):
            return await self._called(session, call)
        caller = await self.arrival.identify(session, call)
        call = self._now(call)
        if caller.blocklisted:
            return steps.hang_up(steps.HANGUP_REJECTED)
        await session.answer()
        language = session.env.get("language", "")[:2]
        answer = await self.hub.route_call(call=call)
        position = self._begin(answer, call, language)
        if answer is None or isinstance(answer, Enter):
            return await self._flow(session, call, position, caller)
        routed = evolve(position, node=ROUTED, waiting=True)
        return await self._flow(session, call, routed, caller, exit_=answer)

    async def _called(self, session: AgiSession, call: CallRecord) -> Step:
        """Somebody whom we called: by a task, or the last agent has left and a plugin leads on."""
        language = session.env.get("language", "")[:2]
        if await session.get_variable("CARELINE_AUTOMATIC"):
            heard = await session.get_variable("CARELINE_HEARD") or ""
            begin = await self.automatic(call, heard, language)
            if begin is None:
                return steps.again()
            return await self._flow(session, call, begin, self.arrival.caller_of(call))
        nowhere = Position(flow="", version=0, node="", language=language)
        position, over = await self._after_call(call, nowhere)
        if over:
            return steps.hang_up()
        return await self._flow(session, call, position, self.arrival.caller_of(call))

    def _begin(
        self, answer: Enter | exits.Exit | None, call: CallRecord, language: str
    ) -> Position:
        """In the flow that a plugin says, else in that of the number and the calendar."""
        if isinstance(answer, Enter):
            try:
                return self.routing.book.begin(answer.flow, language)
            except CarelineError as error:
                log.error("route_call: {error}", error=error, call=call.id)
        return self._usual(call, language)

    def _usual(self, call: CallRecord, language: str) -> Position:
        """The begin of the number's own flow; without one the caller gets to the last resort."""
        try:
            flow = self.routing.flow_for(call.dnis, call.campus)
            return self.routing.book.begin(flow, language)
        except CarelineError as error:
            log.error("{error}", error=error, call=call.id)
            return Position(flow="", version=0, node="", language=language)

    async def _next(self, session: AgiSession, call: CallRecord, position: Position) -> Step:
        """A caller who comes back from the switch."""
        inbound = call.direction is not Direction.OUTBOUND
        if (
            inbound and not call.campus
        ):  # the core that asked was killed before it had stored the answer
            await self.arrival.identify(session, call)
            call = self._now(call)
        kind = await session.get_variable("CARELINE_KIND") or ""
        result = await session.get_variable("CARELINE_RESULT") or ""
        # A position that does not wait was cut off in a flow: the result is of an earlier step.
        came = outcome(kind, result) if result and position.waiting else ""
        exit_: exits.Exit | None = None
        if kind == "queue" and came:
            left = f.Dequeued(at=self.clock.now(), channel=call.id, queue="", reason=came)
            self.calls.note(call.id, left)
        if kind == "queue" and came == exits.TIMEOUT:
            queue = await session.get_variable("CARELINE_QUEUE") or ""
            exit_ = await self.overflow.after(call, queue)
            stops = decode(await session.get_variable("CARELINE_STOPS") or "")
            if stops and exit_ is None:
                priority = await session.get_variable("CARELINE_PRIORITY") or "0"
                return steps.queue(stops, int(priority))
        if kind == "queue" and came == exits.ANSWERED and (lost := await self._lost(call)):
            return await self._take_back(session, call, lost)
        caller = self.arrival.caller_of(call)
        if kind == "voicemail" and came == exits.DONE:
            box = await session.get_variable("CARELINE_BOX") or ""
            came = exits.DONE if await self.voicemail.take_in(call, box) else exits.FAILED
        elif kind in ("queue", "dial") and came == exits.ANSWERED:
            position, came = await self._after_call(call, position)
        if position.node == ROUTED and came not in (exits.ANSWERED, exits.DONE) and exit_ is None:
            position = self._usual(call, position.language)
        return await self._flow(session, call, position, caller, came, exit_)

    async def _lost(self, call: CallRecord) -> Leg | None:
        """The leg of the agent who has just left, if it broke off instead of hanging up."""
        for _ in range(LOOKS):  # its end is told on another connection
            call = self._now(call)
            if not any(leg.kind is LegKind.AGENT and leg.ended is None for leg in call.legs):
                break
            await self.clock.sleep(LOOK_S)
        return _broken(call, self.clock.now())

    async def _take_back(self, session: AgiSession, call: CallRecord, lost: Leg) -> Step:
        """The agent did not hang up: the line to the phone broke."""
        phone = lost.endpoint.partition("/")[2]
        contact = await session.get_variable(f"PJSIP_AOR({phone},contact)") or ""
        gone = f.PhoneLost(
            at=self.clock.now(), channel=lost.channel, agent=lost.agent, party=call.legs[0].channel
        )
        self.calls.note(call.id, gone)
        return steps.retake(phone, contact, home_queue(call))

    async def _after_call(self, call: CallRecord, position: Position) -> tuple[Position, str]:
        """The agent has hung up, the caller has not: a plugin may lead on (satisfaction)."""
        enter = await self.hub.after_call(call=call)
        if enter is not None:
            try:
                return self.routing.book.begin(enter.flow, position.language), ""
            except CarelineError as error:
                log.error("after_call: {error}", error=error, call=call.id)
        return position, exits.ANSWERED

    async def _flow(
        self,
        session: AgiSession,
        call: CallRecord,
        position: Position,
        caller: Caller,
        came: str = "",
        exit_: exits.Exit | None = None,
    ) -> Step:
        """Run the flow to what the switch can do; a plugin's ``exit_`` goes before it."""
        line = _Line(AgiLine(session, self.sounds), self.calls, self.clock, call.id)
        flows = self.routing.book
        if exit_ is not None:
            await line.keep(position)
        while True:
            if exit_ is None:
                exit_ = await run(flows, position, line, caller, came)
                position = line.position or position
            exit_ = await self.overflow.instead(self._now(call), exit_)
            came = self._at_once(call, exit_)
            if not came:
                return await self._step_for(exit_, session, call, position, caller)
            exit_ = None

    def _at_once(self, call: CallRecord, exit_: exits.Exit) -> str:
        """The outcome of an exit that needs nothing of the switch, else empty."""
        if isinstance(exit_, exits.ToCallback):
            return self._callback(call, exit_)
        if isinstance(exit_, exits.ToQueue) and exits.CLOSED in exit_.next:
            return "" if self.arrival.is_staffed(exit_.queue) else exits.CLOSED
        return ""

    def _callback(self, call: CallRecord, exit_: exits.ToCallback) -> str:
        number = exit_.number or call.number
        if not number or not self.callbacks.may_ring(number, call.trunk):
            return exits.FAILED
        self.callbacks.ask(call, exit_.queue, number)
        return exits.DONE

    async def _step_for(
        self,
        exit_: exits.Exit,
        session: AgiSession,
        call: CallRecord,
        position: Position,
        caller: Caller,
    ) -> Step:
        """The step on the channel that carries an exit out."""
        match exit_:
            case exits.ToQueue():
                await session.set_variable("CHANNEL(language)", position.language)
                return await self._queue(exit_, call, caller)
            case exits.ToAgent():
                return steps.queue([Stop(PERSONAL + exit_.agent, exit_.ring_s)], 0)
            case exits.ToNumber():
                target = self.dial_string(exit_.number, call.trunk)
                return steps.dial(target, exit_.ring_s) if target else steps.fallback()
            case exits.ToVoicemail():
                path = self.voicemail.begin(call.id, exit_.box)
                return steps.voicemail(path, exit_.box, exit_.limit_s)
            case exits.Hangup():
                return steps.hang_up(exit_.cause)
        return steps.fallback()

    async def _queue(self, exit_: exits.ToQueue, call: CallRecord, caller: Caller) -> Step:
        routing = self.routing
        queue = routing.queues.get(exit_.queue)
        if queue is None:
            return steps.queue([Stop(exit_.queue, exit_.limit_s)], exit_.priority)
        last = await self.arrival.last_agent(call, queue)
        again = any(stay.queue == queue.id for stay in self._now(call).stays)
        priority = max(
            exit_.priority, VIP_PRIORITY if caller.vip else 0, RETURNING_PRIORITY if again else 0
        )
        return steps.queue(plan(queue, routing.queues, exit_.limit_s, last), priority)

    def _now(self, call: CallRecord) -> CallRecord:
        return self.calls.get(call.id) or call

    async def _leave(self, session: AgiSession, call: CallRecord, step: Step) -> None:
        """Set the variables, the step itself last."""
        variables: Mapping[str, str] = {"CARELINE_KIND": step.name, **step.variables}
        if step.name in TALKS:
            variables = {**variables, **await self.recorder.marks(self._now(call))}
        for name, value in variables.items():
            await session.set_variable(name, value)
        await session.set_variable("CARELINE_STEP", step.name)


def _broken(call: CallRecord, now: datetime) -> Leg | None:
    """The leg of an agent that has just broken off, not hung up."""
    legs = [leg for leg in call.legs if leg.kind is LegKind.AGENT and leg.talks and leg.ended]
    last = max(legs, key=lambda leg: leg.ended or leg.started, default=None)
    if last is None or last.ended is None or last.cause not in LOST_CAUSES:
        return None
    return last if now - last.ended < JUST_NOW else None


def _position(state: str, call: CallRecord) -> Position:
    try:
        return Position.decode(state)
    except Invalid as error:
        log.error("call {call}: {error}", call=call.id, error=error)
        return Position(flow="", version=0, node="")


class _Line:
    """An AGI line that also notes each node in the call's timeline."""

    def __init__(self, line: AgiLine, calls: Calls, clock: Clock, call_id: str) -> None:
        self._line = line
        self._calls = calls
        self._clock = clock
        self._call = call_id
        self.position: Position | None = None
        self.play = line.play
        self.collect = line.collect

    async def keep(self, position: Position) -> None:
        """Keep the position on the channel; a node that is entered is a line of the timeline."""
        before = self.position
        self.position = position
        await self._line.keep(position)
        entered = before is None or (before.flow, before.node) != (position.flow, position.node)
        if entered and not position.waiting:
            step = f.Stepped(
                at=self._clock.now(), channel=self._call, flow=position.flow, node=position.node
            )
            self._calls.note(self._call, step)
