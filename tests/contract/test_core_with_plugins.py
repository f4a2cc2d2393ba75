"""Where plugins send callers: at the begin, out of a queue, after the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import define, field

from careline.agents.model import State
from careline.calls import facts as f
from careline.calls.model import CallRecord, Outcome
from careline.demo.phone import Answer
from careline.hooks import hook
from careline.ivr.exits import Exit, Hangup, ToQueue
from careline.ivr.model import Enter
from careline.testing import on_reactor
from careline.testing.house import House

if TYPE_CHECKING:
    from careline.calls.store import StoredCall

scripted = pytest.mark.parametrize("house", ["scripted"], indirect=True)


@define(eq=False)
class Leads:
    """Answers as it is told, and remembers what it was asked."""

    routed: Enter | Exit | None = None
    overflown: Exit | None = None
    after: Enter | None = None
    asked: list[tuple[str, str, int]] = field(factory=list)

    @hook
    def route_call(self, call: CallRecord) -> Enter | Exit | None:
        self.asked.append(("route", "", 0))
        return self.routed

    @hook
    def overflow(self, queue: str, waited_s: int) -> Exit | None:
        self.asked.append(("overflow", queue, waited_s))
        return self.overflown

    @hook
    def after_call(self) -> Enter | None:
        self.asked.append(("after", "", 0))
        return self.after


def led(house: House, **answers: Enter | Exit) -> Leads:
    plugin = Leads(**answers)  # type: ignore[arg-type]  # by name
    house.app.hub.register("leads", plugin)
    return plugin


async def over(house: House) -> StoredCall:
    """The call is over and wrapped up; its record as stored."""
    await house.calls_over()
    for status in list(house.app.agents.states.values()):
        if status.state is State.WRAP_UP:
            house.app.agents.ready(status.agent)
    return await house.record((await house.over()).id)


@on_reactor()
async def test_a_routed_caller_is_not_routed_again_after_the_talk(house: House) -> None:
    agent = await house.agent("8001")
    plugin = led(house, routed=ToQueue(queue="service"))
    caller = await house.calls_in()
    await agent.ringing()
    await agent.answer()
    assert await agent.talks_with(caller)
    await agent.hang_up()
    await caller.ended()
    record = (await over(house)).record
    assert record.outcome is Outcome.ANSWERED
    assert [stay.queue for stay in record.stays] == ["service"]
    assert [what for what, _, _ in plugin.asked] == ["route", "after"]


@scripted
@on_reactor()
async def test_a_routed_caller_whom_nobody_took_gets_the_usual_flow(house: House) -> None:
    await house.agent("8001")
    plugin = led(house, routed=ToQueue(queue="service", limit_s=2))
    menu = house.happens(f.Stepped, flow="main", node="blocked")
    caller = await house.calls_in()
    await menu
    await caller.hang_up()
    await over(house)
    assert [(what, queue) for what, queue, _ in plugin.asked] == [
        ("route", ""),
        ("overflow", "service"),
    ]


@scripted
@on_reactor()
async def test_an_unknown_flow_is_no_reason_to_lose_a_caller(house: House) -> None:
    led(house, routed=Enter("nowhere"))
    menu = house.happens(f.Stepped, flow="main", node="blocked")
    caller = await house.calls_in()
    await menu
    await caller.hang_up()
    await over(house)


@on_reactor()
async def test_a_caller_whose_time_is_up_goes_where_a_plugin_says(house: House) -> None:
    await house.agent("8001")  # lets it ring
    other = await house.agent("8003")  # of service too, but asked last there
    there = ToQueue(queue="complaints")
    plugin = led(house, routed=ToQueue(queue="service", limit_s=2), overflown=there)
    caller = await house.calls_in()
    await other.ringing()
    await other.answer()
    assert await other.talks_with(caller)
    await caller.hang_up()
    stored = await over(house)
    assert [stay.queue for stay in stored.record.stays] == ["service", "complaints"]
    [(queue, seconds)] = [(one, s) for what, one, s in plugin.asked if what == "overflow"]
    assert queue == "service"
    assert seconds >= 1, "how long the caller has waited there"
    noted = [one.fact for one in stored.facts if isinstance(one.fact, f.Noted)]
    assert {"queue": "service", "to": "ToQueue"} in [one.detail for one in noted]


@scripted
@on_reactor()
async def test_nobody_signed_in_is_asked_about_before_the_flows_own_way(house: House) -> None:
    plugin = led(house, overflown=Hangup(cause=17))
    caller = await house.calls_in()
    await caller.press("0")
    await caller.ended()
    assert (await over(house)).record.stays == ()
    assert plugin.asked == [("route", "", 0), ("overflow", "service", 0)]


@scripted
@on_reactor()
async def test_no_overflow_to_where_nobody_is(house: House) -> None:
    plugin = led(house, overflown=ToQueue(queue="complaints"))
    closed = house.happens(f.Stepped, node="nobody")
    caller = await house.calls_in()
    await caller.press("0")
    await closed
    await caller.hang_up()
    assert (await over(house)).record.stays == ()
    assert ("overflow", "service", 0) in plugin.asked


@scripted
@on_reactor()
async def test_after_the_talk_a_plugin_leads_into_a_flow(house: House) -> None:
    agent = await house.agent("8001", Answer())
    plugin = led(house, after=Enter("rating"))
    rating = house.happens(f.Stepped, flow="rating")
    caller = await house.calls_in()
    await caller.press("0")
    assert await agent.talks_with(caller)
    await agent.hang_up()
    await rating
    await caller.hang_up()
    await over(house)
    assert [what for what, _, _ in plugin.asked] == ["route", "after"]
