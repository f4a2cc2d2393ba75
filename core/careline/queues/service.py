"""Keeps the switch's queue members as the agents' states say, whatever either side forgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.agents.model import Agent
from careline.agents.service import Agents
from careline.clock import Clock
from careline.errors import CarelineError, Refused
from careline.queues.model import MemberChange, Membership, changes, desired
from careline.tasks import Tasks
from careline.telephony.switch import QueueState, Switch

RETRY_S = 1.0
REFUSED_S = 10.0

log = Logger()


class Queues:
    """The one who adds, pauses and removes members.

    careline's own record is the truth: Asterisk's database commits once a second at most and is
    gone with a restart, so :meth:`reset` reads what is there and everything is applied again.
    """

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        switch: Switch,
        agents: Agents,
        people: Callable[[], Mapping[str, Agent]],
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._switch = switch
        self._agents = agents
        self._people = people
        self._actual: dict[tuple[str, str], Membership] | None = None
        self._named: dict[str, str] = {}
        self._doubted = False
        self._looks_again = False
        self._running = False
        self._dirty = False
        self._idle: list[Deferred[None]] = []

    def lost(self) -> None:
        """The link is down: nothing is known of the switch's members until :meth:`reset`."""
        self._actual = None
        self._named = {}

    def reset(self, states: list[QueueState]) -> None:
        """Take in what the switch says its members are, then bring them in line."""
        self._actual = _members(states)
        self.sync()

    def sync(self) -> None:
        """Have the members brought in line soon."""
        self._dirty = True
        if self._actual is not None and not self._running:
            self._running = True
            self._tasks.spawn(self._run(), "queue members")

    async def settled(self) -> None:
        """Wait until the switch has been told everything, whatever it refused of it."""
        if self._running:
            done: Deferred[None] = Deferred()
            self._idle.append(done)
            await done

    async def _run(self) -> None:
        try:
            while self._dirty and self._actual is not None:
                self._dirty = False
                await self._once()
        finally:
            self._running = False
            idle, self._idle = self._idle, []
            for done in idle:
                done.callback(None)

    async def _once(self) -> None:
        wanted = desired(self._people().values(), self._agents.states)
        try:
            if self._doubted:
                self._doubted = False
                self._actual = _members(await self._switch.queue_status())
            await self._name_phones(wanted)
            for change in changes(wanted, self._actual or {}):
                await self._try(change)
        except CarelineError as error:
            log.warn("queue members: {error}", error=error)
            await self._clock.sleep(RETRY_S)
            self._dirty = True

    async def _name_phones(self, wanted: Mapping[tuple[str, str], Membership]) -> None:
        """Tell the dialplan whose announcement belongs to which phone."""
        for (_, interface), member in wanted.items():
            phone = interface.partition("/")[2]
            if self._named.get(phone) != member.agent:
                await self._switch.set_global(f"CARELINE_AGENT_{phone}", member.agent)
                self._named[phone] = member.agent

    async def _try(self, change: MemberChange) -> None:
        """What is refused (a queue the switch does not have) keeps nothing else from being told."""
        try:
            await self._tell(change)
        except Refused as error:
            member = change.member
            log.warn(
                "queue {queue}, agent {agent}, {verb}: {error}",
                queue=member.queue, agent=member.agent, verb=change.verb, error=error,
            )  # fmt: skip
            if not self._looks_again:
                self._looks_again = True
                self._tasks.spawn(self._look_again(), "queue members again")

    async def _look_again(self) -> None:
        """What the switch has may not be what we thought; or it has the queue by then."""
        await self._clock.sleep(REFUSED_S)
        self._looks_again, self._doubted = False, True
        self.sync()

    async def _tell(self, change: MemberChange) -> None:
        member = change.member
        if change.verb == "remove":
            await self._switch.queue_remove(member.queue, member.interface)
        elif change.verb == "add":
            await self._add(member)
        else:
            await self._switch.queue_pause(
                member.interface, member.paused, member.reason, queue=member.queue
            )
        if self._actual is not None:
            self._actual.pop((member.queue, member.interface), None)
            if change.verb != "remove":
                self._actual[member.queue, member.interface] = member

    async def _add(self, member: Membership) -> None:
        """Add it paused and let it go then: an unpaused one may ring in between (asterisk#1007)."""
        await self._switch.queue_add(
            member.queue,
            member.interface,
            member_name=member.agent,
            penalty=member.penalty,
            paused=True,
            state_interface=member.interface,
        )
        await self._switch.queue_pause(
            member.interface, member.paused, member.reason, queue=member.queue
        )


def _members(states: list[QueueState]) -> dict[tuple[str, str], Membership]:
    """The dynamic members; those in its files are none of ours."""
    return {
        (queue.name, member.interface): Membership(
            queue=queue.name,
            interface=member.interface,
            agent=member.name,
            penalty=member.penalty,
            paused=member.paused,
            reason=member.pause_reason,
        )
        for queue in states
        for member in queue.members
        if member.dynamic
    }
