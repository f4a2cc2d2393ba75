"""The phone against a real Asterisk: it must not be tested against itself alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.strict import bound

from careline.demo.phone import (
    Answer,
    Call,
    CallState,
    Phone,
    Refuse,
    Ring,
    Silence,
    attended_transfer,
    blind_transfer,
)
from careline.testing import on_reactor
from careline.testing.asterisk import RealAsterisk

pytestmark = pytest.mark.integration

MakePhone = Callable[..., Phone]


@on_reactor()
async def test_registers_with_digest_and_takes_it_back(
    make_phone: MakePhone, phone_switch: RealAsterisk
) -> None:
    phone = make_phone("2001")
    assert await phone.register() == 200
    assert f"{phone.host}:{phone.port}" in phone_switch.rx("pjsip show contacts")
    assert await phone.unregister() == 200
    assert f"{phone.host}:{phone.port}" not in phone_switch.rx("pjsip show contacts")


@on_reactor()
async def test_a_wrong_password_is_refused(make_phone: MakePhone) -> None:
    phone = make_phone("2001")
    phone.password = "wrong"
    assert await phone.register() == 401


@on_reactor()
async def test_answers_the_qualify_ping(make_phone: MakePhone, phone_switch: RealAsterisk) -> None:
    phone = make_phone("2001")
    await phone.register()
    phone_switch.rx("pjsip qualify 2001")
    await phone.clock.sleep(0.3)
    assert "OPTIONS" in [request.method for request in phone.requests]
    assert "Avail" in phone_switch.rx("pjsip show contacts")


@on_reactor()
async def test_hears_its_own_echo(make_phone: MakePhone) -> None:
    call = await make_phone("13800001111", tone=700).call("echo")
    assert call.status == 200
    assert await call.hears(700)
    assert not call.rtp.ear.hears(1000)
    await call.hang_up()
    assert call.state is CallState.ENDED
    assert call.ended_by == "us"


@on_reactor()
async def test_hears_a_tone_and_keeps_real_time(make_phone: MakePhone) -> None:
    call = await make_phone("13800001111").call("tone")
    assert await call.hears(1000)
    assert not call.rtp.ear.hears(440)
    before, at = call.rtp.sent, call.phone.clock.seconds()
    await call.phone.clock.sleep(1.0)
    sent, passed = call.rtp.sent - before, call.phone.clock.seconds() - at
    assert abs(sent - 50 * passed) <= bound(2)
    assert call.rtp.ear.packets > call.rtp.sent / 2


@on_reactor()
@pytest.mark.parametrize("info", [False, True], ids=["rfc4733", "info"])
async def test_digits_both_ways(make_phone: MakePhone, info: bool) -> None:
    phone = make_phone("13800001111")
    call = await phone.call("read")
    await call.send_digits("5#7" if not info else "507", info=info)
    for digit in "5" if not info else "507":
        assert (await phone.event("digit")).detail == digit
    await call.hang_up()


@on_reactor()
async def test_early_media_and_giving_up(make_phone: MakePhone) -> None:
    phone = make_phone("13800001111")
    call = phone.dial("early")
    await phone.event("ringing")
    assert await call.hears(1000)
    await call.hang_up()
    await call.ended()
    assert (call.status, call.answered_at) == (487, None)


@on_reactor()
async def test_a_busy_line_and_a_number_that_is_none(make_phone: MakePhone) -> None:
    phone = make_phone("13800001111")
    assert (await phone.call("busy")).status == 486
    assert (await phone.call("nowhere")).status == 404


@on_reactor()
async def test_the_other_side_hangs_up(make_phone: MakePhone) -> None:
    phone = make_phone("13800001111")
    call = await phone.call("bye")
    assert (await phone.event("ended")).detail == "BYE"
    assert call.ended_by == "them"
    assert 0.2 < call.talk_seconds < 2


async def two_in_talk(make_phone: MakePhone) -> tuple[Phone, Call, Phone, Call]:
    """A caller from outside (tone 700) talks to agent 2001 (tone 1100)."""
    agent = make_phone("2001", tone=1100, behaviour=Ring())
    await agent.register()
    caller = make_phone("13800001111", tone=700)
    out = caller.dial("2001")
    ringing = await agent.event("ringing")
    assert ringing.detail == "13800001111"
    assert ringing.call is not None
    await caller.event("ringing")
    ringing.call.answer()
    await out.answered()
    return caller, out, agent, ringing.call


@on_reactor()
async def test_two_phones_hear_each_other(make_phone: MakePhone) -> None:
    caller, out, agent, taken = await two_in_talk(make_phone)
    assert await out.hears(1100)
    assert await taken.hears(700)
    assert not out.rtp.ear.hears(700)
    assert not taken.rtp.ear.hears(1100)
    agent.voice = Silence()
    taken.rtp.voice = Silence()
    assert await out.hears_no(1100)
    await taken.hang_up()
    assert (await caller.event("ended")).detail == "BYE"
    assert out.ringing_at is not None
    assert out.answered_at is not None
    assert out.ended_at is not None
    assert out.ringing_at < out.answered_at < out.ended_at


@on_reactor()
async def test_hold_and_resume(make_phone: MakePhone, phone_switch: RealAsterisk) -> None:
    _, out, _, taken = await two_in_talk(make_phone)
    assert await out.hears(1100)
    assert await taken.hold() == 200
    assert await out.hears_no(1100)
    assert out.rtp.ear.rms(0.4) > 0
    packets = taken.rtp.sent
    assert await taken.resume() == 200
    assert await out.hears(1100)
    assert taken.rtp.sent > packets
    assert await taken.hears(700)


@on_reactor()
async def test_the_other_side_holds(make_phone: MakePhone) -> None:
    """Asterisk answers the hold itself, so the phone is asked by a peer of its own kind."""
    caller, out, _, taken = await two_in_talk(make_phone)
    assert await out.hold() == 200
    assert await taken.hears_no(700)
    assert await out.resume() == 200
    assert await taken.hears(700)
    await caller.close()


@on_reactor()
@pytest.mark.parametrize("status", [486, 603, 480])
async def test_refuses_as_told(make_phone: MakePhone, status: int) -> None:
    agent = make_phone("2001", behaviour=Refuse(status))
    await agent.register()
    call = await make_phone("13800001111").call("2001")
    assert call.status >= 400
    assert agent.calls == []


@on_reactor()
async def test_answers_after_a_time_and_is_busy_then(make_phone: MakePhone) -> None:
    agent = make_phone("2001", behaviour=Answer(after=0.5))
    await agent.register()
    caller = make_phone("13800001111")
    call = await caller.call("2001")
    [taken] = agent.calls
    assert 0.4 < taken.ring_seconds < 2
    assert (await make_phone("13900002222").call("2001")).status >= 480
    await call.hang_up()
    await taken.ended()


@on_reactor()
async def test_the_caller_gives_up_while_it_rings(make_phone: MakePhone) -> None:
    agent = make_phone("2001", behaviour=Ring())
    await agent.register()
    call = make_phone("13800001111").dial("2001")
    ringing = await agent.event("ringing")
    await call.hang_up()
    assert (await agent.event("ended")).detail == "CANCEL"
    assert ringing.call is not None
    assert ringing.call.status == 487
    assert (await call.decided()).status == 487


@on_reactor()
async def test_blind_transfer(make_phone: MakePhone) -> None:
    _, out, agent, taken = await two_in_talk(make_phone)
    colleague = make_phone("2002", tone=1500)
    await colleague.register()
    assert await blind_transfer(taken, "2002") == 200
    await agent.event("ended")
    await colleague.event("answered")
    assert await out.hears(1500)
    assert await colleague.calls[0].hears(700)


@on_reactor()
async def test_blind_transfer_to_nobody(make_phone: MakePhone) -> None:
    _, _, _, taken = await two_in_talk(make_phone)
    assert await blind_transfer(taken, "nobody") >= 400
    assert taken.state is CallState.UP


@on_reactor()
async def test_attended_transfer(make_phone: MakePhone) -> None:
    _, out, agent, taken = await two_in_talk(make_phone)
    colleague = make_phone("2002", tone=1500)
    await colleague.register()
    assert await taken.hold() == 200
    consulted = await agent.call("2002")
    assert consulted.status == 200
    assert await consulted.hears(1500)
    assert await attended_transfer(taken, consulted) == 200
    assert await out.hears(1500)
    assert await colleague.calls[0].hears(700)
    await consulted.ended()
    await taken.ended()
    assert agent.calls == []


@on_reactor()
async def test_a_conference_of_three(make_phone: MakePhone) -> None:
    tones = {"2001": 700, "2002": 1100, "2003": 1500}
    phones = [make_phone(user, tone=tone) for user, tone in tones.items()]
    for phone in phones:
        await phone.register()
    calls = [await phone.call("conf") for phone in phones]
    for call, own in zip(calls, tones.values(), strict=True):
        for other in set(tones.values()) - {own}:
            assert await call.hears(other), (own, other)
        assert not call.rtp.ear.hears(own)
