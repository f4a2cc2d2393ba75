"""Callers are asked how it was: after the talk, when the agent sends them, when the phone is gone.

On the scripted switch and on Asterisk, with the plugin in a real core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from careline.agents.model import State as AgentState
from careline.callcontrol.model import FlowTarget
from careline.calls import facts as f
from careline.demo.phone import Answer as Answers
from careline.ivr.model import Prompt
from careline.surveys.asking import asked as asked_as
from careline.surveys.model import Question, Survey
from careline.testing import Spinner, on_reactor
from careline.testing.house import House
from careline.testing.stage import AgentPhone, Caller
from careline_satisfaction.answers.model import Answer, State, Way
from careline_satisfaction.demo import put_demo
from careline_satisfaction.plugin import Satisfaction

BOTH = ["scripted", pytest.param("real", marks=pytest.mark.integration)]
REAL = [pytest.param("real", marks=pytest.mark.integration)]


@pytest.fixture(params=BOTH)
def plugged(
    request: pytest.FixtureRequest, spin: Spinner, spoken_prompts: Path, tmp_path: Path
) -> Iterator[House]:
    """The demonstration hospital with the plugin and its survey."""
    real = request.param == "real"
    tree = request.getfixturevalue("asterisk_tree") if real else None
    made = Asking(spin.reactor, tree, tmp_path / "home", spoken_prompts, ("satisfaction",))
    spin(made.open())
    yield made
    spin(made.close())
    if real:
        assert made.asterisk.errors() == []


class Asking(House):
    """With the survey of the demonstration, before the core begins."""

    async def start_core(self) -> None:
        self.db.run_sync(put_demo, date(2026, 11, 1))
        await super().start_core()


async def answer(house: House) -> Answer | None:
    plugin = house.app.plugins.hooks("satisfaction")
    assert isinstance(plugin, Satisfaction)
    return await plugin.answers.of_call((await house.record()).record.id)


async def talk(house: House, number: str, first: str = "") -> tuple[Caller, AgentPhone]:
    """A caller who talks with an agent, after key ``first``."""
    agent = await house.agent(number, Answers(after=0.1))
    caller = await house.calls_in()
    if first:
        chosen = house.happens(f.Stepped, node="english")
        await caller.press(first)
        await chosen
    await caller.press("0")
    assert await agent.talks_with(caller)
    return caller, agent


async def parked(house: House) -> None:
    """Until the leg of an agent who holds a caller has come to its own place in the dialplan."""
    for _ in range(300):
        if "careline-parked" in {one.context for one in await house.app.switch.channels()}:
            return
        await house.clock.sleep(0.2)
    raise AssertionError("the agent's leg was not put aside")


async def press(house: House, caller: Caller, key: str, done: Callable[[Answer], bool]) -> None:
    """Press ``key`` until it has counted; one may fall into the gap between two questions."""
    for _ in range(6):
        await caller.press(key)
        for _ in range(10):
            found = await answer(house)
            if found is not None and done(found):
                return
            await house.clock.sleep(0.2)
    raise AssertionError(f"{key} did not count")


@on_reactor()
async def test_asked_once_the_agent_has_hung_up(plugged: House) -> None:
    asked = plugged.happens(f.Stepped, flow="rating", node="ask")
    caller, agent = await talk(plugged, "8001")
    await agent.hang_up()
    await asked
    await press(plugged, caller, "2", lambda one: one.level == 2)
    await press(plugged, caller, "3", lambda one: one.values.get("reason") == 3)
    await press(plugged, caller, "2", lambda one: "words" in one.values)
    await caller.ended()
    plugged.app.agents.finish("8001")
    call = await plugged.over()
    found = await answer(plugged)
    assert found is not None
    assert (found.call, found.agent, found.way, found.low) == (call.id, "8001", Way.KEYS, True)


@pytest.mark.parametrize("plugged", REAL, indirect=True)
@on_reactor()
async def test_asked_when_the_agent_says_so_and_when_the_phone_is_gone(
    plugged: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []

    def asked_in(owner: str, survey: Survey, question: Question, language: str) -> Prompt:
        spoken.append(language)
        return asked_as(owner, survey, question, language)

    monkeypatch.setattr("careline.surveys.asking.asked", asked_in)
    control = plugged.app.callcontrol
    caller, _ = await talk(plugged, "8001", first="9")
    await control.blind_transfer("8001", FlowTarget("rating"))
    await press(plugged, caller, "5", lambda one: one.level == 5)
    await caller.hang_up()
    assert set(spoken) == {"en"}, "the caller's own language"
    plugged.app.agents.finish("8001")
    await plugged.over()
    plugged.app.agents.sign_out("8001")
    caller, agent = await talk(plugged, "8002")
    await control.hold("8002")
    await plugged.agent_is("8002", AgentState.HOLDING)
    await parked(plugged)  # before that the caller is given to the next agent
    asked = plugged.happens(f.Stepped, flow="rating", node="ask")
    await agent.hang_up()  # the phone of who holds the caller is gone
    await asked
    await press(plugged, caller, "4", lambda one: one.level == 4)
    await caller.hang_up()
    plugged.app.agents.finish("8002")
    await plugged.over()
    found = await answer(plugged)
    assert found is not None
    assert (found.state, found.agent) == (State.ANSWERED, "8002")


@on_reactor()
async def test_who_lost_the_agents_phone_in_mid_talk_is_asked_after_the_next_agent(
    plugged: House,
) -> None:
    caller, _ = await talk(plugged, "8001")
    await plugged.app.callcontrol.lost("8001")
    plugged.app.agents.sign_out("8001")
    other = await plugged.agent("8002", Answers(after=0.1))
    assert await other.talks_with(caller)
    assert await answer(plugged) is None, "nobody was asked while the caller waited"
    asked = plugged.happens(f.Stepped, flow="rating", node="ask")
    await other.hang_up()
    await asked
    await press(plugged, caller, "5", lambda one: one.level == 5)
    await caller.hang_up()
    plugged.app.agents.finish("8002")
    plugged.app.agents.finish("8001")
    call = await plugged.over()
    found = await answer(plugged)
    assert found is not None
    assert (call.agents, found.agent) == (("8001", "8002"), "8002")
