"""A caller's facts in few words, at seconds after 08:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from careline.calls import facts as f

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CALL = "hq-1.1"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def caller_up(when: float = 0.0, **changes: Any) -> f.ChannelUp:
    """The caller's channel, on trunk ``city``."""
    about = {"extension": "8000", "number": "13800001111", "channel": CALL, **changes}
    return f.ChannelUp(at=at(when), name="PJSIP/city-1", context="careline-inbound", **about)


def phone_up(channel: str, when: float, phone: str = "1001", extension: str = "") -> f.ChannelUp:
    """A phone of the house."""
    name = f"PJSIP/{phone}-{channel.replace('-', '')}"
    return f.ChannelUp(
        at=at(when), channel=channel, name=name, context="careline-phones", extension=extension
    )


def outside_up(channel: str, when: float) -> f.ChannelUp:
    """Somebody outside who is called on the trunk."""
    return f.ChannelUp(at=at(when), channel=channel, name=f"PJSIP/city-{channel}")


def queued(queue: str, when: float) -> f.Queued:
    return f.Queued(at=at(when), channel=CALL, queue=queue)


def dequeued(queue: str, when: float, reason: str = "left") -> f.Dequeued:
    return f.Dequeued(at=at(when), channel=CALL, queue=queue, reason=reason)


def rang(channel: str, when: float, agent: str = "8001", queue: str = "booking") -> f.Rang:
    return f.Rang(at=at(when), channel=channel, agent=agent, queue=queue)


def connected(
    channel: str, when: float, agent: str = "8001", queue: str = "booking"
) -> f.Connected:
    return f.Connected(at=at(when), channel=channel, agent=agent, queue=queue)


def answered(channel: str, when: float) -> f.ChannelAnswered:
    return f.ChannelAnswered(at=at(when), channel=channel)


def bridged(channel: str, when: float, bridge: str = "b") -> f.Bridged:
    return f.Bridged(at=at(when), channel=channel, bridge=bridge)


def unbridged(channel: str, when: float, bridge: str = "b") -> f.Unbridged:
    return f.Unbridged(at=at(when), channel=channel, bridge=bridge)


def gone(channel: str, when: float) -> f.ChannelGone:
    return f.ChannelGone(at=at(when), channel=channel, cause=16)


class Kept:
    """Takes what is written behind and stores nothing."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.late: list[tuple[str, f.Fact]] = []

    def put(self, *item: Any) -> None:
        self.items += item

    def put_late(self, call_id: str, fact: f.Fact) -> None:
        self.late.append((call_id, fact))

    def resume(self, call_id: str, last_seq: int) -> None:
        pass
