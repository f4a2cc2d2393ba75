"""What the core believes against what Asterisk says of itself (CoreShowChannels, QueueStatus)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.integration.support.site import Site

from careline.demo.phone import PATIENCE_S
from careline.errors import CarelineError
from careline.queues.model import FALLBACK
from careline.telephony.states import Channel
from careline.telephony.switch import QueueState

FREE = ("ready", "ringing")
BUSY = ("talking", "holding", "consulting")


async def differences(site: Site) -> list[str]:
    """In what the core is wrong now; both are asked one after the other, so look again."""
    try:
        channels = await site.switch.channels()
        queues = await site.switch.queue_status()
    except CarelineError as error:
        return [f"Asterisk: {error}"]
    status = await site.core.status()
    if status is None:
        return ["the core does not answer"]
    if not status["in_step"]:
        return ["the core is not in step"]
    return [
        *_calls(status, channels),
        *_waiting(status, queues, channels),
        *_members(status, queues),
        *_busy(status, channels),
    ]


async def in_step(site: Site, timeout: float = PATIENCE_S) -> float:
    """Wait until the core is right; the seconds that it took. AssertionError tells what is not."""
    begun = site.clock.seconds()
    while found := await differences(site):
        took = site.clock.seconds() - begun
        assert took < timeout, f"after {took:.1f} s the core is still wrong:\n" + "\n".join(found)
        await site.clock.sleep(0.1)
    return site.clock.seconds() - begun


def _calls(status: Mapping[str, Any], channels: list[Channel]) -> list[str]:
    true: dict[str, set[str]] = {}
    for channel in channels:
        if not channel.exten.startswith("*"):
            true.setdefault(channel.linked_id, set()).add(channel.unique_id)
    told = {call["id"]: set(call["channels"]) for call in status["calls"] if call["channels"]}
    return [
        f"channels of {call}: {true.get(call)}, not {told.get(call)}"
        for call in true.keys() | told.keys()
        if true.get(call) != told.get(call)
    ]


def _waiting(
    status: Mapping[str, Any], queues: list[QueueState], channels: list[Channel]
) -> list[str]:
    call_of = {channel.unique_id: channel.linked_id for channel in channels}
    true = {
        call_of.get(caller.unique_id, "?"): queue.name
        for queue in queues
        for caller in queue.callers
    }
    told = {call["id"]: call["queue"] for call in status["calls"] if call["queue"]}
    return [] if true == told else [f"waiting: {true}, not {told}"]


def _members(status: Mapping[str, Any], queues: list[QueueState]) -> list[str]:
    signed_in = {one["agent"]: one for one in status["agents"] if one["state"] != "signed_out"}
    wrong = []
    for queue in queues:
        for member in queue.members:
            if queue.name == FALLBACK:
                continue
            agent = signed_in.get(member.name)
            if agent is None:
                wrong.append(f"{member.name} is in {queue.name}, but not signed in")
            elif member.paused == (agent["state"] in FREE):
                wrong.append(f"{member.name} {agent['state']} in {queue.name}: {member.paused=}")
    there = {member.name for queue in queues for member in queue.members}
    return wrong + [f"{agent} is in no queue" for agent in signed_in.keys() - there]


def _busy(status: Mapping[str, Any], channels: list[Channel]) -> list[str]:
    talking = {
        channel.name.partition("/")[2].rpartition("-")[0]
        for channel in channels
        if channel.context == "careline-phones" and channel.bridge_id
    }
    told = {one["phone"] for one in status["agents"] if one["state"] in BUSY}
    return [] if talking == told else [f"talking: {talking}, not {told}"]
