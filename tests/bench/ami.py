"""AMI: reading a recorded stream and handing its events out, against panoramisk.

The same bytes in the same pieces go to both, and both call back for the same events, where the
callback reads two headers. Either parses only; no socket is part of it.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from panoramisk.ami_protocol import AMIProtocol as PanoramiskProtocol
from panoramisk.manager import Manager
from tests.bench.runner import Goal, Row, in_turns, rate_row

from careline.calls.from_ami import EVENTS
from careline.starpy.manager import AMIProtocol
from careline.telephony.ami.codec import Decoder
from careline.telephony.ami.subscriptions import Subscriptions

RECORDED = Path(__file__).parents[1] / "core/telephony/data/queue_call_everything.ami"
CALLS = 100
END = b"\r\n\r\n"
PIECE = 16 * 1024
"""Bytes in one read; a busy link brings what has come since the last."""

Heard = tuple[str, str]
How = Callable[[list[bytes], Collection[str]], list[Heard]]


def stream(calls: int) -> bytes:
    """The recorded login once, then the recorded queue call so many times."""
    recorded = RECORDED.read_bytes()
    call_begins = recorded.index(END, recorded.index(b"Event: FullyBooted")) + len(END)
    return recorded[:call_begins] + recorded[call_begins:] * calls


EVERY = frozenset(re.findall(r"^Event: (\w+)\r$", stream(1).decode(), re.MULTILINE))
"""Names of all events in the recording; careline's link has no word for "all"."""


def pieces(data: bytes) -> list[bytes]:
    """``data`` as reads of a socket would bring it."""
    return [data[at : at + PIECE] for at in range(0, len(data), PIECE)]


def ours(data: list[bytes], wanted: Collection[str]) -> list[Heard]:
    """What careline's callbacks heard of ``wanted`` events (none named: for all)."""
    told: list[Heard] = []

    def callback(message: Any) -> None:
        told.append((message.get("Channel"), message.get("Uniqueid")))

    subscriptions = Subscriptions()
    subscriptions.add(wanted or EVERY, callback)
    decoder = Decoder(subscriptions.names.__contains__)
    for piece in data:
        for message in decoder.feed(piece):
            if message.kind == "event":
                subscriptions.tell(message)
    return told


def panoramisks(data: list[bytes], wanted: Collection[str]) -> list[Heard]:
    """What panoramisk's callbacks heard of the same."""
    told: list[Heard] = []

    def callback(_manager: Any, message: Any) -> None:
        told.append((message.channel, message.uniqueid))

    loop = asyncio.new_event_loop()
    manager = Manager(loop=loop)
    for name in wanted or ("*",):
        manager.register_event(name, callback)
    protocol = PanoramiskProtocol()
    protocol.connection_made(Mock())
    protocol.factory, protocol.queue, protocol.responses = manager, deque(), {}
    protocol.encoding = "utf8"
    for piece in data:
        protocol.data_received(piece)
    loop.run_until_complete(asyncio.sleep(0))  # its own callback for FullyBooted is a task
    loop.close()
    return told


def starpys(data: list[bytes], wanted: Collection[str]) -> list[Heard]:
    """What the callbacks of a program written for StarPy hear, on careline.starpy."""
    told: list[Heard] = []

    def callback(_ami: Any, event: dict[str, str]) -> None:
        told.append((event.get("channel", ""), event.get("uniqueid", "")))

    ami = AMIProtocol()
    ami.registerEvent(wanted or None, callback)
    for piece in data:
        ami.dataReceived(piece)
    return told


def _row(name: str, how: How, wanted: Collection[str], rounds: int, goal: Goal) -> Row:
    whole = stream(CALLS)
    data = pieces(whole)
    events = whole.count(b"\nEvent: ")
    expected = sum(whole.count(f"\nEvent: {one}\r".encode()) for one in wanted) or events
    one, two = partial(how, data, wanted), partial(panoramisks, data, wanted)
    if one() != two() or len(one()) != expected:
        raise AssertionError(f"{len(one())} and {len(two())} of {expected} events were heard")
    return rate_row(name, "events/s", events, in_turns(one, two, rounds), "panoramisk", goal)


def rows(rounds: int) -> Iterable[Row]:
    """The events that calls need, out of all; all of them; and both for a StarPy program."""
    for how, name, goal in ((ours, "AMI", Goal(at_least=5)), (starpys, "careline.starpy", Goal())):
        yield _row(f"{name}: events that calls need", how, EVENTS, rounds, goal)
        yield _row(f"{name}: every event", how, (), rounds, Goal())
