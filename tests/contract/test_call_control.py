"""Passing calls on, on the scripted switch and on a real Asterisk alike."""

from __future__ import annotations

import pytest

from careline.agents.model import Reason, State
from careline.callcontrol.model import AgentTarget
from careline.calls import facts as f
from careline.demo.phone import PATIENCE_S, Answer
from careline.errors import Refused
from careline.testing import on_reactor
from careline.testing.house import House
from careline.testing.stage import AgentPhone, Caller, until


async def talk(house: House) -> tuple[Caller, AgentPhone]:
    agent = await house.agent("8001", Answer())
    caller = await house.calls_in()
    await caller.press("0")
    await house.agent_is("8001", State.TALKING)
    assert await agent.talks_with(caller)
    await known(house, "8001")
    return caller, agent


async def known(house: House, number: str) -> None:
    """Wait until the core has heard that an agent talks with somebody."""

    def talks() -> bool:
        call = house.app.calls.get(house.app.agents.states[number].call)
        leg = call.leg_of(number) if call else None
        return bool(call and leg and call.beside(leg))

    await until(house.clock, talks, PATIENCE_S, f"{number} talks")


async def apart(house: House, agent: AgentPhone, caller: Caller) -> bool:
    """True when they do not hear each other, once what was said before has died away."""
    await house.clock.sleep(0.5)
    return not await agent.talks_with(caller, 0.2)


async def colleague(house: House) -> AgentPhone:
    phone = await house.stage.phone("1002", Answer())
    house.app.agents.sign_in("8002")
    house.app.agents.not_ready("8002", Reason.MEETING)
    await house.app.queues.settled()
    return phone


@on_reactor()
async def test_hold_ask_and_confer(house: House) -> None:
    caller, agent = await talk(house)
    control = house.app.callcontrol
    await control.hold("8001")
    assert await apart(house, agent, caller)
    await control.resume("8001")
    assert await agent.talks_with(caller)
    expert = await colleague(house)
    await control.consult("8001", AgentTarget("8002"))
    await house.agent_is("8002", State.TALKING)
    await house.agent_is("8001", State.CONSULTING)
    assert await apart(house, agent, caller)
    await control.cancel_consult("8001")
    assert await agent.talks_with(caller)
    await expert.quiet()
    await house.agent_is("8002", State.WRAP_UP)
    await control.consult("8001", AgentTarget("8002"))
    await house.agent_is("8002", State.TALKING)
    await control.conference("8001")
    assert await agent.talks_with(caller)
    assert await expert.talks_with(caller)
    await control.hang_up("8001")
    await agent.quiet()
    assert await expert.talks_with(caller)
    await control.hang_up("8002")
    await caller.ended()
    await house.agent_is("8002", State.WRAP_UP)
    house.app.agents.ready("8001")
    house.app.agents.ready("8002")
    assert (await house.over()).agents == ("8001", "8002")


@on_reactor()
async def test_hand_over_and_come_back(house: House) -> None:
    caller, agent = await talk(house)
    control = house.app.callcontrol
    expert = await colleague(house)
    await control.consult("8001", AgentTarget("8002"))
    await house.agent_is("8002", State.TALKING)
    await control.complete("8001")
    await agent.quiet()
    assert await expert.talks_with(caller)
    await known(house, "8002")
    # Handed back by a transfer that the other refuses: the agent who tried it has the caller again.
    third = await house.stage.phone("1003")
    house.app.agents.sign_in("8003")
    await control.blind_transfer("8002", AgentTarget("8003"))
    await third.ringing()
    await third.refuse()
    assert await expert.talks_with(caller)
    await known(house, "8002")
    # An agent who hangs up while asking leaves the caller to the one who was asked.
    third.behaviour = Answer()
    await control.consult("8002", AgentTarget("8003"))
    await house.agent_is("8003", State.TALKING)
    await expert.hang_up()
    assert await third.talks_with(caller)
    await caller.hang_up()
    await third.quiet()
    await house.agent_is("8003", State.WRAP_UP)
    for number in ("8001", "8002", "8003"):
        house.app.agents.ready(number)
    record = await house.over()
    assert record.agents == ("8001", "8002", "8003")


@on_reactor()
async def test_a_leader_listens_and_takes_over(house: House) -> None:
    caller, agent = await talk(house)
    control = house.app.callcontrol
    with pytest.raises(Refused, match="not connected"):  # nothing would ring
        await control.listen("8003", "8001")
    phone = await house.stage.phone("1003", Answer())
    await until(
        house.clock, lambda: house.app.presence.phone_there("1003"), PATIENCE_S, "a phone comes"
    )
    house.app.agents.sign_in("8003")
    up = house.happens(f.ChannelAnswered)
    await control.listen("8003", "8001")
    await up
    assert not await phone.talks_with(caller, 0.5)
    await control.barge("8003", "8001")
    assert await phone.talks_with(caller)
    assert await agent.talks_with(caller)
    await control.intercept("8003", "8001")
    await agent.quiet()
    assert await phone.talks_with(caller)
    await house.agent_is("8003", State.TALKING)
    await control.release("8003", by="8003")
    await caller.ended()
    await house.agent_is("8003", State.WRAP_UP)
    house.app.agents.ready("8001")
    house.app.agents.ready("8003")
    assert (await house.over()).agents == ("8001", "8003")
