"""Local channels: two halves of one, each with a dialplan of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.testing.switch.channel import Channel, Identity, Place, State

if TYPE_CHECKING:
    from careline.testing.switch.core import Core

PREFIX = "Local/"


def open_local(core: Core, target: str, unique_id: str, caller: Identity | None) -> Channel:
    """The first half of a new Local channel; its other half runs the dialplan at ``target``.

    Both halves live and die together, and the first is answered when the second is.
    """
    spec = target.removeprefix(PREFIX).partition("/")[0]
    exten, _, context = spec.partition("@")
    base = f"{PREFIX}{spec}-{core.next_channel():08x}"
    place, nobody = Place(context, exten), Identity()
    one = Channel(core, base, place, nobody, name=f"{base};1", unique_id=unique_id)
    two = Channel(core, base, Place(context, exten), nobody, one, name=f"{base};2")
    two.unique_id = f"{one.unique_id};2"
    two.state = State.RING
    one.twin, two.twin = two, one
    for half in (one, two):
        core.events.send("Newchannel", half.headers())
    if caller:
        for half in (one, two):
            half.caller = half.connected = caller
            core.events.send("NewConnectedLine", half.headers())
    return one


def call(one: Channel) -> None:
    """Let the second half run, with the variables of the first."""
    two = one.twin
    if two is None:
        raise ValueError(f"{one} is no half of a Local channel")
    core = one.core
    two.variables |= one.variables
    place = [("Context", two.place.context), ("Exten", two.place.exten)]
    halves = one.headers("LocalOne"), two.headers("LocalTwo")
    core.events.send("LocalBridge", *halves, place, [("LocalOptimization", "No")])
    dialled = one.device.removeprefix(PREFIX).rpartition("-")[0] + "/n"
    core.events.send("DialBegin", one.headers("Dest"), [("DialString", dialled)])
    two.answered.wait().addCallback(lambda _: one.enter_state(State.UP))
    two.gone.wait().addCallback(lambda cause: one.hang_up(cause))
    one.gone.wait().addCallback(lambda cause: two.hang_up(cause, by_peer=True))
    core.start_pbx(two)
