"""Calls that the hospital begins: on the scripted switch, and with real phones that answer them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from attrs import evolve
from twisted.internet.defer import TimeoutError

from careline.agents.model import State
from careline.callbacks.model import Callback, Why
from careline.calls import facts as f
from careline.calls.model import Direction, LegKind
from careline.calls.model import Outcome as CallOutcome
from careline.calls.service import Change
from careline.demo.phone import Answer, Refuse, Ring
from careline.outbound.model import Kept, Mode, Outcome, Rung, Stage, Task, Urgency
from careline.testing import on_reactor
from careline.testing.house import House
from careline.testing.stage import until

NUMBER = "+8613900002222"
FLOW = {
    "name": "wellbeing",
    "start": "ask",
    "operator": "agent",
    "languages": ["zh"],
    "nodes": {
        "ask": {
            "kind": "menu",
            "prompts": ["satisfaction"],
            "choices": {"1": "thanks"},
            "failed": "thanks",
        },
        "thanks": {"kind": "hang_up", "prompts": ["goodbye"]},
        "agent": {
            "kind": "queue",
            "queue": "service",
            "limit_s": 60,
            "timeout": "thanks",
            "full": "thanks",
            "closed": "thanks",
        },
    },
}


def task(house: House, key: str = "trial:1", **changes: Any) -> Task:
    """A call to 13900002222 that is due now, at whatever hour the test runs."""
    about: dict[str, Any] = {
        "plugin": "trial",
        "mode": Mode.AUTOMATIC,
        "rungs": (Rung(NUMBER, "本人"),),
        "campus": "main",
        "queue": "service",
        "flow": "wellbeing",
        "purpose": "trial",
        "urgency": Urgency.URGENT,
        "due": house.clock.now() - timedelta(seconds=1),
    }
    return Task(key=key, **{**about, **changes})


async def put(house: House, wanted: Task) -> None:
    """Publish the flow, and have the call made."""
    await house.app.flows.publish_all(FLOW, "test")
    await house.app.db.run(house.app.outbound.put, wanted)
    await house.app.dialler.round()


async def kept(house: House, stage: Stage, key: str = "trial:1", timeout: float = 30.0) -> Kept:
    """Wait until the task is at that stage."""
    seen: list[Kept] = []

    async def look() -> bool:
        seen.append(await house.app.outbound.get(key))
        return seen[-1].stage is stage

    end = house.clock.seconds() + timeout
    while not await look():
        assert house.clock.seconds() < end, seen[-1]
        await house.clock.sleep(0.05)
    return seen[-1]


async def tried(house: House, key: str = "trial:1", timeout: float = 30.0) -> Kept:
    """Wait until a first try is over and the task waits for another, or is over."""
    end = house.clock.seconds() + 2 * timeout
    found = await house.app.outbound.get(key)
    while not found.tries or found.stage is Stage.CALLING or house.app.calls.open:
        assert house.clock.seconds() < end, found
        await house.clock.sleep(0.05)
        found = await house.app.outbound.get(key)
    return found


@on_reactor(timeout=90)
async def test_somebody_answers_and_presses_a_key(house: House) -> None:
    patient = await house.stage.outside("13900002222", Ring(), greets_s=0.5)
    await put(house, task(house, args={"who": "7"}))
    await patient.ringing(20)
    asked = house.happens(f.Stepped, node="ask")
    thanked = house.happens(f.Stepped, node="thanks")
    await patient.answer()
    await asked
    await house.clock.sleep(0.3)  # the key counts from the first word on
    await patient.press("1")
    await thanked
    found = await kept(house, Stage.DONE)
    assert (found.outcome, found.tries) == (Outcome.ANSWERED, 1)
    stored = await house.record(found.call)
    record = stored.record
    assert record.id == found.call
    assert record.direction is Direction.OUTBOUND
    assert (record.number, record.campus) == (NUMBER, "main")
    assert record.outcome is CallOutcome.ANSWERED
    [attempt] = await house.app.outbound.attempts("trial:1")
    assert (attempt.number, attempt.outcome) == (NUMBER, Outcome.ANSWERED)


@on_reactor(timeout=60)
async def test_who_is_busy_is_called_again_in_ten_minutes(house: House) -> None:
    await house.stage.outside("13900002222", Refuse())
    await put(house, task(house))
    found = await tried(house)
    assert (found.stage, found.outcome) == (Stage.WAITING, Outcome.BUSY)
    ahead = found.next_at - house.clock.now()
    assert timedelta(minutes=9) < ahead <= timedelta(minutes=10)


@on_reactor(timeout=90)
async def test_a_progressive_call_rings_no_patient_before_an_agent_has_answered(
    house: House,
) -> None:
    patient = await house.stage.outside("13900002222", Ring())
    await put(house, task(house, mode=Mode.PROGRESSIVE, flow=""))
    assert (await house.app.outbound.get("trial:1")).tries == 0
    agent = await house.agent("8001", Ring())
    await agent.ringing(20)
    with pytest.raises(TimeoutError):
        await patient.ringing(1)
    await agent.answer()
    await patient.ringing(20)
    await patient.answer()
    await house.agent_is("8001", State.TALKING, 20)
    await patient.hang_up()
    await house.agent_is("8001", State.WRAP_UP, 20)
    assert (await house.app.outbound.get("trial:1")).stage is Stage.CALLING
    house.app.agents.ready("8001")
    assert (await kept(house, Stage.DONE)).outcome is Outcome.ANSWERED


@on_reactor(timeout=120)
async def test_one_agent_is_given_to_a_callback_or_to_a_task_and_nobody_is_rung_without(
    house: House,
) -> None:
    app, now = house.app, house.clock.now()
    patient = await house.stage.outside("13900002222", Answer())
    most: list[int] = []
    alone: list[str] = []

    def look(change: Change) -> None:
        call = change.after
        most.append(len(app.calls.open))
        rung = any(leg.kind is LegKind.OUTSIDE for leg in call.legs)
        there = any(leg.kind is LegKind.AGENT and leg.answered for leg in call.legs)
        if rung and not there:
            alone.append(call.id)

    app.calls.listen(look)
    await put(house, task(house, mode=Mode.PROGRESSIVE, flow=""))
    owed = Callback(
        call="hq-0.1", queue="service", number=NUMBER, trunk="", why=Why.MISSED, asked=now, due=now
    )
    app.callbacks.resume([owed])
    await house.agent("8001", Answer())
    app.callbacks.serve_all()  # and the dialler's own rounds, every two seconds
    for _ in range(2):
        await house.agent_is("8001", State.TALKING, 30)
        await house.clock.sleep(2.5)  # a round of the dialler goes by
        await patient.hang_up()
        await house.agent_is("8001", State.WRAP_UP, 20)
        app.agents.ready("8001")
    assert (await kept(house, Stage.DONE)).outcome is Outcome.ANSWERED
    await until(house.clock, lambda: not app.callbacks.open, 20, "the callback is made")
    assert (max(most), alone) == (1, [])


@pytest.mark.parametrize(
    "house", [pytest.param("real", marks=pytest.mark.integration)], indirect=True
)
@on_reactor(timeout=120)
async def test_nobody_sends_our_calls_on_to_a_number_of_their_own(house: House) -> None:
    """A phone or provider that answers 302 would have the hospital pay for calls abroad."""
    patient = await house.stage.outside("13900002222", Refuse())
    rung: dict[str, str] = {}

    def look(change: Change) -> None:
        rung.update((leg.channel, leg.endpoint) for leg in change.after.legs)

    house.app.calls.listen(look)
    for key, contact in enumerate(diversions(house)):
        patient.behaviour = Refuse(302, contact)
        await put(house, task(house, f"trial:{key}"))
        found = await tried(house, f"trial:{key}")
        assert found.outcome in (Outcome.FAILED, Outcome.NO_ANSWER, Outcome.BUSY)
        assert len(rung) == 1, (contact, rung, found)
        await nothing_is_up(house)
        rung.clear()
        await patient.quiet(5)


@pytest.mark.parametrize(
    "house", [pytest.param("real", marks=pytest.mark.integration)], indirect=True
)
@on_reactor(timeout=120)
async def test_no_phone_sends_an_agent_s_call_on_to_a_number_of_its_own(house: House) -> None:
    phone = await house.agent("8001")
    rung: dict[str, str] = {}

    def look(change: Change) -> None:
        rung.update((leg.channel, leg.endpoint) for leg in change.after.legs)

    house.app.calls.listen(look)
    for contact in diversions(house):
        phone.behaviour = Refuse(302, contact)
        await house.app.callcontrol.dial("8001", "13900002222")
        await house.over()
        assert list(rung.values()) == ["PJSIP/1001"], (contact, rung)
        await nothing_is_up(house)
        rung.clear()
        await phone.quiet(5)


@on_reactor(timeout=90)
async def test_whom_an_agent_dials_is_in_the_record_though_the_switch_shows_no_number(
    house: House,
) -> None:
    agent = await house.agent("8001", Answer())
    patient = await house.stage.outside("13900002222", Ring())
    call_id = await house.app.callcontrol.dial("8001", "13900002222")
    await patient.ringing(20)
    call = house.app.calls.get(call_id)
    assert call is not None
    trunk = house.app.routing.trunks[call.trunk]
    assert (call.number, call.campus) == (NUMBER, trunk.campus)
    await house.app.callcontrol.hang_up("8001")
    await house.over()
    await agent.quiet()
    await patient.quiet()


@pytest.mark.parametrize(
    "house", [pytest.param("real", marks=pytest.mark.integration)], indirect=True
)
@pytest.mark.parametrize("shown", ["02088881000", None])
@on_reactor(timeout=90)
async def test_with_no_number_to_show_none_that_is_empty_is_sent(
    house: House, shown: str | None
) -> None:
    """Providers refuse an INVITE from nobody; without a number they show the hospital's own."""
    patient: Any = await house.stage.outside("13900002222", Ring())
    await house.app.switch.originate(
        house.app.routing.dial_string("13900002222", ""), "careline-automatic", "s", shown
    )
    await patient.ringing(20)
    sender = patient.phone.calls[0].invite.get("From")
    user = re.search(r"<sip:([^@>]+)@", sender)
    assert user, sender
    assert user[1] == (shown or "anonymous")
    await patient.refuse()
    await nothing_is_up(house)


async def nothing_is_up(house: House, timeout: float = 20.0) -> None:
    """Wait until the switch has no channel left: what dials for us goes a moment later."""
    end = house.clock.seconds() + timeout
    while up := await house.app.switch.channels():
        assert house.clock.seconds() < end, up
        await house.clock.sleep(0.05)


def diversions(house: House) -> Iterator[str]:
    """Where a 302 may send a call: a number, or all of what Asterisk takes for a dial string."""
    abroad = "0012025550123"
    yield f"sip:{abroad}@abroad"
    _, _, trunk = house.app.routing.dial_string("13900002222", "").partition("@")
    for way in (f"PJSIP/{abroad}@{trunk}", f"Local/{abroad}@careline-phones/n"):
        yield f"sip:{quote(way, safe='')}@abroad"


@on_reactor(timeout=60)
async def test_the_emergency_stop(house: House) -> None:
    patient = await house.stage.outside("13900002222", Ring())
    await house.app.outbound.pause("trial", "leader", "a wrong list")
    await put(house, task(house))
    assert (await house.app.outbound.get("trial:1")).tries == 0
    assert await house.app.outbound.resume("trial")
    await patient.ringing(20)


@on_reactor(timeout=90)
async def test_a_machine_is_told_nothing_and_called_again_in_the_next_half_of_a_day(
    house: House,
) -> None:
    await house.stage.outside("13900002222", Answer(), greets_s=4)
    await put(house, task(house))
    found = await tried(house)
    assert (found.stage, found.outcome) == (Stage.WAITING, Outcome.MACHINE)
    stored = await house.record((await house.app.outbound.attempts("trial:1"))[0].call)
    assert not any(isinstance(one.fact, f.Stepped) for one in stored.facts)


@on_reactor(timeout=90)
async def test_who_answers_while_the_core_is_away_hears_a_friendly_word_and_is_called_again(
    house: House,
) -> None:
    patient = await house.stage.outside("13900002222", Ring(), greets_s=0.5)
    await put(house, task(house))
    await patient.ringing(20)
    await house.app.stop()
    await patient.answer()
    await patient.quiet(30)  # neither silence for ever nor an agent who knows nothing
    await house.start_core()
    found = await tried_by(house)
    assert (found.stage, found.outcome) == (Stage.WAITING, Outcome.NO_ANSWER)
    # Only Asterisk's own journal tells of an answer that no core has seen.
    assert found.reason in ("outbound.broken", "cause.0")


async def tried_by(house: House, timeout: float = 20.0) -> Kept:
    """Wait until the new core knows what came of the earlier one's call."""
    return await kept(house, Stage.WAITING, timeout=timeout)


@on_reactor(timeout=90)
async def test_nobody_picks_up(house: House) -> None:
    house.app.dialler.figures = evolve(house.app.dialler.figures, ring_s=1)
    patient = await house.stage.outside("13900002222", Ring())
    await put(house, task(house))
    found = await tried(house)
    assert (found.stage, found.outcome, found.tries) == (Stage.WAITING, Outcome.NO_ANSWER, 1)
    await patient.quiet()


@pytest.mark.parametrize(
    "house", [pytest.param("real", marks=pytest.mark.integration)], indirect=True
)
@on_reactor(timeout=120)
async def test_a_core_that_starts_again_goes_on_in_the_flow_and_calls_nobody_twice(
    house: House,
) -> None:
    patient = await house.stage.outside("13900002222", Ring(), greets_s=0.5)
    await put(house, task(house))
    await patient.ringing(20)
    asked = house.happens(f.Stepped, node="ask")
    await patient.answer()
    await asked
    await house.app.calls_writer.written()
    await house.app.stop()
    await house.start_core()
    thanked = house.happens(f.Stepped, node="thanks")
    for _ in range(20):  # "one moment", and the question anew
        if thanked.called:
            break
        await patient.press("1")
        await house.clock.sleep(1)
    await thanked
    found = await kept(house, Stage.DONE)
    assert (found.outcome, found.tries) == (Outcome.ANSWERED, 1)


@on_reactor(timeout=120)
async def test_who_presses_0_talks_with_an_agent(house: House) -> None:
    agent = await house.agent("8001", Answer())
    patient = await house.stage.outside("13900002222", Ring(), greets_s=0.5)
    await put(house, task(house))
    await patient.ringing(20)
    asked = house.happens(f.Stepped, node="ask")
    await patient.answer()
    await asked
    await house.clock.sleep(0.3)
    await patient.press("0")
    await house.agent_is("8001", State.TALKING, 20)
    await patient.hang_up()
    await agent.quiet()
    await house.agent_is("8001", State.WRAP_UP, 20)
    house.app.agents.ready("8001")
    found = await kept(house, Stage.DONE)
    assert found.outcome is Outcome.ANSWERED
    assert (await house.record(found.call)).record.agents == ("8001",)


@on_reactor(timeout=60)
async def test_the_switch_says_whether_its_dialplan_knows_how_to_ring(house: House) -> None:
    switch = house.app.switch
    assert await switch.get_global("DIALPLAN_EXISTS(careline-begin,s,1)") == "1"
    assert await switch.get_global("DIALPLAN_EXISTS(careline-nowhere,s,1)") == "0"
