"""What Asterisk says about itself, as values: channels, queues, bridges, devices, contacts."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from careline.telephony.ami.message import Message

NOBODY = ("<unknown>", "unknown")


def _known(value: str) -> str:
    return "" if value in NOBODY else value


def _number(value: str) -> int:
    """A count; 0 for what is not one, so that one odd field spoils no list."""
    try:
        return int(value)
    except ValueError:
        return 0


def _seconds(clock: str) -> int:
    total = 0
    for part in clock.split(":"):
        total = total * 60 + _number(part)
    return total


@frozen(kw_only=True)
class Channel:
    """One live channel. ``state`` as Asterisk numbers it (4 ring, 5 ringing, 6 up)."""

    name: str
    unique_id: str
    linked_id: str
    state: int = 0
    caller_number: str = ""
    caller_name: str = ""
    connected_number: str = ""
    connected_name: str = ""
    language: str = ""
    context: str = ""
    exten: str = ""
    application: str = ""
    data: str = ""
    seconds: int = 0
    bridge_id: str = ""

    @classmethod
    def of(cls, message: Message) -> Channel:
        """From an event ``CoreShowChannel``."""
        get = message.get
        return cls(
            name=get("Channel"),
            unique_id=get("Uniqueid"),
            linked_id=get("Linkedid"),
            state=_number(get("ChannelState")),
            caller_number=_known(get("CallerIDNum")),
            caller_name=_known(get("CallerIDName")),
            connected_number=_known(get("ConnectedLineNum")),
            connected_name=_known(get("ConnectedLineName")),
            language=get("Language"),
            context=get("Context"),
            exten=get("Exten"),
            application=get("Application"),
            data=get("ApplicationData"),
            seconds=_seconds(get("Duration")),
            bridge_id=get("BridgeId"),
        )


@frozen(kw_only=True)
class Bridge:
    """Channels that hear each other; which ones is in :attr:`Channel.bridge_id`."""

    id: str
    kind: str
    technology: str
    channels: int

    @classmethod
    def of(cls, message: Message) -> Bridge:
        """From an event ``BridgeListItem``."""
        return cls(
            id=message.get("BridgeUniqueid"),
            kind=message.get("BridgeType"),
            technology=message.get("BridgeTechnology"),
            channels=_number(message.get("BridgeNumChannels")),
        )


@frozen(kw_only=True)
class Device:
    """State of a device: ``NOT_INUSE``, ``INUSE``, ``RINGING``, ``UNAVAILABLE`` ..."""

    name: str
    state: str

    @classmethod
    def of(cls, message: Message) -> Device:
        """From an event ``DeviceStateChange``."""
        return cls(name=message.get("Device"), state=message.get("State"))


@frozen(kw_only=True)
class Contact:
    """Where a phone is registered; ``status`` is ``Reachable``, ``NonQualified`` ..."""

    aor: str
    uri: str
    status: str


@frozen(kw_only=True)
class QueueMember:
    """An agent's phone in a queue; times are Unix seconds, 0 for never.

    ``status`` as Asterisk numbers it: 1 free, 2 in use, 5 unavailable, 6 ringing ...
    """

    interface: str
    name: str
    state_interface: str
    dynamic: bool
    penalty: int
    status: int
    paused: bool
    pause_reason: str
    in_call: bool
    calls_taken: int
    last_call: int
    last_pause: int
    logged_in: int
    wrap_up_s: int

    @classmethod
    def of(cls, message: Message) -> QueueMember:
        """From an event ``QueueMember`` of the list QueueStatus."""
        get = message.get
        return cls(
            interface=get("Location"),
            name=get("Name"),
            state_interface=get("StateInterface"),
            dynamic=get("Membership") == "dynamic",
            penalty=_number(get("Penalty")),
            status=_number(get("Status")),
            paused=get("Paused") == "1",
            pause_reason=get("PausedReason"),
            in_call=get("InCall") == "1",
            calls_taken=_number(get("CallsTaken")),
            last_call=_number(get("LastCall")),
            last_pause=_number(get("LastPause")),
            logged_in=_number(get("LoginTime")),
            wrap_up_s=_number(get("Wrapuptime")),
        )


@frozen(kw_only=True)
class QueueCaller:
    """Somebody who waits in a queue, ``position`` 1 being next."""

    channel: str
    unique_id: str
    position: int
    number: str
    name: str
    wait_s: int
    priority: int

    @classmethod
    def of(cls, message: Message) -> QueueCaller:
        """From an event ``QueueEntry``."""
        return cls(
            channel=message.get("Channel"),
            unique_id=message.get("Uniqueid"),
            position=_number(message.get("Position")),
            number=_known(message.get("CallerIDNum")),
            name=_known(message.get("CallerIDName")),
            wait_s=_number(message.get("Wait")),
            priority=_number(message.get("Priority")),
        )


@frozen(kw_only=True)
class QueueState:
    """A queue with all who are in it."""

    name: str
    strategy: str
    calls: int
    hold_s: int
    talk_s: int
    completed: int
    abandoned: int
    members: tuple[QueueMember, ...] = ()
    callers: tuple[QueueCaller, ...] = ()

    @classmethod
    def of(cls, message: Message) -> QueueState:
        """From an event ``QueueParams``, still without members and callers."""
        get = message.get
        return cls(
            name=get("Queue"),
            strategy=get("Strategy"),
            calls=_number(get("Calls")),
            hold_s=_number(get("Holdtime")),
            talk_s=_number(get("TalkTime")),
            completed=_number(get("Completed")),
            abandoned=_number(get("Abandoned")),
        )


def queues(messages: Iterable[Message]) -> list[QueueState]:
    """All queues out of the events of the list QueueStatus, in the order Asterisk names them."""
    found: dict[str, QueueState] = {}
    members: dict[str, list[QueueMember]] = {}
    callers: dict[str, list[QueueCaller]] = {}
    for message in messages:
        queue = message.get("Queue")
        if message.name == "QueueParams":
            found[queue] = QueueState.of(message)
        elif message.name == "QueueMember":
            members.setdefault(queue, []).append(QueueMember.of(message))
        elif message.name == "QueueEntry":
            callers.setdefault(queue, []).append(QueueCaller.of(message))
    return [
        evolve(
            state,
            members=tuple(members.get(name, ())),
            callers=tuple(sorted(callers.get(name, ()), key=lambda caller: caller.position)),
        )
        for name, state in found.items()
    ]
