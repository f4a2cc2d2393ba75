"""AMI actions of the scripted switch: those that careline uses, answered as Asterisk 22 does."""

from __future__ import annotations

from careline.testing.switch import local
from careline.testing.switch.ami import Action, Reply
from careline.testing.switch.channel import UNKNOWN, Channel, Identity, Place, State
from careline.testing.switch.core import Core
from careline.testing.switch.expressions import UnknownToSwitch, assign, contacts, substitute
from careline.testing.switch.people import STATES
from careline.testing.switch.queue_actions import QUEUE_ACTIONS, Act, Item
from careline.testing.switch.signals import first


def _channel(core: Core, action: Action, reply: Reply) -> Channel | None:
    channel = core.channels.get(action.get("Channel"))
    if channel is None:
        reply.error("No such channel")
    return channel


def ping(core: Core, action: Action, reply: Reply) -> None:
    """Ping."""
    now = core.clock.now().timestamp()
    reply.success("", ("Ping", "Pong"), ("Timestamp", f"{now:.6f}"))


def hangup(core: Core, action: Action, reply: Reply) -> None:
    """Hangup."""
    channel = _channel(core, action, reply)
    if channel:
        reply.success("Channel Hungup")
        channel.hang_up(int(action.get("Cause") or 16))


def redirect(core: Core, action: Action, reply: Reply) -> None:
    """Redirect, of one channel or of two that talk with each other."""
    channel = _channel(core, action, reply)
    other = core.find_channel(action.get("ExtraChannel"))
    if channel and action.get("ExtraChannel") and other is None:
        reply.error("No such channel")
    elif channel:
        reply.success("Redirect successful")
        channel.redirect(_place(action, ""))
        if other:
            other.redirect(_place(action, "Extra"))


def _place(action: Action, prefix: str) -> Place:
    context, exten = action.get(f"{prefix}Context"), action.get(f"{prefix}Exten")
    return Place(context, exten, int(action.get(f"{prefix}Priority") or 1))


def play_dtmf(core: Core, action: Action, reply: Reply) -> None:
    """PlayDTMF, for the person behind the channel to hear."""
    channel = _channel(core, action, reply)
    if channel:
        channel.keys_heard += action.get("Digit")
        reply.success("DTMF successfully queued")


def get_variable(core: Core, action: Action, reply: Reply) -> None:
    """Getvar, of a channel or of the globals."""
    name = action.get("Variable")
    if not action.get("Channel"):
        value = core.globals.get(name, "")
        if name.startswith("PJSIP_AOR("):
            value = contacts(core, name[len("PJSIP_AOR(") : -1])
        elif name.startswith("DIALPLAN_EXISTS("):
            context, exten, priority = name[len("DIALPLAN_EXISTS(") : -1].split(",")
            value = str(int(core.plan.step(Place(context, exten, int(priority))) is not None))
        reply.success("", ("Variable", name), ("Value", value))
        return
    channel = _channel(core, action, reply)
    if channel:
        value = substitute(channel, f"${{{name}}}")
        reply.success("", ("Variable", name), ("Value", value))


def set_variable(core: Core, action: Action, reply: Reply) -> None:
    """Setvar, of a channel or of the globals."""
    name, value = action.get("Variable"), action.get("Value")
    if not action.get("Channel"):
        core.globals[name] = value
        reply.success("Variable Set")
        return
    channel = _channel(core, action, reply)
    if channel:
        assign(channel, name, value)
        reply.success("Variable Set")


def show_channels(core: Core, action: Action, reply: Reply) -> None:
    """CoreShowChannels."""
    reply.listing(
        "Channels will follow",
        [_shown(core, channel) for channel in core.channels.values()],
        "CoreShowChannelsComplete",
    )


def _shown(core: Core, channel: Channel) -> Item:
    seconds = int(core.clock.seconds() - channel.created)
    duration = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return [
        ("Event", "CoreShowChannel"),
        *channel.headers(),
        ("Application", channel.application),
        ("ApplicationData", channel.application_data),
        ("Duration", duration),
        ("BridgeId", channel.bridge.unique_id if channel.bridge else ""),
    ]


def bridge_list(core: Core, action: Action, reply: Reply) -> None:
    """BridgeList."""
    items: list[Item] = [[("Event", "BridgeListItem"), *one.headers()] for one in core.bridges]
    reply.listing("Bridge listing will follow", items, "BridgeListComplete")


def device_states(core: Core, action: Action, reply: Reply) -> None:
    """DeviceStateList."""
    items: list[Item] = [
        [("Event", "DeviceStateChange"), ("Device", name), ("State", STATES[device.state])]
        for name, device in core.devices.items()
    ]
    reply.listing("Device State Changes will follow", items, "DeviceStateListComplete")


# -- new calls, recordings


def originate(core: Core, action: Action, reply: Reply) -> None:
    """Originate to a context, always in the background."""
    if not action.get("Context"):
        raise UnknownToSwitch("Originate without Context")
    reply.success("Originate successfully queued")
    core.tasks.spawn(_originate(core, action), "Originate")


async def _originate(core: Core, action: Action) -> None:
    exten = action.get("Exten") or "s"
    place = Place(action.get("Context"), exten, int(action.get("Priority") or 1))
    leg = _ring_out(core, action)
    if leg is None:
        _response(core, action, "Failure", 0)
        return
    seconds = float(action.get("Timeout") or 30000) / 1000
    await first(leg.answered.wait(), leg.gone.wait(), core.timer(seconds))
    if leg.state is not State.UP:
        _not_answered(core, action, leg)
        return
    _response(core, action, "Success", 4, leg)
    core.events.send("DialEnd", leg.headers("Dest"), [("DialStatus", "ANSWER")])
    leg.place = place
    core.start_pbx(leg)


def _ring_out(core: Core, action: Action) -> Channel | None:
    """Begin to call the Channel of an Originate; None when it cannot be reached."""
    target, caller = action.get("Channel"), _identity(action.get("CallerID"))
    settings = [text.partition("=") for text in action.getall("Variable")]
    unique_id = action.get("ChannelId")
    if target.startswith(local.PREFIX):
        leg = local.open_local(core, target, unique_id, caller)
        for name, _, value in settings:
            leg.set(name, value)
        local.call(leg)
        return leg
    device = core.find_device(target)
    if device is None:
        return None
    leg = core.new_leg(device, None, "s", unique_id)
    for name, _, value in settings:
        leg.set(name, value)
    if caller:
        leg.caller = leg.connected = caller
        core.events.send("NewConnectedLine", leg.headers())
    dialled = [("DialString", device.identity.number)]
    core.events.send("DialBegin", leg.headers("Dest"), dialled)
    device.offer(leg)
    if not leg.gone.come:
        core.events.send("DialState", leg.headers("Dest"), [("DialStatus", "RINGING")])
    return leg


def _not_answered(core: Core, action: Action, leg: Channel) -> None:
    status, reason = ("BUSY", 5) if leg.gone.come else ("NOANSWER", 3)
    core.events.send("DialEnd", leg.headers("Dest"), [("DialStatus", status)])
    leg.hang_up(0)
    leg.remove(leg.gone.value)
    _response(core, action, "Failure", reason, leg)


def _identity(text: str) -> Identity | None:
    name, _, number = text.rpartition("<")
    return Identity(number.rstrip(">"), name.strip().strip('"')) if text else None


def _response(
    core: Core, action: Action, result: str, reason: int, leg: Channel | None = None
) -> None:
    who = leg.caller if leg else Identity()
    name = leg.name if leg else action.get("Channel")
    shown = [(f"ChanVariable({name})", f"CARELINE_CALL={leg.get('CARELINE_CALL')}")] if leg else []
    core.events.send(
        "OriginateResponse",
        action.id,
        [("Response", result), ("Channel", name), ("Context", action.get("Context"))],
        [("Exten", action.get("Exten")), ("Reason", reason)],
        [("Uniqueid", leg.unique_id if leg else UNKNOWN)],
        [("CallerIDNum", who.number or UNKNOWN), ("CallerIDName", who.name or UNKNOWN)],
        shown,
    )


def monitor(core: Core, action: Action, reply: Reply) -> None:
    """MixMonitor."""
    channel = _channel(core, action, reply)
    if channel:
        reply.success("", ("MixMonitorID", "0x1"))
        core.events.send("MixMonitorStart", channel.headers())


def stop_monitor(core: Core, action: Action, reply: Reply) -> None:
    """StopMixMonitor."""
    channel = _channel(core, action, reply)
    if channel:
        reply.success()
        core.events.send("MixMonitorStop", channel.headers())


def mute_monitor(core: Core, action: Action, reply: Reply) -> None:
    """MixMonitorMute."""
    channel = _channel(core, action, reply)
    if channel:
        reply.success()
        which = [("Direction", action.get("Direction")), ("State", action.get("State"))]
        core.events.send("MixMonitorMute", channel.headers(), which)


ACTIONS: dict[str, Act] = {
    **QUEUE_ACTIONS,
    "bridgelist": bridge_list,
    "coreshowchannels": show_channels,
    "devicestatelist": device_states,
    "getvar": get_variable,
    "hangup": hangup,
    "mixmonitor": monitor,
    "mixmonitormute": mute_monitor,
    "originate": originate,
    "ping": ping,
    "playdtmf": play_dtmf,
    "redirect": redirect,
    "setvar": set_variable,
    "stopmixmonitor": stop_monitor,
}
DENIED = frozenset(
    ("command", "getconfig", "updateconfig", "pjsipshowcontacts", "pjsipshowendpoints", "reload")
)
"""Actions of classes that careline's AMI user has no right to (careline.asterisk.manager)."""
