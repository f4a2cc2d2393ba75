"""Recording and satisfaction come and go while people talk: no call is dropped, each is told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.support.studio import Studio, accounts, scenes

from careline.agents.model import State
from careline.asterisk.layout import Tree
from careline.calls.recorder import RATE
from careline.demo.phone import Call
from careline.testing.runner import Spinner
from careline_recording.book import Account

pytestmark = pytest.mark.integration

SAID_S = 1.5
BOTH = ("recording", "satisfaction")


@pytest.fixture
def studio(
    spin: Spinner, asterisk_tree: Tree, spoken_prompts: Path, tmp_path: Path
) -> Iterator[Studio]:
    made = Studio(spin.reactor, asterisk_tree, tmp_path / "home", spoken_prompts, BOTH)
    spin(made.open())
    yield made
    spin(made.close())
    assert made.asterisk.errors() == []


async def ends(studio: Studio, caller: Call) -> None:
    """The caller hangs up, and everybody goes home."""
    await caller.hang_up()
    await studio.calls_over()
    await studio.clear()


def test_both_are_switched_off_and_on_in_mid_call(spin: Spinner, studio: Studio) -> None:
    async def story() -> None:
        plugins, clock = studio.app.plugins, studio.clock

        # Off in mid-call: the talk goes on and is not written any more.
        caller, agent, call = await studio.talk()
        await clock.sleep(SAID_S)
        for name in BOTH:
            await plugins.disable(name)
        await clock.sleep(0.5)
        [file] = studio.app.recorder.folder.glob(f"{call}~*")
        written = file.stat().st_size
        assert await caller.hears(700)
        assert await agent.hears(440)
        await clock.sleep(SAID_S)
        await ends(studio, caller)
        [file] = studio.app.recorder.folder.glob(f"{call}~*")
        assert file.stat().st_size < written + RATE * 4 // 2, "nobody wanted the rest"

        # While it is off nothing is written; on in mid-call: this talk has a stated reason.
        caller, agent, without = await studio.talk()
        await clock.sleep(SAID_S)
        assert not list(studio.app.recorder.folder.glob(f"{without}~*"))
        for name in BOTH:
            await plugins.enable(name)
        assert await caller.hears(700)
        assert await agent.hears(440)
        assert studio.app.agents.states["8001"].state is State.TALKING
        await ends(studio, caller)

        [kept] = await studio.kept(call, 1)
        assert scenes(*await studio.sides(kept)) == [({"caller"}, {"8001"})]
        assert [(account, why) for _, account, why in accounts(studio, call)] == [
            (Account.EXCUSED, "recording was switched off")
        ]
        caller, _, after = await studio.talk()
        await clock.sleep(SAID_S)
        await ends(studio, caller)
        await studio.kept(after, 1)
        assert [(account, why) for _, account, why in accounts(studio, without)] == [
            (Account.EXCUSED, "recording was switched off")
        ]

    spin(story())
