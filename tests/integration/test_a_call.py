"""The main job on real parts: trunk, flow, queue, agent's phone, record."""

from __future__ import annotations

import pytest
from tests.support.strict import bound

from careline.agents.model import Reason, State
from careline.calls import facts as f
from careline.calls.model import Direction, LegKind, Outcome, durations
from careline.campuses.model import Listed, NumberList
from careline.campuses.store import put_listed
from careline.demo.phone import Answer, Ring
from careline.testing.hospital import Hospital
from careline.testing.runner import Spinner
from careline.voicemail.store import list_messages

pytestmark = pytest.mark.integration


def test_a_call_goes_all_the_way(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        desk = await hospital.ready("8001", Answer(after=1.0))
        caller = hospital.caller()
        call = await hospital.dial(caller)
        await hospital.press(call, "0")
        ringing = await desk.event("ringing")
        await hospital.agent_is("8001", State.RINGING)
        assert ringing.call is not None
        await ringing.call.answered()
        assert await call.hears(700)
        assert await ringing.call.hears(440)
        await hospital.agent_is("8001", State.TALKING)
        await ringing.call.hang_up()
        await call.ended()
        await hospital.agent_is("8001", State.WRAP_UP)
        hospital.app.agents.ready("8001")
        stored = await hospital.record()
        record = stored.record
        assert record.ended
        assert record.outcome is Outcome.ANSWERED
        assert record.agents == ("8001",)
        assert record.number == "+8613800001111"
        figures = durations(record, record.ended)
        assert abs(figures.ring_ms - ringing.call.ring_seconds * 1000) < bound(100)
        assert figures.talk_ms > 0
        assert figures.handling_ms == figures.talk_ms + figures.wrap_up_ms
        assert hospital.app.calls.open == ()

    spin(story())


def test_sign_in_and_out_by_feature_codes(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        desk = await hospital.desk("1001", Ring())
        states = []
        for code in ("*11", "*13", "*142", "*12"):
            call = await desk.call(code)
            assert call.status == 200
            await call.ended()
            status = hospital.app.agents.states["8001"]
            states.append((status.state, status.reason.value))
        assert states == [
            (State.NOT_READY, "signed_in"),
            (State.READY, ""),
            (State.NOT_READY, "meal"),
            (State.SIGNED_OUT, ""),
        ]
        assert hospital.app.calls.open == ()

    spin(story())


def test_a_caller_leaves_a_message_when_nobody_is_there(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        call = await hospital.dial(hospital.caller())
        speaking = hospital.happens(f.Noted, what="voicemail")
        await hospital.press(call, "3")
        await speaking
        await hospital.clock.sleep(3)  # the caller speaks; the voice is the phone's tone
        settled = hospital.happens(f.Settled)
        await call.hang_up()
        await settled
        record = (await hospital.record()).record
        assert record.outcome is Outcome.VOICEMAIL
        [message] = hospital.db.run_sync(list_messages)
        assert message.call == record.id
        assert message.box == "service"
        assert 1.5 < message.seconds < bound(6)

    spin(story())


def test_a_blocked_number_is_rejected_without_an_answer(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        now = hospital.clock.now()
        entry = Listed(
            list=NumberList.BLOCK, number="+8613900000000", reason="骚扰", who="test", since=now
        )
        hospital.db.run_sync(put_listed, entry)
        await hospital.app.routing.load()
        call = await hospital.caller("13900000000").call("4001234567")
        assert call.status in (403, 603)
        record = (await hospital.record()).record
        assert record.outcome is Outcome.BLOCKED

    spin(story())


def test_english_is_heard_after_9(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        await hospital.ready("8001", Answer())
        call = await hospital.dial(hospital.caller())
        menu = hospital.happens(f.Stepped, node="menu")
        await hospital.press(call, "9")
        await menu
        queued = hospital.happens(f.Queued)
        await hospital.press(call, "0")
        record = await queued
        channels = await hospital.app.switch.channels()
        [caller] = [one for one in channels if one.unique_id == record.id]
        assert caller.language.startswith("en")
        await call.hang_up()
        await hospital.calls_over()

    spin(story())


def test_an_agent_who_does_not_answer_is_passed_over(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        hospital.change_queue("service", ring_s=5)
        await hospital.ready("8001", Ring())
        call = await hospital.dial(hospital.caller())
        await hospital.press(call, "0")
        await hospital.agent_is("8001", State.RINGING)
        await hospital.agent_is("8001", State.NOT_READY)
        assert hospital.app.agents.states["8001"].reason is Reason.NO_ANSWER
        desk = await hospital.ready("8002", Answer())
        await desk.event("answered")
        assert await call.hears(700)
        await call.hang_up()
        await hospital.agent_is("8002", State.WRAP_UP)
        record = (await hospital.record()).record
        assert record.rings[0].result == "no_answer"
        assert record.agents == ("8002",)

    spin(story())


def test_who_waited_long_is_called_back_when_an_agent_is_free(
    spin: Spinner, hospital: Hospital
) -> None:
    async def story() -> None:
        busy = await hospital.ready("8001", Ring())
        hospital.app.agents.not_ready("8001", Reason.MEAL)
        call = await hospital.dial(caller := hospital.caller(callable_=True))
        queued = hospital.happens(f.Queued)
        await hospital.press(call, "0")
        await queued
        gone = hospital.happens(f.ChannelGone)
        await call.hang_up()
        await gone
        [owed] = hospital.app.callbacks.open
        assert (owed.queue, owed.number) == ("service", "+8613800001111")
        busy.behaviour = caller.behaviour = Answer()
        back = hospital.happens(f.ChannelUp, context="careline-phones", extension="")
        hospital.app.agents.ready("8001")
        await back
        assert (await busy.event("ringing")).detail == "+8613800001111"
        incoming = await caller.event("ringing")
        assert incoming.call is not None
        await incoming.call.answered()
        assert await incoming.call.hears(700)
        over = hospital.happens(f.WrapUpStarted)
        await incoming.call.hang_up()
        await over
        await hospital.calls_over()
        assert hospital.app.callbacks.open == ()
        record = (await hospital.record()).record
        assert record.direction is Direction.OUTBOUND
        assert record.outcome is Outcome.ANSWERED
        assert record.agents == ("8001",)

    spin(story())


def test_the_agent_of_last_time_is_asked_first(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        desks = {agent: await hospital.ready(agent, Answer()) for agent in ("8001", "8002")}
        asked = []
        for _ in range(3):
            call = await hospital.dial(hospital.caller())
            connected = hospital.happens(f.Connected)
            await hospital.press(call, "1")
            await hospital.clock.sleep(1)
            await hospital.press(call, "2")
            record = await connected
            asked.append(record.agents[-1])
            gone = hospital.happens(f.WrapUpStarted)
            await call.hang_up()
            await gone
            for agent in desks:
                hospital.app.agents.ready(agent)
            await hospital.record(record.id)
        assert len(set(asked)) == 1, asked

    spin(story())


def test_a_phone_of_the_house_reaches_the_hotline(spin: Spinner, hospital: Hospital) -> None:
    async def story() -> None:
        await hospital.ready("8001", Answer())
        inside = await hospital.desk("1003", Ring())
        call = await hospital.dial(inside)
        connected = hospital.happens(f.Connected)
        await hospital.press(call, "0")
        await connected
        assert await call.hears(700)
        over = hospital.happens(f.WrapUpStarted)
        await call.hang_up()
        await over
        await hospital.calls_over()
        record = (await hospital.record()).record
        assert record.direction is Direction.INTERNAL
        assert record.outcome is Outcome.ANSWERED
        assert [leg.kind for leg in record.legs] == [LegKind.CALLER, LegKind.AGENT]

    spin(story())
