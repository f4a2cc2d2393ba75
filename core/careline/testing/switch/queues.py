"""Queues of the scripted switch: members, waiting callers, and the application Queue."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from attrs import define, field
from twisted.internet.defer import CancelledError

from careline.asterisk.model import QueueConf, Strategy
from careline.testing.switch import dial
from careline.testing.switch.channel import Channel
from careline.testing.switch.core import HangUp
from careline.testing.switch.signals import Change, Once, first

if TYPE_CHECKING:
    from careline.testing.switch.core import Core

_joined = itertools.count()


Headers = list[tuple[str, object]]
Fields = tuple[Headers, Headers, Headers]


@define(eq=False)
class Member:
    """A member of a queue, with the figures that its events show."""

    core: Core
    queue: str
    interface: str
    name: str
    membership: str = "dynamic"
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    login_time: int = 0
    last_pause: int = 0
    last_call: int = 0
    calls: int = 0
    in_call: bool = False
    ringing: bool = False

    @property
    def status(self) -> int:
        """The device's state with Asterisk's number."""
        device = self.core.devices.get(self.interface)
        return device.state if device else 4

    @property
    def free(self) -> bool:
        """True when a call may be offered."""
        return not self.paused and not self.in_call and not self.ringing and self.status == 1

    def figures(self) -> list[tuple[str, object]]:
        """What events and the status list have in common."""
        return [
            ("StateInterface", self.interface),
            ("Membership", self.membership),
            ("Penalty", self.penalty),
            ("CallsTaken", self.calls),
            ("LastCall", self.last_call),
            ("LastPause", self.last_pause),
            ("LoginTime", self.login_time),
            ("InCall", int(self.in_call)),
            ("Status", self.status),
            ("Paused", int(self.paused)),
            ("PausedReason", self.reason),
        ]

    def headers(self) -> list[tuple[str, object]]:
        """The member in a QueueMember... event."""
        named = [("Queue", self.queue), ("MemberName", self.name), ("Interface", self.interface)]
        return [*named, *self.figures(), ("Ringinuse", 0), ("Wrapuptime", 0)]


@define(eq=False)
class Entry:
    """A waiting caller."""

    channel: Channel
    priority: int
    since: float
    order: int = field(factory=lambda: next(_joined))
    first_position: int = 0
    withdrawn: Once[str] = field(factory=Once)


class Queue:
    """One queue; its members and callers are changed by AMI and by the application."""

    def __init__(self, core: Core, conf: QueueConf) -> None:
        self.core, self.conf, self.name = core, conf, conf.name
        self.members: dict[str, Member] = {}
        self.entries: list[Entry] = []
        self.changed = Change()
        self.completed = self.abandoned = 0
        for fixed in conf.members:
            member = Member(core, self.name, fixed.interface, fixed.name, "static", fixed.penalty)
            member.login_time = int(core.clock.now().timestamp())
            self.members[fixed.interface] = member

    def tell(self, name: str, member: Member) -> None:
        """An event about a member; waiting callers look again."""
        self.core.events.send(name, member.headers())
        self.changed.tell()

    # -- callers

    def join(self, channel: Channel) -> Entry:
        """Let a caller in, by its QUEUE_PRIO."""
        now = self.core.clock.seconds()
        entry = Entry(channel, int(channel.get("QUEUE_PRIO") or 0), now)
        self.entries.append(entry)
        self.entries.sort(key=lambda one: (-one.priority, one.order))
        entry.first_position = self.position(entry)
        place = [("Position", entry.first_position), ("Count", len(self.entries))]
        self.core.events.send("QueueCallerJoin", channel.headers(), [("Queue", self.name)], place)
        return entry

    def position(self, entry: Entry) -> int:
        """1 for the head."""
        return self.entries.index(entry) + 1

    def leave(self, entry: Entry, *, abandoned: bool = False) -> None:
        """Let a caller out."""
        position = self.position(entry)
        self.entries.remove(entry)
        named = [("Queue", self.name), ("Position", position)]
        if abandoned:
            self.abandoned += 1
            waited = int(self.core.clock.seconds() - entry.since)
            more = [("OriginalPosition", entry.first_position), ("HoldTime", waited)]
            self.core.events.send("QueueCallerAbandon", entry.channel.headers(), named, more)
        count = [("Count", len(self.entries))]
        self.core.events.send("QueueCallerLeave", entry.channel.headers(), named, count)
        self.changed.tell()

    def choose(self, entry: Entry) -> list[Member]:
        """Whom to ring for ``entry`` now: nobody while callers before it take the free ones."""
        free = sorted((m for m in self.members.values() if m.free), key=self._rank)
        ahead = self.position(entry) - 1
        if self.conf.strategy is Strategy.RING_ALL:
            lowest = [m for m in free if m.penalty == free[0].penalty]
            return lowest if not ahead else []
        return free[ahead : ahead + 1]

    def _rank(self, member: Member) -> tuple[int, int, int]:
        order = list(self.members).index(member.interface)
        busy = member.calls if self.conf.strategy is Strategy.FEWEST_CALLS else member.last_call
        return member.penalty, busy, order


async def queue(channel: Channel, data: str, subroutine: dial.Subroutine) -> None:
    """Queue(name,options,,,seconds): sets QUEUESTATUS, as app_queue does."""
    name, options, _, _, seconds = [*data.split(","), "", "", "", ""][:5]
    channel.set("QUEUESTATUS", "")
    found = channel.core.queues.get(name)
    if found is None:
        return
    if found.conf.max_callers and len(found.entries) >= found.conf.max_callers:
        channel.set("QUEUESTATUS", "FULL")
        return
    channel.forget_keys()
    call = _Queued(channel, found, options, subroutine)
    await call.run(float(seconds) if seconds else None)


class _Queued:
    """One caller's way through a queue."""

    def __init__(
        self, channel: Channel, found: Queue, options: str, subroutine: dial.Subroutine
    ) -> None:
        self.channel, self.queue, self.options = channel, found, options
        self.subroutine, self.core = subroutine, channel.core
        self.entry: Entry
        self.end: float | None = None

    async def run(self, seconds: float | None) -> None:
        self.entry = self.queue.join(self.channel)
        if seconds is not None:
            self.end = self.core.clock.seconds() + seconds
        try:
            taken = await self._wait()
        except CancelledError:
            self.queue.leave(self.entry, abandoned=True)
            raise
        if taken is None:
            return
        member, leg = taken
        await self._talk(member, leg)
        if "c" not in dial.flags(self.options):
            raise HangUp(dial.NORMAL)
        self.channel.set("QUEUESTATUS", "CONTINUE")

    @property
    def _left(self) -> float:
        return 3600.0 if self.end is None else self.end - self.core.clock.seconds()

    async def _wait(self) -> tuple[Member, Channel] | None:
        """Wait until a member has answered; None with QUEUESTATUS set when it came otherwise."""
        while True:
            if self.entry.withdrawn.come:
                self.channel.set("QUEUE_WITHDRAW_INFO", self.entry.withdrawn.value)
                self._give_up("WITHDRAW")
                return None
            if self._left <= 0:
                self._give_up("TIMEOUT")
                return None
            members = self.queue.choose(self.entry)
            taken = await self._ring(members) if members else None
            if taken:
                return taken
            pause = float(self.queue.conf.retry_s) if members else self._left
            await first(
                self.queue.changed.wait(),
                self.entry.withdrawn.wait(),
                self.core.timer(max(0.0, min(pause, self._left))),
            )

    def _give_up(self, status: str) -> None:
        self.queue.leave(self.entry, abandoned=True)
        self.channel.set("QUEUESTATUS", status)

    async def _ring(self, members: list[Member]) -> tuple[Member, Channel] | None:
        """Ring ``members`` once."""
        began = self.core.clock.seconds()
        legs = {member: await self._offer(member) for member in members}
        ringing = dial.Ringing(self.channel, tuple(legs.values()))
        try:
            leg = await ringing.answer(min(float(self.queue.conf.ring_s), self._left))
        except CancelledError:
            ringing.cancel(times=2)
            self._rings_no_more(members)
            raise
        milliseconds = int((self.core.clock.seconds() - began) * 1000)
        taken = None
        for member, one in legs.items():
            if one is leg:
                taken = member, one
            elif leg is None:
                self._no_answer(ringing, member, one, milliseconds)
        if taken:
            dial.answered(self.channel, taken[1])
            ringing.cancel(but=leg)
            taken[0].in_call = True
            self._connected(*taken, milliseconds)
        self._rings_no_more(members)
        return taken

    async def _offer(self, member: Member) -> Channel:
        device = self.core.devices[member.interface]
        member.ringing = True
        leg = dial.open_leg(self.channel, device)
        leg.application = "AppQueue"
        if before := dial.argument(self.options, "b"):
            await self.subroutine(leg, before)
        self.core.events.send("AgentCalled", *self._fields(member, leg))
        dial.begin(self.channel, leg, device, member.interface)
        return leg

    def _fields(self, member: Member, leg: Channel) -> Fields:
        named: Headers = [("Queue", self.queue.name), ("Interface", member.interface)]
        named.append(("MemberName", member.name))
        return self.channel.headers(), leg.headers("Dest"), named

    def _rings_no_more(self, members: list[Member]) -> None:
        for member in members:
            member.ringing = False
        self.queue.changed.tell()

    def _no_answer(
        self, ringing: dial.Ringing, member: Member, leg: Channel, milliseconds: int
    ) -> None:
        refused = leg.gone.come
        if refused:
            ringing.tell_end(leg, "NOANSWER")
        shown = [("RingTime", 0 if refused else milliseconds)]
        self.core.events.send("AgentRingNoAnswer", *self._fields(member, leg), shown)
        if refused:
            leg.remove(leg.gone.value)
        else:
            ringing.tell_end(leg, "NOANSWER")
            ringing.end(leg, "CANCEL", 0)

    def _connected(self, member: Member, leg: Channel, milliseconds: int) -> None:
        self.queue.leave(self.entry)
        waited = int(self.core.clock.seconds() - self.entry.since)
        times = [("HoldTime", waited), ("RingTime", milliseconds // 1000)]
        self.core.events.send("AgentConnect", *self._fields(member, leg), times)

    async def _talk(self, member: Member, leg: Channel) -> None:
        began = self.core.clock.seconds()
        waited = int(began - self.entry.since)

        def ended(reason: str) -> None:
            caller, dest, named = self._fields(member, leg)
            times = [("HoldTime", waited), ("TalkTime", int(self.core.clock.seconds() - began))]
            shown = [] if reason == "transfer" else dest
            why = [("Reason", reason)]
            self.core.events.send("AgentComplete", caller, shown, named, times, why)
            member.in_call = False
            member.calls += 1
            member.last_call = int(self.core.clock.now().timestamp())
            self.queue.completed += 1

        try:
            self.channel.set("MEMBERINTERFACE", member.interface)
            await dial.Talk(self.channel, leg, ended, dial.argument(self.options, "F")).run()
        finally:
            self.queue.changed.tell()
