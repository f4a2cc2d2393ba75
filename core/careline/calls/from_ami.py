"""Asterisk's manager events as facts: the only place that knows the names of their headers.

Source: https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/ ; times need
``timestampevents = yes`` in manager.conf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from careline.calls import facts as f
from careline.telephony.ami import Message
from careline.telephony.switch import BEGIN

DIAL_RESULTS = {
    "ANSWER": "answered",
    "NOANSWER": "no_answer",
    "CANCEL": "caller_gone",
    "BUSY": "busy",
}


def instant(message: Message) -> datetime:
    """The switch's time of an event, aware UTC."""
    return datetime.fromtimestamp(float(message.get("Timestamp", "0")), UTC)


def linked(message: Message) -> str:
    """The call id that a channel event carries: the uniqueid of the call's first channel."""
    return message.get("Linkedid")


def number(text: str) -> str:
    """A number header without Asterisk's word for "unknown"."""
    return "" if text in ("<unknown>", "s") else text


def facts_of(message: Message) -> Iterable[f.Fact]:
    """The facts that one event tells, in order; none for events that tell nothing of a call."""
    rule = _RULES.get(message.name)
    return () if rule is None else rule(message, instant(message), message.get("Uniqueid"))


Facts = Iterable[f.Fact]


def _up(m: Message, at: datetime, channel: str) -> Facts:
    if m.get("Context") == BEGIN:  # it only dials whom we ring
        return
    yield f.ChannelUp(
        at=at,
        channel=channel,
        name=m.get("Channel"),
        context=m.get("Context"),
        extension=number(m.get("Exten")),
        number=number(m.get("CallerIDNum")),
    )


def _state(m: Message, at: datetime, channel: str) -> Facts:
    if m.get("ChannelStateDesc") == "Up":
        yield f.ChannelAnswered(at=at, channel=channel)


def _gone(m: Message, at: datetime, channel: str) -> Facts:
    yield f.ChannelGone(at=at, channel=channel, cause=int(m.get("Cause") or 0))


def _enter(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Bridged(at=at, channel=channel, bridge=m.get("BridgeUniqueid"))


def _leave(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Unbridged(at=at, channel=channel, bridge=m.get("BridgeUniqueid"))


def _join(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Queued(
        at=at, channel=channel, queue=m.get("Queue"), position=int(m.get("Position") or 0)
    )


def _left(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Dequeued(at=at, channel=channel, queue=m.get("Queue"), reason="left")


def _abandon(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Dequeued(at=at, channel=channel, queue=m.get("Queue"), reason="abandoned")


def _called(m: Message, at: datetime, _: str) -> Facts:
    yield f.Rang(
        at=at, channel=m.get("DestUniqueid"), agent=m.get("MemberName"), queue=m.get("Queue")
    )


def _dial_begin(m: Message, at: datetime, _: str) -> Facts:
    # What we ring ourselves is no ring that anybody owes an answer.
    if m.get("DestUniqueid") and m.get("Uniqueid") and m.get("Context") != BEGIN:
        yield f.Called(at=at, channel=m.get("DestUniqueid"))


def _dial_end(m: Message, at: datetime, _: str) -> Facts:
    result = DIAL_RESULTS.get(m.get("DialStatus"), "failed")
    yield f.RingEnded(at=at, channel=m.get("DestUniqueid"), result=result)


def _connect(m: Message, at: datetime, _: str) -> Facts:
    yield f.Connected(
        at=at, channel=m.get("DestUniqueid"), agent=m.get("MemberName"), queue=m.get("Queue")
    )


def _hold(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Held(at=at, channel=channel)


def _unhold(m: Message, at: datetime, channel: str) -> Facts:
    yield f.Resumed(at=at, channel=channel)


def _blind(m: Message, at: datetime, _: str) -> Facts:
    yield f.Transferred(
        at=at, channel=m.get("TransfererUniqueid"), target=m.get("Extension"), how="blind"
    )


def _attended(m: Message, at: datetime, _: str) -> Facts:
    yield f.Transferred(
        at=at,
        channel=m.get("OrigTransfererUniqueid"),
        target=m.get("TransferTargetUniqueid") or m.get("SecondTransfererUniqueid"),
        how="attended",
    )
    target, to = m.get("TransferTargetUniqueid"), m.get("OrigTransfererUniqueid")
    if target and to:
        yield f.Joined(at=at, channel=target, to=to)


_RULES: dict[str, Callable[[Message, datetime, str], Facts]] = {
    "Newchannel": _up,
    "Newstate": _state,
    "Hangup": _gone,
    "BridgeEnter": _enter,
    "BridgeLeave": _leave,
    "QueueCallerJoin": _join,
    "QueueCallerLeave": _left,
    "QueueCallerAbandon": _abandon,
    "AgentCalled": _called,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "AgentConnect": _connect,
    "Hold": _hold,
    "Unhold": _unhold,
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
}

EVENTS = frozenset(_RULES)
