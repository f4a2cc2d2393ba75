"""Plays Asterisk to a FastAGI server: so many calls, some at a time, each to its end."""

from __future__ import annotations

import asyncio

ENVIRONMENT = "".join(
    f"agi_{key}: {value}\n"
    for key, value in {
        "network": "yes", "network_script": "bench", "request": "agi://127.0.0.1/bench",
        "channel": "PJSIP/trunk-00000001", "language": "zh", "type": "PJSIP",
        "uniqueid": "hq-1763827200.15", "version": "22.1.0", "callerid": "02088886666",
        "calleridname": "unknown", "callingpres": "0", "callingani2": "0", "callington": "0",
        "callingtns": "0", "dnid": "4001234", "rdnis": "unknown", "context": "careline-inbound",
        "extension": "4001234", "priority": "1", "enhanced": "0.0", "accountcode": "",
        "threadid": "140223",
    }.items()
).encode() + b"\n"  # fmt: skip

ANSWERS = {
    b"ANSWER": b"200 result=0\n",
    b"GET": b"200 result=1 (2)\n",
    b"STREAM": b"200 result=0 endpos=8000\n",
    b"SET": b"200 result=1\n",
    b"VERBOSE": b"200 result=1\n",
}
"""Asterisk's answer by the first word of a command; five commands make one call."""


class Call(asyncio.Protocol):
    """One call: says who it is, then answers commands until the server hangs up."""

    def __init__(self, over: asyncio.Future[int]) -> None:
        self.over = over
        self.commands = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(ENVIRONMENT)

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        for line in data.splitlines():
            self.commands += 1
            self.transport.write(ANSWERS[line.partition(b" ")[0]])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(self.commands)


async def _one(port: int, at_a_time: asyncio.Semaphore) -> int:
    async with at_a_time:
        loop = asyncio.get_running_loop()
        over: asyncio.Future[int] = loop.create_future()
        await loop.create_connection(lambda: Call(over), "127.0.0.1", port)
        return await over


async def _all(port: int, calls: int, at_a_time: int) -> int:
    gate = asyncio.Semaphore(at_a_time)
    async with asyncio.timeout(60):
        return sum(await asyncio.gather(*(_one(port, gate) for _ in range(calls))))


def play(port: int, calls: int, at_a_time: int = 20) -> None:
    """Make ``calls`` calls; AssertionError when not each had its five commands."""
    commands = asyncio.run(_all(port, calls, at_a_time))
    assert commands == calls * len(ANSWERS), f"{commands} commands in {calls} calls"
