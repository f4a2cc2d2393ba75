"""What is kept of talks that are passed on, dialled by agents, or joined by a leader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.support.studio import Scene, Studio, accounts, scenes

from careline.agents.model import State
from careline.asterisk.layout import Tree
from careline.callcontrol.model import AgentTarget
from careline.demo.phone import Answer
from careline.testing.runner import Spinner
from careline_recording.book import Account

pytestmark = pytest.mark.integration

SAID_S = 1.5


@pytest.fixture(scope="module")
def house(
    asterisk_tree: Tree, spoken_prompts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Spinner, Studio]]:
    """One hospital for all tests of this file."""
    spin = Spinner()
    home = tmp_path_factory.mktemp("studio") / "home"
    made = Studio(spin.reactor, asterisk_tree, home, spoken_prompts, ("recording",))
    spin(made.open())
    yield spin, made
    spin(made.close())
    spin.close()
    assert made.asterisk.errors() == []


@pytest.fixture
def studio(house: tuple[Spinner, Studio]) -> Iterator[Studio]:
    spin, made = house
    yield made
    spin(made.clear())


@pytest.fixture
def spin(house: tuple[Spinner, Studio]) -> Spinner:
    return house[0]


def between(left: str, right: str) -> Scene:
    """Two who talk."""
    return {left}, {right}


async def heard_in(studio: Studio, call: str, many: int) -> dict[str, list[Scene]]:
    """Who talks with whom in the recording of each agent; all are accounted for."""
    kept = await studio.kept(call, many)
    told = accounts(studio, call)
    assert [(agent, account) for agent, account, _ in told] == [
        (one.agent, Account.RECORDED) for one in kept
    ]
    return {one.agent: scenes(*await studio.sides(one)) for one in kept}


def test_what_an_agent_dials_is_heard_after_the_notice(spin: Spinner, studio: Studio) -> None:
    async def story() -> None:
        outside = studio.caller("13900002222", callable_=True)
        outside.behaviour = Answer()
        await studio.agent("8001")
        call = await studio.app.callcontrol.dial("8001", "13900002222")
        reached = (await outside.event("ringing")).call
        assert reached is not None
        assert await reached.hears(700)
        await studio.clock.sleep(SAID_S)
        await studio.app.callcontrol.hang_up("8001")
        await studio.calls_over()
        assert await heard_in(studio, call, 1) == {"8001": [between("caller", "8001")]}

    spin(story())


def test_a_party_that_is_sent_on_is_heard_with_each_agent(spin: Spinner, studio: Studio) -> None:
    async def story() -> None:
        control, clock = studio.app.callcontrol, studio.clock
        caller, _, call = await studio.talk()
        await clock.sleep(SAID_S)
        await studio.agent("8002")
        await control.blind_transfer("8001", AgentTarget("8002"))
        await studio.agent_is("8002", State.TALKING)
        await clock.sleep(SAID_S)
        await studio.agent("8003")
        await control.consult("8002", AgentTarget("8003"))
        await studio.agent_is("8003", State.TALKING)
        await clock.sleep(SAID_S)
        await control.complete("8002")
        await clock.sleep(SAID_S)
        await caller.hang_up()
        await studio.calls_over()
        assert await heard_in(studio, call, 3) == {
            "8001": [between("caller", "8001")],
            "8002": [between("caller", "8002"), between("8003", "8002")],
            "8003": [between("8002", "8003"), between("caller", "8003")],
        }

    spin(story())


def test_a_leader_who_joins_or_takes_over_has_a_recording(spin: Spinner, studio: Studio) -> None:
    async def story() -> None:
        control, clock = studio.app.callcontrol, studio.clock
        caller, agent, call = await studio.talk()
        leader = await studio.agent("8003")
        await control.listen("8003", "8001")
        heard = (await leader.event("ringing")).call
        assert heard is not None
        assert await heard.hears(440)
        await clock.sleep(SAID_S)
        await control.barge("8003", "8001")
        assert await caller.hears(1150)
        await clock.sleep(SAID_S)
        await studio.recording.recordings.pause(call, "8001", True)
        await clock.sleep(SAID_S)
        await studio.recording.recordings.pause(call, "8001", False)
        await clock.sleep(SAID_S)
        await control.intercept("8003", "8001")
        await agent.ended()
        await clock.sleep(SAID_S)
        await caller.hang_up()
        await studio.calls_over()
        silence = (set[str](), set[str]())
        three = ({"caller", "8001"}, {"8003"})
        found = await heard_in(studio, call, 2)
        assert found["8001"] == [between("caller", "8001"), silence, between("caller", "8001")]
        assert found["8003"] == [three, silence, three, between("caller", "8003")]

    spin(story())
