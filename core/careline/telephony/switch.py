"""The verbs on Asterisk: what careline can make it do, typed and checked.

The AMI user has neither ``system`` nor ``command``: it cannot run programs. So recordings begin in
the dialplan (MixMonitor over AMI needs ``system``) and are only muted or ended here, and contacts
are read through dialplan functions.

Every verb raises Unavailable when Asterisk is away or silent, Refused when it declines or a value
could turn into something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import uuid4

from careline.errors import Refused
from careline.i18n import Text
from careline.telephony import words
from careline.telephony.ami.message import Message
from careline.telephony.states import (
    Bridge,
    Channel,
    Contact,
    Device,
    QueueCaller,
    QueueMember,
    QueueState,
    queues,
)

__all__ = [
    "Bridge",
    "Channel",
    "Contact",
    "Device",
    "Link",
    "OldDialplan",
    "QueueCaller",
    "QueueMember",
    "QueueState",
    "Switch",
]

Fields = list[tuple[str, str]]

SPY_CONTEXT = "careline-spy"
#: Dials whom we ring, in one half of a Local channel. Originate itself would follow a diversion
#: (302) to whatever it names, a dial string even, and knows no option against it as Dial() does.
BEGIN = "careline-begin"
LOCAL = "Local/"
KNOWS_BEGIN = f"DIALPLAN_EXISTS({BEGIN},s,1)"
#: Seconds after which Originate gives up what Dial() has not.
SPARE_S = 5
OLD_DIALPLAN = Text("Asterisk's dialplan is older than careline: nobody can be rung")
RENEW_DIALPLAN = Text("run: careline asterisk config, then: asterisk -rx 'dialplan reload'")
SPY_MODES = ("listen", "whisper", "barge")
KEYS = "0123456789ABCD*#"
DIRECTIONS = ("read", "write", "both")


class OldDialplan(Refused):
    """Asterisk cannot ring anybody for us: its dialplan was written by an earlier careline."""

    def __init__(self) -> None:
        super().__init__("asterisk.old_dialplan", OLD_DIALPLAN.msgid)


class Link(Protocol):
    """What the switch needs of :class:`careline.telephony.ami.AmiLink`."""

    async def action(
        self, name: str, fields: Iterable[tuple[str, str]] = (), timeout: float = 5.0
    ) -> Message:
        """The response to an action."""

    async def collect(
        self, name: str, fields: Iterable[tuple[str, str]] = (), timeout: float = 10.0
    ) -> list[Message]:
        """The events of a list."""


class Switch:
    """Verbs over one link; holds no state."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def _do(self, action: str, *fields: tuple[str, str]) -> None:
        await self._link.action(action, fields)

    # Calls

    async def originate(
        self,
        channel: str,
        context: str,
        extension: str,
        caller_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        timeout_s: float = 30,
        channel_id: str | None = None,
        at_once: bool = False,
    ) -> str:
        """Ring ``channel`` and send it to our dialplan when it answers; the id of its call.

        Returns when Asterisk has begun; what comes of it are events. ``caller_id`` is a number.
        With ``at_once``, phones that know how pick up by themselves. There is no way to start an
        application: the dialplan's contexts say all that can be done.

        A call's id is the linkedid of its channels. The channel that is rung gets its unique id
        from Asterisk; only a Local channel of ours is the call's first one itself.

        Raises OldDialplan where Asterisk does not know how: it would say nothing itself.
        """
        target, place = words.target(channel), (words.context(context), words.extension(extension))
        given = dict(variables or {})
        if not target.startswith(LOCAL):
            if not await self.can_ring():
                raise OldDialplan
            given = _through_dial(given) | {
                "CARELINE_CALLS": target,
                "CARELINE_CALLS_S": str(max(round(timeout_s), 1)),
                "_CARELINE_AT": place[0],
                "_CARELINE_ENTRY": place[1],
                "_CARELINE_SHOWS": words.extension(caller_id) if caller_id else "",
                "_CARELINE_AT_ONCE": "1" if at_once else "",
            }
            target, place = f"{LOCAL}s@{BEGIN}/n", (BEGIN, "answered")
            timeout_s += SPARE_S
        return await self._originate(target, place, caller_id, given, timeout_s, channel_id)

    async def can_ring(self) -> bool:
        """False when Asterisk's dialplan, included by the hospital's own, has no place for it."""
        return await self.get_global(KNOWS_BEGIN) != "0"

    async def _originate(
        self,
        target: str,
        place: tuple[str, str],
        caller_id: str | None,
        variables: Mapping[str, str],
        timeout_s: float,
        channel_id: str | None,
    ) -> str:
        unique_id = words.name(channel_id or uuid4().hex, "the channel's id")
        fields: Fields = [
            ("Channel", target),
            ("Context", place[0]),
            ("Exten", place[1]),
            ("Priority", "1"),
            ("Timeout", str(round(timeout_s * 1000))),
            ("Async", "true"),
            ("ChannelId", unique_id),
        ]
        if caller_id is not None:
            fields.append(("CallerID", words.extension(caller_id)))
        for name, value in variables.items():
            fields.append(("Variable", f"{words.variable(name)}={words.plain(value, name)}"))
        await self._do("Originate", *fields)
        return unique_id

    async def redirect(self, channel: str, context: str, exten: str) -> None:
        """Send a channel to another place of our dialplan, out of whatever it is in."""
        await self._do("Redirect", *_place(channel, context, exten), ("Priority", "1"))

    async def redirect_both(
        self, first: str, place: tuple[str, str], second: str, other: tuple[str, str]
    ) -> None:
        """Send two channels that talk with each other to two places (context, extension) at once.

        One after the other would end the talk of the second before it is sent.
        """
        context, exten = other
        await self._do(
            "Redirect",
            *_place(first, *place),
            ("Priority", "1"),
            ("ExtraChannel", words.channel(second)),
            ("ExtraContext", words.context(context)),
            ("ExtraExten", words.extension(exten)),
            ("ExtraPriority", "1"),
        )

    async def hangup(self, channel: str, cause: int = 16) -> None:
        """End one channel; ``cause`` by Q.850, 16 being a usual end."""
        await self._do("Hangup", ("Channel", words.channel(channel)), ("Cause", str(int(cause))))

    async def play_dtmf(self, channel: str, digit: str) -> None:
        """Press one key (0-9, A-D, * or #) for the person behind ``channel`` to hear."""
        if len(digit) != 1 or digit not in KEYS:
            raise Refused("telephony.keys", "keys are 0-9, A-D, * and #")
        await self._do("PlayDTMF", ("Channel", words.channel(channel)), ("Digit", digit))

    async def bridge(self, first: str, second: str) -> None:
        """Let two channels talk, out of whatever they are in."""
        pair = ("Channel1", words.channel(first)), ("Channel2", words.channel(second))
        await self._do("Bridge", *pair, ("Tone", "no"))

    async def blind_transfer(self, channel: str, context: str, exten: str) -> None:
        """Send the other end of ``channel`` there; ``channel`` is done."""
        await self._do("BlindTransfer", *_place(channel, context, exten))

    async def attended_transfer(self, channel: str, context: str, exten: str) -> None:
        """Let ``channel`` talk to that extension first, its caller waiting."""
        await self._do("Atxfer", *_place(channel, context, exten))

    async def spy(
        self,
        supervisor: str,
        channel: str,
        mode: str = "listen",
        channel_id: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> str:
        """Ring ``supervisor`` and let them listen to ``channel``, whisper to it or barge in.

        The context ``careline-spy`` does it, with the channel in CARELINE_SPY; ``more`` are other
        variables for it.
        """
        if mode not in SPY_MODES:
            raise Refused("telephony.spy", "there is no such way to listen")
        variables = {**(more or {}), "CARELINE_SPY": words.channel(channel)}
        return await self.originate(
            supervisor,
            SPY_CONTEXT,
            mode,
            variables=variables,
            channel_id=channel_id,
            at_once=True,
        )

    async def channels(self) -> list[Channel]:
        """All live channels."""
        return [Channel.of(message) for message in await self._link.collect("CoreShowChannels")]

    async def bridges(self) -> list[Bridge]:
        """All bridges."""
        return [Bridge.of(message) for message in await self._link.collect("BridgeList")]

    # Variables

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """Set a variable of a channel."""
        await self._do("Setvar", ("Channel", words.channel(channel)), *_assigned(name, value))

    async def set_global(self, name: str, value: str) -> None:
        """Set a variable that every call can read."""
        await self._do("Setvar", *_assigned(name, value))

    async def get_variable(self, channel: str, name: str) -> str:
        """Value of a channel's variable or harmless function, empty when it is not set."""
        return await self._get(name, ("Channel", words.channel(channel)))

    async def get_global(self, name: str) -> str:
        """Value of a global variable or harmless function."""
        return await self._get(name)

    async def _get(self, name: str, *fields: tuple[str, str]) -> str:
        named = ("Variable", words.variable(name))
        return (await self._link.action("Getvar", [*fields, named])).get("Value")

    # Queues

    async def queue_add(
        self,
        queue: str,
        interface: str,
        member_name: str,
        penalty: int = 0,
        paused: bool = True,
        state_interface: str | None = None,
    ) -> None:
        """Make a phone a member; Refused when it is one."""
        await self._do(
            "QueueAdd",
            *_member(queue, interface),
            ("MemberName", words.plain(member_name, "the member's name")),
            ("Penalty", str(int(penalty))),
            ("Paused", _bool(paused)),
            ("StateInterface", words.target(state_interface or interface)),
        )

    async def queue_remove(self, queue: str, interface: str) -> None:
        """Take a phone out; Refused when it is no member."""
        await self._do("QueueRemove", *_member(queue, interface))

    async def queue_pause(
        self, interface: str, paused: bool, reason: str = "", queue: str | None = None
    ) -> None:
        """Pause a member or let it go on, in one queue or in all."""
        fields: Fields = [("Interface", words.target(interface)), ("Paused", _bool(paused))]
        if reason:
            fields.append(("Reason", words.plain(reason, "the reason")))
        if queue is not None:
            fields.append(("Queue", words.name(queue, "the queue")))
        await self._do("QueuePause", *fields)

    async def queue_penalty(self, queue: str, interface: str, penalty: int) -> None:
        """Change a member's penalty: who has a lower one is asked first."""
        await self._do("QueuePenalty", *_member(queue, interface), ("Penalty", str(int(penalty))))

    async def queue_status(self) -> list[QueueState]:
        """All queues with their members and callers."""
        return queues(await self._link.collect("QueueStatus"))

    async def withdraw_caller(self, queue: str, caller: str, info: str = "") -> None:
        """Take a waiting caller out: the dialplan goes on with QUEUE_WITHDRAW_INFO = ``info``."""
        await self._do(
            "QueueWithdrawCaller",
            ("Queue", words.name(queue, "the queue")),
            ("Caller", words.channel(caller)),
            ("WithdrawInfo", words.plain(info, "the reason")),
        )

    async def queue_reload(self) -> None:
        """Read queues.conf and queuerules.conf again; dynamic members stay."""
        await self._do("QueueReload", ("Members", "yes"), ("Rules", "yes"), ("Parameters", "yes"))

    # Recording

    async def mixmonitor_start(self, channel: str, file: str, options: str = "b") -> None:
        """Record a channel to ``file``; Refused unless the AMI user has ``system``."""
        if not options.isascii() or not options.isalpha():
            raise Refused("telephony.recording", "recording options are letters")
        name = ("File", words.file(file))
        await self._do(
            "MixMonitor", ("Channel", words.channel(channel)), name, ("Options", options)
        )

    async def mixmonitor_stop(self, channel: str) -> None:
        """End all recordings of a channel."""
        await self._do("StopMixMonitor", ("Channel", words.channel(channel)))

    async def mixmonitor_mute(self, channel: str, muted: bool, direction: str = "both") -> None:
        """Put silence into a channel's recording (card numbers), or the talk again."""
        if direction not in DIRECTIONS:
            raise Refused("telephony.recording", "a recording is muted for read, write or both")
        state = ("Direction", direction), ("State", "1" if muted else "0")
        await self._do("MixMonitorMute", ("Channel", words.channel(channel)), *state)

    # Phones

    async def devices(self) -> list[Device]:
        """State of every device; a phone that is not registered is ``UNAVAILABLE``."""
        return [Device.of(message) for message in await self._link.collect("DeviceStateList")]

    async def contacts(self, aors: Iterable[str]) -> list[Contact]:
        """Where these phones are registered; none for those that are not."""
        return [contact for aor in aors for contact in await self._contacts(aor)]

    async def _contacts(self, aor: str) -> list[Contact]:
        listed = await self.get_global(f"PJSIP_AOR({words.name(aor, 'the phone')},contact)")
        return [
            Contact(
                aor=aor,
                uri=await self.get_global(f"PJSIP_CONTACT({key},uri)"),
                status=await self.get_global(f"PJSIP_CONTACT({key},status)"),
            )
            for key in listed.split(",")
            if key
        ]


def _through_dial(variables: Mapping[str, str]) -> dict[str, str]:
    """The same for the channel that Dial() makes: it takes over what begins with ``_``."""
    return {
        (name if name.startswith("__") else f"_{name}"): value for name, value in variables.items()
    }


def _place(channel: str, context: str, exten: str) -> Fields:
    return [
        ("Channel", words.channel(channel)),
        ("Context", words.context(context)),
        ("Exten", words.extension(exten)),
    ]


def _assigned(name: str, value: str) -> Fields:
    return [("Variable", words.variable(name)), ("Value", words.plain(value, name))]


def _member(queue: str, interface: str) -> Fields:
    return [("Queue", words.name(queue, "the queue")), ("Interface", words.target(interface))]


def _bool(value: bool) -> str:
    return "true" if value else "false"
