"""Talks as they are kept, on a real Asterisk: the right tones, in the right channel, where due."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.support.studio import Studio, accounts, scenes

from careline.agents.model import State
from careline.asterisk.layout import Tree
from careline.callcontrol.model import AgentTarget
from careline.testing.asterisk import restart
from careline.testing.runner import Spinner
from careline_recording.book import Account

pytestmark = pytest.mark.integration


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


def test_hold_pause_consultation_and_conference(spin: Spinner, studio: Studio) -> None:
    async def story() -> None:
        control, clock = studio.app.callcontrol, studio.clock
        caller, _, call = await studio.talk()
        await clock.sleep(1.5)
        await control.hold("8001")
        await clock.sleep(1.5)
        await control.resume("8001")
        await clock.sleep(1)
        await studio.recording.recordings.pause(call, "8001", True)
        await clock.sleep(1.5)
        await studio.recording.recordings.pause(call, "8001", False)
        await clock.sleep(1.5)
        await studio.agent("8002")
        await control.consult("8001", AgentTarget("8002"))
        await studio.agent_is("8002", State.TALKING)
        await clock.sleep(1.5)
        await control.conference("8001")
        await clock.sleep(2)
        await control.hang_up("8001")
        await clock.sleep(2)
        await caller.hang_up()
        await studio.calls_over()
        first, second = await studio.kept(call, 2)
        assert [first.agent, second.agent] == ["8001", "8002"]
        silence = (set[str](), set[str]())
        seen = scenes(*await studio.sides(first))
        # With the hold left out; the consultation may be too short to stand alone.
        talk, three = ({"caller"}, {"8001"}), ({"caller", "8002"}, {"8001"})
        assert seen[:3] == [talk, silence, talk]
        assert seen[3:] in ([({"8002"}, {"8001"}), three], [three])
        # Asterisk often writes what follows, when two are left of a conference, without the caller.
        assert scenes(*await studio.sides(second)) == [
            ({"8001"}, {"8002"}),
            ({"caller", "8001"}, {"8002"}),
            ({"caller"}, {"8002"}),
        ]
        assert len(first.stretches) == 3
        assert [agent for agent, *_ in accounts(studio, call)] == ["8001", "8002"]

    spin(story())


def test_asterisk_may_die_in_mid_call(spin: Spinner, studio: Studio) -> None:
    _, _, call = spin(studio.talk())
    spin(studio.clock.sleep(2))
    studio.asterisk.kill()
    studio.asterisk = restart(studio.asterisk)

    async def after() -> None:
        [kept] = await studio.kept(call, 1)
        assert scenes(*await studio.sides(kept)) == [({"caller"}, {"8001"})]
        [(_, account, why)] = accounts(studio, call)
        assert account is Account.RECORDED or why

    spin(after())
