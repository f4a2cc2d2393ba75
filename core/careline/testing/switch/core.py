"""What all parts of the scripted switch share: ids, clock, channels, queues and devices."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.tasks import Tasks
from careline.testing.switch.channel import Bridge, Channel, Identity, Place, State
from careline.testing.switch.dialplan import Dialplan
from careline.testing.switch.events import Events
from careline.testing.switch.signals import Change

if TYPE_CHECKING:
    from careline.testing.switch.people import Device
    from careline.testing.switch.queues import Queue


class HangUp(Exception):
    """The dialplan of a channel is at its end."""

    def __init__(self, cause: int = 16) -> None:
        super().__init__(cause)
        self.cause = cause


class Moved(Exception):
    """A channel was sent elsewhere in the dialplan."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Core:
    """The state of one switch.

    ``reactor`` carries its connections; ``sound_seconds`` is how long each sound file plays.
    """

    def __init__(self, reactor: Any, clock: Clock, node: str, plan: Dialplan) -> None:
        self.reactor, self.clock, self.node, self.plan = reactor, clock, node, plan
        self.events = Events(clock, node)
        self.globals = dict(plan.globals)
        self.channels: dict[str, Channel] = {}
        self.bridges: list[Bridge] = []
        self.queues: dict[str, Queue] = {}
        self.devices: dict[str, Device] = {}
        self.heard = Change()
        self.sound_seconds = 0.1
        self.missing_sounds: set[str] = set()
        self.tasks = Tasks()
        self.lives: set[Deferred[None]] = set()
        self.failures: list[Failure] = []
        self.run_dialplan: Callable[[Channel], Any]
        self.answer_outside: Callable[[Device, str], Device]
        self._names, self._ids = itertools.count(), itertools.count()

    # -- ids and timers

    def next_channel(self) -> int:
        """The number in a channel's name."""
        return next(self._names)

    def new_unique_id(self) -> str:
        """A channel's unique id."""
        return f"{self.node}-{int(self.clock.now().timestamp())}.{next(self._ids)}"

    def new_bridge_id(self) -> str:
        """A bridge's unique id."""
        return str(uuid.uuid4())

    def timer(self, seconds: float) -> Deferred[None]:
        """Fires after ``seconds``; cancelling it leaves no timer."""
        return Deferred.fromCoroutine(self.clock.sleep(seconds))

    def soon(self, call: Callable[[], object]) -> None:
        """Call in the next turn."""
        self.clock.call_later(0, call)

    # -- channels

    def find_device(self, target: str) -> Device | None:
        """What ``PJSIP/2001`` or ``PJSIP/number@trunk`` reaches, when it can be reached now."""
        device = self.devices.get(target)
        if device is None and "@" in target:
            number, _, trunk = target.removeprefix("PJSIP/").partition("@")
            line = self.devices.get(f"PJSIP/{trunk}")
            device = self.answer_outside(line, number) if line else None
        return device if device is not None and device.reachable else None

    def device_changed(self, name: str) -> None:
        """Tell the state of a device, and its queues, when it changed."""
        device = self.devices.get(name)
        if device is not None:
            device.tell_state()

    def new_leg(
        self, device: Device, caller: Channel | None, exten: str, unique_id: str = ""
    ) -> Channel:
        """A channel that an application opens to ``device``, seen as it appears on AMI."""
        place = Place(device.context, "s")
        leg = Channel(self, device.name, place, device.identity, caller, unique_id=unique_id)
        self.events.send("Newchannel", leg.headers())
        if caller is not None:
            leg.inherit(caller)
            leg.master = caller
            leg.place = Place(device.context, exten)
            leg.connect_line(caller)
        return leg

    def start_pbx(self, channel: Channel) -> None:
        """Run the dialplan on ``channel`` from its place on."""
        life = Deferred.fromCoroutine(self._life(channel))
        if not life.called:
            channel.pbx = life
            self.lives.add(life)

        def over(result: object) -> None:
            self.lives.discard(life)
            if isinstance(result, Failure):
                self.failures.append(result)

        life.addBoth(over)

    def find_channel(self, key: str) -> Channel | None:
        """The channel of that name or unique id."""
        found = (one for one in self.channels.values() if key and key in (one.name, one.unique_id))
        return next(found, None)

    async def _life(self, channel: Channel) -> None:
        cause = await self._run(channel)
        if channel.pulled:
            channel.pulled, channel.pbx = False, None
            return
        if channel.bridge:
            channel.bridge.leave(channel)
        channel.gone.give(cause)
        channel.pbx = None
        await self._farewell(channel)
        self.events.send("SoftHangupRequest", channel.headers(), [("Cause", 16)])
        channel.remove(cause)

    async def _farewell(self, channel: Channel) -> None:
        """The extension ``h`` of the context in which a channel hung up."""
        context = channel.place.context
        if "h" in self.plan.contexts.get(context, {}):
            channel.place = Place(context, "h")
            with suppress(HangUp):
                await self.run_dialplan(channel)

    async def _run(self, channel: Channel) -> int:
        """Run the dialplan until the channel is gone; the cause."""
        while True:
            try:
                await self.run_dialplan(channel)
            except HangUp as end:
                return end.cause
            except Moved as moved:
                channel.place = moved.place
                continue
            except CancelledError:
                if channel.pulled:
                    return 0
                place, channel.redirect_to = channel.redirect_to, None
                if channel.gone.come or place is None:
                    return channel.gone.value if channel.gone.come else 16
                channel.place = place
                continue
            return 16


def incoming(core: Core, device: Device, caller: Identity, dnis: str) -> Channel:
    """A new channel on which a call for ``dnis`` comes in."""
    channel = Channel(core, device.name, Place(device.context, dnis), caller)
    channel.state = State.RING
    channel.dialled = dnis
    core.events.send("Newchannel", channel.headers())
    core.start_pbx(channel)
    return channel
