"""Who calls: numbers by the trunk's rules, lists, patients, the agent of last time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from attrs import frozen
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger

from careline.agents.model import State
from careline.agents.service import Agents
from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.model import INBOUND_CONTEXT, CallRecord
from careline.calls.rung import is_ours
from careline.calls.service import Calls
from careline.campuses.model import NumberList
from careline.clock import Clock
from careline.errors import Unavailable
from careline.ivr.model import Caller
from careline.numbers import NumberRules, Phone
from careline.patients import store as patients_store
from careline.queues.model import Queue, is_staffed
from careline.queues.plan import plan
from careline.reception.strangers import Strangers
from careline.routing.service import Routing
from careline.storage import Database
from careline.telephony.agi import AgiSession, CallerGone

LOOK_UP_S = 1.0
EVENT_S = 0.5
FAMILIAR = timedelta(days=90)

T = TypeVar("T")

log = Logger()

_NOBODY: list[tuple[int, bool]] = []


@frozen
class Arrival:
    """Looks callers up; no call waits longer than a second for the database."""

    clock: Clock
    calls: Calls
    agents: Agents
    routing: Routing
    db: Database
    strangers: Strangers

    async def call_of(self, session: AgiSession) -> CallRecord:
        """The record of a session's call.

        Its begin is told on another connection and may come a moment later; without any (the link
        is down) the record begins with what the session says.
        """
        call_id = await session.get_variable("CARELINE_CALL") or session.env["uniqueid"]
        call = await self.calls.appears(call_id, self.clock, EVENT_S)
        if call is None:
            self.calls.fact(call_id, _channel_up(session, call_id, self.clock))
            call = self.calls.get(call_id)
        if call is None:
            raise CallerGone
        return call

    async def identify(self, session: AgiSession, call: CallRecord) -> Caller:
        """Make out who calls, note it in the record, and say what a flow may know."""
        routing = self.routing
        trunk = routing.trunk_of(session.env.get("channel", ""))
        phone = (trunk.rules if trunk else NumberRules()).inbound(call.caller)
        patients, important = await self._patients(phone)
        dnis = await session.get_variable("CARELINE_DNIS") or call.dnis
        self.calls.note(
            call.id,
            f.Identified(
                at=self.clock.now(),
                channel=call.id,
                campus=routing.campus_of(dnis, trunk),
                trunk=trunk.id if trunk else "",
                dnis=dnis,
                number=phone.e164,
                patients=patients,
                vip=important or routing.is_listed(NumberList.VIP, phone),
                blocked=routing.is_listed(NumberList.BLOCK, phone),
            ),
        )
        call = self.calls.get(call.id) or call
        if not call.blocked:
            self.strangers.ask(call)
        return self.caller_of(call)

    def caller_of(self, call: CallRecord) -> Caller:
        """What a flow may know of the caller of ``call``."""
        state = self.routing.state_of(call.campus)
        return Caller(
            number=call.number,
            called=call.dnis,
            campus=call.campus,
            known=bool(call.patients),
            vip=call.vip,
            blocklisted=call.blocked,
            hours=state.state.value,
            holiday=state.title,
            call=call.id,
            patients=tuple(call.patients),
        )

    def is_staffed(self, queue_id: str) -> bool:
        """True when somebody is signed in for the queue or for one that it overflows to."""
        queue = self.routing.queues.get(queue_id)
        if queue is None:
            return True
        stops = plan(queue, self.routing.queues)
        people = self.routing.agents.values()
        return any(is_staffed(stop.queue, people, self.agents.states) for stop in stops)

    async def last_agent(self, call: CallRecord, queue: Queue) -> str:
        """The agent who talked with this number in the last 90 days, if ready now, else empty."""
        if not queue.last_agent_s or not call.number:
            return ""
        since = self.clock.now() - FAMILIAR
        agent = await self._quickly(calls_store.last_agent, call.number, since, default="")
        status = self.agents.states.get(agent)
        return agent if status and status.state is State.READY else ""

    async def _patients(self, phone: Phone) -> tuple[tuple[int, ...], bool]:
        """Who has this number, and whether one of them is to be served first."""
        if not phone.e164:
            return (), False
        found = await self._quickly(patients_store.find_callers, phone.e164, default=_NOBODY)
        return tuple(one for one, _ in found), any(vip for _, vip in found)

    async def _quickly(self, fn: Callable[..., T], *args: object, default: T) -> T:
        try:
            return await self.clock.within(LOOK_UP_S, self.db.run(fn, *args))
        except (Unavailable, TimeoutError) as error:
            log.warn("look-up left out: {error}", error=error)
            return default


def _channel_up(session: AgiSession, call_id: str, clock: Clock) -> f.ChannelUp:
    """The begin of a call as its session tells it; one of ours is to whoever has answered."""
    name, now = session.env.get("channel", ""), clock.now()
    if is_ours(call_id):
        return f.ChannelUp(at=now, channel=session.env["uniqueid"], name=name)
    return f.ChannelUp(
        at=now,
        channel=call_id,
        name=name,
        context=INBOUND_CONTEXT,
        extension=session.env.get("dnid") or session.env.get("extension", "") or "unknown",
        number=session.env.get("callerid", "").replace("unknown", ""),
    )
