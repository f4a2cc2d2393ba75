"""The control socket: answers, errors, and verbs that end when nobody listens any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import CancelledError
from twisted.internet.threads import deferToThread

from careline.clock import Clock
from careline.control import ControlClient, ControlServer, Say
from careline.control.stream import follow
from careline.errors import Invalid, NotFound, Unavailable
from careline.tasks import Tasks
from careline.testing import Spinner, on_reactor


class Core:
    """A control server with a verb of each kind."""

    def __init__(self, spin: Spinner, path: Path) -> None:
        self.clock: Clock = spin.clock
        self.tasks = Tasks()
        self.server = ControlServer(spin.reactor, self.clock, self.tasks)
        self.path = path
        self.following = 0
        self.done: list[str] = []
        self.released = False
        self.server.add("ping", self.ping)
        self.server.add("slow", self.slow)
        self.server.add("fails", self.fails)
        self.server.add("follow", self.follow, endless=True)
        self.server.listen(path)

    async def ping(self, say: Say) -> str:
        return "pong"

    async def slow(self, say: Say) -> None:
        while not self.released:
            await self.clock.sleep(0.01)
        self.done.append("slow")

    async def fails(self, say: Say) -> None:
        raise Invalid("a.b", "wrong: {x}", x=1, problems=[NotFound("c.d", "no {y}", y=2)])

    async def follow(self, say: Say) -> None:
        self.following += 1
        try:
            say({"what": "Following"})
            for number in range(10**6):
                say({"what": "step", "number": number})
                await self.clock.sleep(0.01)
        except CancelledError:
            self.following -= 1
            raise

    async def until(self, true: Any) -> None:
        for _ in range(6000):
            if true():
                return
            await self.clock.sleep(0.01)
        raise AssertionError("it did not come")

    async def close(self) -> None:
        await self.server.stop()
        await self.tasks.stop()


@on_reactor()
async def test_a_stream_is_heard_and_ended(spin: Spinner, tmp_path: Path) -> None:
    core = Core(spin, tmp_path / "s")
    heard: list[Any] = []
    following = await follow(spin.reactor, core.path, heard.append)
    assert heard[0] == {"what": "Following"}
    await core.until(lambda: len(heard) > 5)
    assert core.following == 1
    following.stop()
    await core.until(lambda: core.following == 0)
    await core.close()


@on_reactor()
async def test_other_verbs_are_finished_though_the_asker_left(
    spin: Spinner, tmp_path: Path
) -> None:
    core = Core(spin, tmp_path / "s")
    client = ControlClient(core.path, timeout_s=0.05)
    with pytest.raises(Unavailable):
        await deferToThread(client.call, "slow")
    core.released = True
    await core.until(lambda: core.done)
    await core.close()


@on_reactor()
async def test_errors_come_whole(spin: Spinner, tmp_path: Path) -> None:
    core = Core(spin, tmp_path / "s")
    client = ControlClient(core.path)
    assert await deferToThread(client.running)
    with pytest.raises(Invalid) as caught:
        await deferToThread(client.call, "fails")
    assert str(caught.value) == "wrong: 1\n  - no 2"
    with pytest.raises(NotFound):
        await deferToThread(client.call, "nothing")
    await core.close()
    assert not await deferToThread(client.running)
    with pytest.raises(Unavailable):
        await follow(spin.reactor, core.path, lambda event: None)
