"""Calling devices and joining two channels: what Dial and Queue have in common."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred

from careline.testing.switch.channel import Bridge, Channel, Place, State
from careline.testing.switch.core import HangUp, Moved
from careline.testing.switch.signals import first

if TYPE_CHECKING:
    from careline.testing.switch.people import Device

Subroutine = Callable[[Channel, str], Awaitable[None]]

NORMAL, ELSEWHERE = 16, 26


@frozen
class Ringing:
    """The legs that an application called, with what rings at the other end."""

    caller: Channel
    legs: tuple[Channel, ...]

    def tell_end(self, leg: Channel, status: str) -> None:
        """The event that says how ringing ended."""
        fields = (self.caller.headers(), leg.headers("Dest"), [("DialStatus", status)])
        self.caller.core.events.send("DialEnd", *fields)

    def end(self, leg: Channel, status: str, cause: int) -> None:
        """One leg did not come to a talk: tell it and take it off."""
        self.tell_end(leg, status)
        leg.hang_up(cause)
        leg.remove(cause)

    def cancel(self, but: Channel | None = None, times: int = 1) -> None:
        """Break off all legs that are still there (``but`` one).

        app_queue tells it several ``times`` when the caller has gone.
        """
        cause = ELSEWHERE if but else 0
        for leg in self.legs:
            if leg is not but and leg.name in leg.core.channels:
                for _ in range(times - 1):
                    self.tell_end(leg, "CANCEL")
                self.end(leg, "CANCEL", cause)

    async def answer(self, seconds: float) -> Channel | None:
        """The leg that answers within ``seconds``; None when all refuse or the time is up."""
        clock = self.caller.core.clock
        end = clock.seconds() + seconds
        while alive := [leg for leg in self.legs if not leg.gone.come]:
            left = end - clock.seconds()
            if left <= 0:
                return None
            waits = [leg.answered.wait() for leg in alive] + [leg.gone.wait() for leg in alive]
            await first(*waits, self.caller.core.timer(left))
            answered = [leg for leg in alive if leg.answered.come]
            if answered:
                return answered[0]
        return None


def open_leg(caller: Channel, device: Device) -> Channel:
    """A channel to ``device`` for a call of ``caller``."""
    leg = caller.core.new_leg(device, caller, caller.place.exten)
    leg.application, leg.application_data = "AppDial", "(Outgoing Line)"
    return leg


def begin(caller: Channel, leg: Channel, device: Device, dial_string: str) -> None:
    """Let ``device`` ring for ``leg``."""
    fields = (caller.headers(), leg.headers("Dest"), [("DialString", dial_string)])
    caller.core.events.send("DialBegin", *fields)
    device.offer(leg)
    if not leg.gone.come:
        caller.connect_line(leg)
        progress = (caller.headers(), leg.headers("Dest"), [("DialStatus", "RINGING")])
        caller.core.events.send("DialState", *progress)


def answered(caller: Channel, leg: Channel) -> None:
    """Tell that ``leg`` was the one."""
    fields = (caller.headers(), leg.headers("Dest"), [("DialStatus", "ANSWER")])
    caller.core.events.send("DialEnd", *fields)


def flags(options: str) -> str:
    """The letters of an application's options, without their arguments."""
    return re.sub(r"\([^)]*\)", "", options)


def argument(options: str, letter: str) -> str:
    """The argument of one option, ``b(context^exten^1)``; "" without."""
    found = re.search(rf"(?:^|[^(^]){letter}\(([^)]*)\)|^{letter}\(([^)]*)\)", options)
    return (found[1] or found[2] or "") if found else ""


def place(text: str) -> Place:
    """``context^exten^priority``."""
    context, exten, priority = text.split("^")
    return Place(context, exten, int(priority))


class Talk:
    """``caller`` and ``leg`` in a bridge, until the caller has nobody to talk with there.

    ``ended(reason)`` is called when it is over: caller, agent or transfer. ``afterwards`` is where
    ``leg`` goes when the caller hangs up.
    """

    def __init__(
        self,
        caller: Channel,
        leg: Channel,
        ended: Callable[[str], None],
        afterwards: str = "",
    ) -> None:
        self.caller, self.leg, self._ended = caller, leg, ended
        leg.afterwards = place(afterwards) if afterwards else None

    async def run(self) -> None:
        """Return when the other side has gone; raises Moved when it sent the caller elsewhere."""
        caller, leg = self.caller, self.leg
        caller.enter_state(State.UP)
        bridge = Bridge(caller.core)
        bridge.carry(leg)
        bridge.enter(caller)
        talk = Deferred.fromCoroutine(bridge.stay(caller))
        try:
            transferred = await first(talk, leg.transferred.wait())
        except CancelledError:
            self._ended("caller")
            bridge.leave(caller)
            raise
        if transferred:
            self._move(bridge, leg.transferred.value)
        self._ended("agent")
        bridge.leave(caller)

    def _move(self, bridge: Bridge, place: Place) -> None:
        caller, leg = self.caller, self.leg
        facts = [("IsExternal", "Yes"), ("Context", place.context), ("Extension", place.exten)]
        transferer = leg.headers("Transferer")
        transferee, shown = caller.headers("Transferee"), bridge.headers()
        bridge.leave(leg)
        result = [("Result", "Success")]
        caller.core.events.send("BlindTransfer", result, transferer, transferee, shown, facts)
        leg.hang_up(NORMAL)
        leg.remove(NORMAL)
        self._ended("transfer")
        caller.place = place
        bridge.leave(caller)
        raise Moved(place)


async def dial(caller: Channel, data: str, subroutine: Subroutine) -> None:
    """Dial(devices,seconds,options): sets DIALSTATUS, goes on after the talk with option ``g``.

    With ``G(place)`` there is no talk: both go on alone, who was called one step further.
    """
    targets, seconds, options = [*data.split(","), "", ""][:3]
    core = caller.core
    caller.forget_keys()
    found = [core.find_device(target) for target in targets.split("&")]
    ready = [device for device in found if device is not None]
    if not ready:
        caller.set("DIALSTATUS", "CHANUNAVAIL")
        return
    ringing = await _ring(caller, ready, options, subroutine)
    try:
        leg = await ringing.answer(float(seconds or 3600))
    except CancelledError:
        caller.set("DIALSTATUS", "CANCEL")
        ringing.cancel()
        raise
    if leg is None:
        _fail(caller, ringing)
        return
    answered(caller, leg)
    ringing.cancel(but=leg)
    caller.set("DIALSTATUS", "ANSWER")
    if apart := argument(options, "G"):
        caller.place, leg.place = place(apart), place(apart)
        leg.place.priority += 1
        core.start_pbx(leg)
        return
    await Talk(caller, leg, lambda _: None, argument(options, "F")).run()
    if "g" not in flags(options):
        raise HangUp(NORMAL)


async def _ring(
    caller: Channel, devices: Sequence[Device], options: str, subroutine: Subroutine
) -> Ringing:
    legs = []
    for device in devices:
        leg = open_leg(caller, device)
        legs.append(leg)
        if before := argument(options, "b"):
            await subroutine(leg, before)
        begin(caller, leg, device, device.name.partition("/")[2])
    return Ringing(caller, tuple(legs))


def _fail(caller: Channel, ringing: Ringing) -> None:
    busy = [leg for leg in ringing.legs if leg.gone.come]
    status = "BUSY" if len(busy) == len(ringing.legs) else "NOANSWER"
    for leg in ringing.legs:
        ringing.end(leg, status, leg.gone.value if leg.gone.come else 0)
    caller.set("DIALSTATUS", status)
