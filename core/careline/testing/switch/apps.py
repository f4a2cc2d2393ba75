"""The dialplan applications, and the loop that runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from careline.testing.switch import agi, dial, queues
from careline.testing.switch.channel import Bridge, Channel, Place, State
from careline.testing.switch.core import HangUp
from careline.testing.switch.expressions import UnknownToSwitch, assign, substitute, truth

App = Callable[[Channel, str], Awaitable[object]]


async def run_dialplan(channel: Channel) -> None:
    """Run steps from where the channel stands until there is none, or it is hung up."""
    while (step := channel.core.plan.step(channel.place)) is not None:
        place = channel.place
        data = substitute(channel, step.data)
        await execute(channel, step.application, data)
        if channel.place is place:
            channel.place = Place(place.context, place.exten, place.priority + 1)


async def execute(channel: Channel, application: str, data: str) -> None:
    """Run one application."""
    app = APPS.get(application.lower())
    if app is None:
        raise UnknownToSwitch(f"application {application}({data})")
    channel.application, channel.application_data = application, data
    await app(channel, data)


async def subroutine(channel: Channel, text: str) -> None:
    """Run ``context^exten^priority`` on a called leg until its Return."""
    context, exten, priority = text.split("^")
    place, channel.place = channel.place, Place(context, exten, int(priority))
    try:
        await run_dialplan(channel)
    except _Return:
        pass
    finally:
        channel.place = place


class _Return(Exception):
    """The subroutine is over."""


async def _nothing(channel: Channel, data: str) -> None:
    return None


async def _answer(channel: Channel, data: str) -> None:
    channel.enter_state(State.UP)


async def _set(channel: Channel, data: str) -> None:
    name, _, value = data.partition("=")
    assign(channel, name.strip(), value)


async def _goto(channel: Channel, data: str) -> None:
    *where, priority = [part.strip() for part in data.split(",")]
    exten = where[-1] if where else channel.place.exten
    context = where[0] if len(where) == 2 else channel.place.context
    number = channel.core.plan.priority(context, exten, priority)
    if channel.core.plan.find(context, exten) is None:
        context, exten, number = context, "i", 1
    channel.place = Place(context, exten, number)


async def _goto_if(channel: Channel, data: str) -> None:
    condition, _, targets = data.partition("?")
    yes, _, no = targets.partition(":")
    target = yes if truth(condition) else no
    if target:
        await _goto(channel, target)


async def _return(channel: Channel, data: str) -> None:
    raise _Return


async def _gosub(channel: Channel, data: str) -> None:
    await subroutine(channel, data.replace(",", "^"))


async def _hangup(channel: Channel, data: str) -> None:
    raise HangUp(int(data or 16))


async def _playback(channel: Channel, data: str) -> None:
    for file in data.split(",")[0].split("&"):
        await channel.play(file)


async def _read(channel: Channel, data: str) -> None:
    """Read(variable,files,most,options,attempts,seconds): keys until ``#`` or ``most``."""
    name, files, most, _, _, seconds = [*data.split(","), "", "", "", "", ""][:6]
    digits = ""
    for file in files.split("&") if files else ():
        digits = await channel.play(file, "0123456789*#")
        if digits:
            break
    status = "OK"
    while digits[-1:] != "#" and len(digits) < int(most or 255):
        key = await channel.key(float(seconds or 10))
        digits += key
        if not key:
            status = "TIMEOUT"
            break
    channel.set(name, digits.removesuffix("#"))
    channel.set("READSTATUS", status)


async def _wait(channel: Channel, data: str) -> None:
    await channel.core.timer(float(data or 0))


async def _record(channel: Channel, data: str) -> None:
    """Record(file,silence,max,options): the caller speaks until a ``#`` or the hang-up."""
    seconds = float([*data.split(","), "", "", ""][2] or 60)
    channel.set("RECORD_STATUS", "HANGUP")
    end = channel.core.clock.seconds() + seconds
    while (left := end - channel.core.clock.seconds()) > 0:
        if await channel.key(left) == "#":
            channel.set("RECORD_STATUS", "DTMF")
            return
    channel.set("RECORD_STATUS", "TIMEOUT")


async def _user_event(channel: Channel, data: str) -> None:
    name, *fields = data.split(",")
    pairs = [(key.strip(), value.strip()) for key, _, value in (f.partition(":") for f in fields)]
    channel.core.events.send("UserEvent", channel.headers(), [("UserEvent", name), *pairs])


async def _monitor(channel: Channel, data: str) -> None:
    channel.set("MIXMONITOR_FILENAME", data.split(",")[0])
    channel.core.events.send("MixMonitorStart", channel.headers())


async def _stop_monitor(channel: Channel, data: str) -> None:
    channel.core.events.send("MixMonitorStop", channel.headers())


async def _agi(channel: Channel, data: str) -> None:
    await agi.run(channel, data.split(",")[0], execute)


async def _queue(channel: Channel, data: str) -> None:
    await queues.queue(channel, data, subroutine)


async def _dial(channel: Channel, data: str) -> None:
    await dial.dial(channel, data, subroutine)


async def _redirect(channel: Channel, data: str) -> None:
    """ChannelRedirect(channel,context,extension,priority)."""
    key, context, exten, priority = data.split(",")
    other = channel.core.find_channel(key)
    channel.set("CHANNELREDIRECT_STATUS", "SUCCESS" if other else "NOCHANNEL")
    if other:
        other.redirect(Place(context, exten, int(priority)))


async def _bridge(channel: Channel, data: str) -> None:
    """Bridge(channel): pull another channel, named by name or unique id, into a talk."""
    other = channel.core.find_channel(data.split(",")[0])
    if other is None or other is channel:
        channel.set("BRIDGERESULT", "NONEXISTENT")
        return
    other.pull()
    bridge = Bridge(channel.core)
    bridge.carry(other)
    bridge.enter(channel)
    await _stay(bridge, channel)
    channel.set("BRIDGERESULT", "SUCCESS")


async def _bridge_add(channel: Channel, data: str) -> None:
    """BridgeAdd(channel): join the talk that another channel is in."""
    other = channel.core.find_channel(data)
    if other is not None and other.bridge is not None:
        other.bridge.enter(channel)
        await _stay(other.bridge, channel)


async def _stay(bridge: Bridge, channel: Channel) -> None:
    try:
        await bridge.stay(channel)
    finally:
        bridge.leave(channel)


async def _spy(channel: Channel, data: str) -> None:
    """ChanSpy(channel,options): until the other hangs up."""
    watched = channel.core.find_channel(data.split(",")[0])
    if watched is None:
        return
    channel.spies_on = watched
    try:
        await watched.gone.wait()
    finally:
        channel.spies_on = None


async def _amd(channel: Channel, data: str) -> None:
    """AMD: who has answered, as the person at the other end says."""
    await channel.core.timer(1)
    status, cause = ("MACHINE", "LONGGREETING-1510-1500") if channel.is_machine else ("HUMAN", "")
    channel.set("AMDSTATUS", status)
    channel.set("AMDCAUSE", cause or "HUMAN-800-800")


APPS: dict[str, App] = {
    "agi": _agi,
    "amd": _amd,
    "answer": _answer,
    "bridge": _bridge,
    "bridgeadd": _bridge_add,
    "channelredirect": _redirect,
    "chanspy": _spy,
    "dial": _dial,
    "gosub": _gosub,
    "goto": _goto,
    "gotoif": _goto_if,
    "hangup": _hangup,
    "mixmonitor": _monitor,
    "noop": _nothing,
    "playback": _playback,
    "progress": _nothing,
    "queue": _queue,
    "read": _read,
    "record": _record,
    "return": _return,
    "ringing": _nothing,
    "set": _set,
    "startmusiconhold": _nothing,
    "stopmixmonitor": _stop_monitor,
    "stopmusiconhold": _nothing,
    "userevent": _user_event,
    "verbose": _nothing,
    "wait": _wait,
}
