"""What the core makes of calls, on the scripted switch and on a real Asterisk alike."""

from __future__ import annotations

from careline.agents.model import Reason, State
from careline.agents.store import current_states
from careline.calls import facts as f
from careline.calls.model import Outcome
from careline.demo.phone import Answer
from careline.testing import on_reactor
from careline.testing.house import House


@on_reactor()
async def test_a_call_goes_all_the_way(house: House) -> None:
    agent = await house.agent("8001")
    caller = await house.calls_in()
    await caller.press("0")
    await agent.ringing()
    await house.agent_is("8001", State.RINGING)
    await agent.answer()
    assert await agent.talks_with(caller)  # the agent's number is announced first
    await house.agent_is("8001", State.TALKING)
    await agent.hang_up()
    await caller.ended()
    await house.agent_is("8001", State.WRAP_UP)
    house.app.agents.ready("8001")
    record = await house.over()
    assert record.outcome is Outcome.ANSWERED
    assert record.agents == ("8001",)
    assert record.number == "+8613800001111"


@on_reactor()
async def test_the_caller_hangs_up_in_the_menu(house: House) -> None:
    caller = await house.calls_in()
    await house.clock.sleep(0.3)
    await caller.hang_up()
    record = await house.over()
    assert record.agents == ()
    assert record.outcome is not Outcome.ANSWERED


@on_reactor()
async def test_the_caller_gives_up_in_the_queue(house: House) -> None:
    agent = await house.agent("8001")
    caller = await house.calls_in()
    queued = house.happens(f.Queued)
    await caller.press("0")
    await queued
    await agent.ringing()
    await caller.hang_up()
    assert (await house.over()).outcome is Outcome.ABANDONED
    await agent.quiet()
    await house.agent_is("8001", State.READY)


@on_reactor()
async def test_two_agents_take_two_callers(house: House) -> None:
    phones = [await house.agent(agent, Answer()) for agent in ("8001", "8002")]
    callers = [await house.calls_in(number) for number in ("13800001111", "13900002222")]
    for caller in callers:
        await caller.press("0")
    await house.agent_is("8001", State.TALKING)
    await house.agent_is("8002", State.TALKING)
    with_first = 0 if await phones[0].talks_with(callers[0], 2) else 1
    for phone, caller in zip(phones, (callers[with_first], callers[1 - with_first]), strict=True):
        assert await phone.talks_with(caller)
    for phone, caller in zip(phones, (callers[1 - with_first], callers[with_first]), strict=True):
        assert not await phone.talks_with(caller, 0.2)


@on_reactor()
async def test_a_core_that_starts_again_takes_the_talk_up(house: House) -> None:
    agent = await house.agent("8001", Answer())
    caller = await house.calls_in()
    await caller.press("0")
    await house.agent_is("8001", State.TALKING)
    await house.app.stop()
    await house.start_core()
    assert await agent.talks_with(caller)
    assert len(house.app.calls.open) == 1
    await caller.hang_up()
    await house.agent_is("8001", State.WRAP_UP)
    house.app.agents.ready("8001")
    record = await house.over()
    assert record.agents == ("8001",)
    assert record.outcome is Outcome.ANSWERED


@on_reactor()
async def test_sign_in_and_out_by_feature_codes(house: House) -> None:
    desk = await house.stage.phone("1001")
    states = []
    for code in ("*11", "*13", "*12"):
        call = await desk.dial(code)
        await call.ended()
        states.append(house.app.agents.states["8001"].state)
    assert states == [State.NOT_READY, State.READY, State.SIGNED_OUT]


@on_reactor()
async def test_one_colleague_calls_another(house: House) -> None:
    other = await house.agent("8002", Answer())
    desk = await house.stage.phone("1001")
    call = await desk.dial("8002")
    assert await other.talks_with(call)
    await call.hang_up()
    await other.quiet()


@on_reactor()
async def test_what_happened_last_is_stored_before_the_core_ends(house: House) -> None:
    house.app.agents.sign_in("8001")
    house.app.agents.ready("8001")
    house.app.agents.not_ready("8001", Reason.MEAL)
    await house.app.stop()
    stored = house.db.run_sync(current_states)["8001"]
    assert (stored.state, stored.reason) == (State.NOT_READY, Reason.MEAL)
    await house.start_core()


@on_reactor()
async def test_a_talk_that_ends_while_the_core_is_away_is_over_for_all(house: House) -> None:
    agent = await house.agent("8001", Answer())
    caller = await house.calls_in()
    await caller.press("0")
    await house.agent_is("8001", State.TALKING)
    await house.app.stop()
    await caller.hang_up()
    await agent.quiet()
    await house.start_core()
    await house.agent_is("8001", State.WRAP_UP)
    house.app.agents.ready("8001")
    record = await house.over()
    assert (record.outcome, record.agents) == (Outcome.ANSWERED, ("8001",))
    assert all(leg.ended for leg in record.legs)


@on_reactor()
async def test_nobody_is_on_a_call_that_an_earlier_core_forgot(house: House) -> None:
    await house.agent("8001")
    house.app.agents.talking("8001", house.clock.now(), "hq-0.9")
    await house.app.stop()
    await house.start_core()
    assert house.app.agents.states["8001"].state is State.READY
