"""Callers and agents who use the hotline as people do, at random, and tell what happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

from attrs import define, field
from tests.integration.support.site import Site
from twisted.internet.defer import Deferred, DeferredList, TimeoutError

from careline.demo.phone import Answer, Call, CallState, Phone
from careline.setup.demo import NUMBER
from careline.telephony.ami import Message
from careline.testing.hospital import LOUD

PRESS_S = 3.0
PATIENCE_S = 90.0


@define
class Visit:
    """One call as its caller lived it: ``story`` says how it ended, "" while it lasts.

    Times are monotonic seconds of the phones. ``agent_call`` is the other side's call, if any.
    """

    number: str
    call: Call
    phase: str = "ivr"
    story: str = ""
    dropped: bool = False
    agent: str = ""
    agent_call: Call | None = None


@define
class Crowd:
    """Keeps ``size`` callers busy until :meth:`finish`; ``chance`` decides everything."""

    site: Site
    size: int
    chance: random.Random
    visits: list[Visit] = field(factory=list)
    desks: dict[str, Phone] = field(factory=dict)
    _ending: bool = False
    _running: list[Deferred[None]] = field(factory=list)
    _numbers: Iterator[int] = field(factory=lambda: iter(range(13800000001, 13900000000)))

    async def open(self) -> None:
        """Bring the agents to their desks and let the callers call."""
        for agent in self.site.agents:
            desk = await self.site.ready(agent, Answer(after=self.chance.uniform(0.5, 2.0)))
            self.desks[agent] = desk
        for number in range(self.size):
            running = self.site.tasks.spawn(self._caller(number), "a caller")
            self._running.append(running)

    async def finish(self, timeout: float = 300.0) -> None:
        """Let everybody end what they do, and begin nothing new."""
        self._ending = True
        await self.site.clock.within(timeout, DeferredList(self._running))

    @property
    def now(self) -> dict[str, int]:
        """How many callers are where."""
        live = [visit.phase for visit in self.visits if not visit.story]
        return {phase: live.count(phase) for phase in ("ivr", "queue", "talk", "after")}

    async def _caller(self, number: int) -> None:
        await self.site.clock.sleep(number * 0.3)
        while not self._ending:
            await self._visit(str(next(self._numbers)))
            await self.site.clock.sleep(self.chance.uniform(0.1, 1.0))

    async def _visit(self, number: str) -> None:
        phone = self.site.caller(number)
        call = await phone.call(NUMBER)
        visit = Visit(number, call)
        self.visits.append(visit)
        try:
            if call.status != 200:
                visit.dropped, visit.story = True, f"refused: {call.status}"
                return
            await self._live(visit)
        except TimeoutError as error:
            visit.story = f"waits for ever in {visit.phase}: {error}"
            visit.dropped = True
        finally:
            visit.story = visit.story or "over"
            await phone.close()
            self.site.phones.remove(phone)

    async def _live(self, visit: Visit) -> None:
        steps = (self._listen, self._ask, self._wait, self._talk, self._leave)
        for step in steps:
            await step(visit)
            if visit.story:
                return

    async def _listen(self, visit: Visit) -> None:
        """In the IVR: hear the menu, now and then again."""
        left = self.chance.choice((0.5, 1.0, 3.0, 6.0, 12.0))
        while left > 0 and not self._ending:
            if await self._gone(visit, min(left, PRESS_S)):
                return
            left -= PRESS_S
            if left > 0:
                await visit.call.send_digits("*")

    async def _ask(self, visit: Visit) -> None:
        """Ask for an agent until in a queue; a key pressed while nobody listens is lost."""
        key = self.chance.choice("003")
        end = self.site.clock.seconds() + PATIENCE_S
        while not self._told(visit, "QueueCallerJoin"):
            if self.site.clock.seconds() > end:
                raise TimeoutError("no queue in spite of all keys")
            await visit.call.send_digits(key)
            if await self._gone(visit, PRESS_S):
                return
        visit.phase = "queue"

    async def _wait(self, visit: Visit) -> None:
        """Wait for an agent, or give up."""
        limit = self.chance.uniform(2, 12) if self.chance.random() < 0.2 else PATIENCE_S * 2
        end = self.site.clock.seconds() + limit
        while not (connected := self._told(visit, "AgentConnect")):
            if self.site.clock.seconds() > end:
                assert limit < PATIENCE_S, "nobody answers"
                await visit.call.hang_up()
                visit.story = "gave up"
                return
            if await self._gone(visit, 0.2):
                return
        visit.phase = "talk"
        desk = self.desks[str(7000 + int(connected.get("Interface").partition("/")[2]))]
        visit.agent = str(int(desk.user) + 7000)
        visit.agent_call = next((one for one in desk.calls if one.state is CallState.UP), None)

    async def _talk(self, visit: Visit) -> None:
        """Talk a while; either side hangs up."""
        if await self._gone(visit, self.chance.uniform(2, 8)):
            return
        if visit.agent_call is None:
            visit.dropped, visit.story = True, "the agent's call is not there"
        elif visit.agent_call.state is CallState.ENDED:
            visit.dropped, visit.story = True, "the agent's call was cut"
        elif self.chance.random() < 0.5:
            await visit.call.hang_up()
            visit.story = "talked, caller hung up"
        else:
            visit.phase = "after"
            await visit.agent_call.hang_up()

    async def _leave(self, visit: Visit) -> None:
        """The agent has hung up; careline says good-bye."""
        await visit.call.ended()
        visit.story = "talked, agent hung up"

    async def _gone(self, visit: Visit, within: float) -> bool:
        """Wait ``within`` seconds; True when the call was cut meanwhile."""
        try:
            await visit.call.ended(within)
        except TimeoutError:
            return False
        visit.dropped, visit.story = True, f"cut in {visit.phase}"
        return True

    def _told(self, visit: Visit, event: str) -> Message | None:
        for at, message in reversed(self.site.seen):
            if at < visit.call.began_at:
                return None
            if message.name == event and message.get("CallerIDNum") == visit.number:
                return message
        return None


def longest_silence(call: Call, since: float, until: float) -> float:
    """The longest time in which the phone of ``call`` heard nothing, between two times."""
    heard = [at for at in call.rtp.ear.loud(since, LOUD) if at <= until]
    marks = [since, *heard, until]
    return max(after - before for before, after in pairwise(marks))


__all__ = ["Crowd", "Visit", "longest_silence"]
