"""The people on a scripted switch: callers from outside, and phones inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import TimeoutError

from careline.demo.phone.behaviour import Answer, Refuse, Ring
from careline.testing.switch.channel import Channel, Identity, Place, State
from careline.testing.switch.core import incoming
from careline.testing.switch.signals import Change

if TYPE_CHECKING:
    from careline.testing.switch.core import Core

STATES = {0: "UNKNOWN", 1: "NOT_INUSE", 2: "INUSE", 3: "BUSY", 5: "UNAVAILABLE", 8: "ONHOLD"}

BUSY = 17


class Device:
    """Something that calls and is called: a trunk or a phone."""

    def __init__(self, core: Core, name: str, context: str, identity: Identity) -> None:
        self.core, self.name, self.context, self.identity = core, name, context, identity
        self.reachable = True
        self.registered = 0
        self._told = 5
        core.devices.setdefault(name, self)

    @property
    def channels(self) -> list[Channel]:
        """Its legs."""
        return [one for one in self.core.channels.values() if one.device == self.name]

    @property
    def state(self) -> int:
        """Its device state with Asterisk's number."""
        if not self.reachable:
            return 5
        busy = [one for one in self.channels if one.state is not State.DOWN]
        return 3 if busy else 1

    def tell_state(self) -> None:
        """Events for a state that changed, from the device and from queues it is a member of."""
        state = self.state
        if state == self._told:
            return
        self._told = state
        word = [("Device", self.name), ("State", STATES[state])]
        self.core.events.send("DeviceStateChange", word)
        for queue in self.core.queues.values():
            if self.name in queue.members:
                queue.tell("QueueMemberStatus", queue.members[self.name])

    def offer(self, leg: Channel) -> None:
        """A call comes for this device."""
        leg.hang_up(21, by_peer=True)


class Trunk(Device):
    """The line to the outside: anybody may call over it."""

    def __init__(self, core: Core, name: str, context: str) -> None:
        super().__init__(core, name, context, Identity())
        self._told = 1

    @property
    def state(self) -> int:
        """In use as long as one call is up."""
        return 2 if self.channels else 1


class Party:
    """One person's end of one call; ``channel`` is the switch's end."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    @property
    def heard(self) -> list[str]:
        """Sound files that were played to this person, in order."""
        return self.channel.heard

    @property
    def up(self) -> bool:
        """True from the answer to the hang-up."""
        return self.channel.state is State.UP and not self.over

    @property
    def over(self) -> bool:
        """True when the call is over."""
        return self.channel.gone.come

    def talks_with(self, other: Party) -> bool:
        """True when both hear each other."""
        return other.channel.name in self.channel.reaches() and other is not self

    async def answered(self, timeout: float = 5.0) -> None:
        """Wait until the switch has answered."""
        await self.channel.core.clock.within(timeout, self.channel.answered.wait())

    async def ended(self, timeout: float = 5.0) -> None:
        """Wait until the call is over."""
        await self.channel.core.clock.within(timeout, self.channel.gone.wait())

    async def hears_file(self, name: str, timeout: float = 5.0) -> None:
        """Wait until a sound file whose name ends with ``name`` was played."""
        clock = self.channel.core.clock
        end = clock.seconds() + timeout
        while not any(file.endswith(name) for file in self.heard):
            await clock.within(end - clock.seconds(), self.channel.core.heard.wait())

    async def hang_up(self) -> None:
        """Hang up."""
        self.channel.hang_up(16 if self.channel.bridge else 0, by_peer=True)


class ScriptedCall(Party):
    """A caller from outside."""

    async def press(self, digits: str) -> None:
        """Press keys."""
        self.channel.press(digits)


class ScriptedPhone(Device):
    """An agent's phone; what it does with calls is its ``behaviour``."""

    def __init__(self, core: Core, user: str, context: str, name: str, device: str = "") -> None:
        super().__init__(core, device or f"PJSIP/{user}", context, Identity(user, name))
        self.user = user
        self.reachable = False
        self.behaviour: Answer | Ring | Refuse = Ring()
        self.is_machine = False
        self.calls: list[Party] = []
        self._offered = Change()

    def register(self) -> None:
        """Come on line."""
        self.reachable = True
        self.registered += 1
        self._contact("Reachable")

    def unregister(self) -> None:
        """Go off line."""
        self.reachable = False
        self._contact("Unreachable")

    def _contact(self, status: str) -> None:
        self.tell_state()
        peer = [("ChannelType", "PJSIP"), ("Peer", self.name), ("PeerStatus", status)]
        self.core.events.send("PeerStatus", peer)
        shown = status if self.reachable else "Removed"
        contact = [("URI", f"sip:{self.user}@127.0.0.1:5060"), ("ContactStatus", shown)]
        facts = [("AOR", self.user), ("EndpointName", self.user), ("RoundtripUsec", 1000)]
        self.core.events.send("ContactStatus", contact, facts)

    def offer(self, leg: Channel) -> None:
        """A call comes: ring, and do as the behaviour says."""
        if isinstance(self.behaviour, Refuse):
            self._refuse(leg, self.behaviour.status)
            return
        leg.is_machine = self.is_machine
        leg.enter_state(State.RINGING)
        self.calls.append(Party(leg))
        self._offered.tell()
        if isinstance(self.behaviour, Answer):
            after = self.behaviour.after
            self.core.tasks.spawn(self._answer(leg, after), f"{self.name} answers")

    async def _answer(self, leg: Channel, after: float) -> None:
        await self.core.timer(after)
        if not leg.gone.come:
            leg.enter_state(State.UP)

    def dial(self, number: str) -> ScriptedCall:
        """Call ``number``: a colleague, a feature code, somebody outside."""
        call = ScriptedCall(incoming(self.core, self, self.identity, number))
        self.calls.append(call)
        return call

    @classmethod
    def outside(cls, core: Core, trunk: Device, number: str) -> ScriptedPhone:
        """Somebody outside who is called over ``trunk``."""
        person = cls(core, number, trunk.context, "", trunk.name)
        person.reachable = True
        core.devices[f"PJSIP/{number}@{trunk.name.partition('/')[2]}"] = person
        return person

    @property
    def call(self) -> Party | None:
        """The call that rings or is up, the newest first."""
        alive = [party for party in self.calls if not party.over]
        return alive[-1] if alive else None

    async def ringing(self, timeout: float = 5.0) -> Party:
        """Wait until a call rings here."""
        clock = self.core.clock
        end = clock.seconds() + timeout
        while (call := self.call) is None or call.channel.state is not State.RINGING:
            if clock.seconds() >= end:
                raise TimeoutError(f"{self.name} did not ring within {timeout:g} s")
            await clock.within(end - clock.seconds(), self._offered.wait())
        return call

    async def answer(self) -> None:
        """Pick up."""
        self._current.channel.enter_state(State.UP)

    async def refuse(self) -> None:
        """Reject the ringing call."""
        self._refuse(self._current.channel, 486)

    def _refuse(self, leg: Channel, status: int) -> None:
        leg.refused = status
        leg.hang_up(BUSY, by_peer=True)

    async def hang_up(self) -> None:
        """Hang up."""
        await self._current.hang_up()

    async def hold(self) -> None:
        """Put the caller on hold."""
        channel = self._current.channel
        channel.on_hold = True
        self.core.events.send("Hold", channel.headers(), [("MusicClass", "default")])

    async def resume(self) -> None:
        """Take the caller back."""
        channel = self._current.channel
        channel.on_hold = False
        self.core.events.send("Unhold", channel.headers())

    async def blind_transfer(self, number: str) -> None:
        """Send the caller to ``number``."""
        self._current.channel.transferred.give(Place(self.context, number))

    @property
    def _current(self) -> Party:
        call = self.call
        if call is None:
            raise AssertionError(f"{self.name} has no call")
        return call
