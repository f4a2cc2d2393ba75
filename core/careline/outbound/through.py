"""Calls through a queue: an agent answers first, and only then is the other side dialled.

Callbacks and progressive tasks go this way, by one account of who is free: together they never
begin more calls than there are agents to take them, and whoever waits in person is served first.
"""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from careline.agents.model import State
from careline.agents.service import Agents
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.errors import CarelineError, Unavailable
from careline.outbound.ways import Ways
from careline.telephony.switch import Switch

CONTEXT = "careline-callback"
#: Seconds in which an agent's phone is to be answered, else the call is given up.
QUEUE_S = 60


@frozen(kw_only=True)
class Through:
    """Whom a call through ``queue`` is for: ``number`` (E.164), dialled on ``trunk``."""

    call: str
    queue: str
    number: str
    trunk: str


@frozen
class _Coming:
    queue: str
    until: float


class ThroughQueue:
    """Begins calls through queues, and knows how many agents are left for them."""

    def __init__(
        self, clock: Clock, switch: Switch, calls: Calls, agents: Agents, ways: Ways
    ) -> None:
        self._clock = clock
        self._switch = switch
        self._calls = calls
        self._agents = agents
        self.ways = ways
        self._coming: dict[str, _Coming] = {}
        calls.listen(self._call_changed)

    def free(self, queue: str) -> int:
        """Agents of the queue who are ready, less everybody whom they are to serve first."""
        ready = [
            one.agent
            for one in self._agents.states.values()
            if one.state is State.READY and queue in self.ways.skills(one.agent)
        ]
        coming = self._waiting()
        left = len(ready) - coming.pop(queue, 0)
        # Who waits elsewhere takes no more of them than serve that queue too.
        for other, count in coming.items():
            left -= min(count, sum(other in self.ways.skills(agent) for agent in ready))
        return left

    def _waiting(self) -> Counter[str]:
        """Calls by their queue: those that wait in it, and those that will."""
        counted = Counter(call.waiting_in for call in self._calls.open if call.waiting_in)
        return counted + self._about_to_wait()

    def _about_to_wait(self) -> Counter[str]:
        """Calls that were begun and are not in their queue yet; one never heard of counts out."""
        now = self._clock.seconds()
        late = [call for call, one in self._coming.items() if one.until <= now]
        for call in late:
            del self._coming[call]
        return Counter(one.queue for one in self._coming.values())

    def reserve(self, call: str, queue: str) -> bool:
        """Set an agent aside for a call that is begun now; False when none is left."""
        if self.free(queue) <= 0:
            return False
        self._coming[call] = _Coming(queue, self._clock.seconds() + QUEUE_S)
        return True

    def release(self, call: str) -> None:
        """That call is not made after all."""
        self._coming.pop(call, None)

    def found(self, call: str, queue: str) -> None:
        """A call of an earlier core is up; until it is in its queue, an agent is set aside."""
        record = self._calls.get(call)
        if record is not None and not record.stays and record.ended is None:
            self._coming[call] = _Coming(queue, self._clock.seconds() + QUEUE_S)

    async def begin(self, one: Through) -> None:
        """Have the switch begin a call that was reserved.

        Unavailable when nobody knows whether it has; any other CarelineError: it has not.
        """
        try:
            marks = await self.ways.marks(one.call, one.number)
            await self._switch.originate(
                f"Local/s@{CONTEXT}/n",
                CONTEXT,
                "out",
                caller_id=one.number,
                variables={
                    **marks,
                    "CARELINE_QUEUE": one.queue,
                    "CARELINE_PRIORITY": "0",
                    "CARELINE_LIMIT": str(QUEUE_S),
                    "CARELINE_DIAL": self.ways.cleared(one.number, one.trunk),
                    "CARELINE_PATIENT": one.number,
                    "CARELINE_SHOWN": self.ways.shown(one.trunk),
                },
                timeout_s=QUEUE_S,
                channel_id=one.call,
            )
        except Unavailable:
            raise
        except CarelineError:
            self.release(one.call)
            raise

    def _call_changed(self, change: Change) -> None:
        call = change.after
        if call.id in self._coming and (call.stays or call.ended is not None):
            del self._coming[call.id]
