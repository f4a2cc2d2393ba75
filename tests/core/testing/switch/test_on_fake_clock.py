"""The scripted switch without a reactor: in-memory connections and a clock that tests move."""

from __future__ import annotations

import pytest
from tests.contract.mini import Mini

from careline.asterisk.model import AsteriskFiles
from careline.demo.phone import Answer
from careline.testing import run_async
from careline.testing.asterisk import Network, default_files
from careline.testing.memory import MemoryReactor
from careline.testing.stage import ScriptedStage
from careline.testing.switch.expressions import UnknownToSwitch

AGI = 4573


def files(text: str | None = None) -> AsteriskFiles:
    return default_files(Network("127.9.9"), AGI, text)


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_a_whole_call_in_no_time(piece: int) -> None:
    reactor = MemoryReactor(piece)
    stage = ScriptedStage(reactor, files(), AGI)
    mini = Mini(stage)

    async def story() -> None:
        await mini.start()
        agent = await stage.phone("2001", Answer(after=3))
        await mini.member("2001")
        caller = await stage.incoming("138", "8001", "张")
        await caller.answered()
        await caller.press("1")
        connected = await mini.event("AgentConnect")
        assert (connected.get("HoldTime"), connected.get("RingTime")) == ("3", "3")
        assert connected.get("CallerIDName") == "张"
        assert await agent.talks_with(caller)
        await stage.clock.sleep(60)
        await caller.hang_up()
        assert (await mini.event("AgentComplete")).get("TalkTime") == "60"
        await mini.event("Hangup", count=2)
        await mini.stop()
        await stage.close()

    run_async(story(), reactor)
    assert stage.switch.core.channels == {}
    assert stage.switch.core.bridges == []


def test_a_link_that_is_cut_comes_back() -> None:
    reactor = MemoryReactor()
    stage = ScriptedStage(reactor, files(), AGI)
    mini = Mini(stage)
    ups: list[bool] = []

    async def note() -> None:
        ups.append(True)

    async def story() -> None:
        await mini.start()
        mini.link.on_up(note)
        stage.switch.drop_links()
        await stage.clock.sleep(5)
        assert mini.link.up
        assert ups == [True]
        await mini.stop()
        await stage.close()

    run_async(story(), reactor)


def test_a_dialplan_that_it_does_not_know_fails_the_test() -> None:
    reactor = MemoryReactor()
    stage = ScriptedStage(reactor, files("[careline-inbound]\nexten => 1,1,TrySystem(x)\n"), AGI)

    async def story() -> None:
        await stage.incoming("138", "1")
        await stage.clock.sleep(1)
        await stage.close()

    with pytest.raises(UnknownToSwitch, match="TrySystem"):
        run_async(story(), reactor)
