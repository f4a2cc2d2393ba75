"""What the switch writes of a talk: who is in which channel, and what is not in it."""

from __future__ import annotations

import array
import math
from pathlib import Path

import pytest
from tests.support.strict import bound

from careline.calls.recorder import RATE
from careline.demo.phone import Answer, Ring
from careline.hooks import hook
from careline.testing.hospital import Hospital
from careline.testing.runner import Spinner

pytestmark = pytest.mark.integration
CALLER, AGENT = 440, 700
#: What a file may be longer or shorter than the talk: the switch waits for late packets.
GAP_S = 1.0


class Records:
    """Records everything, but not the agents named."""

    def __init__(self, *but: str) -> None:
        self.but = but

    @hook
    def record_call(self, agent: str) -> bool:
        return agent not in self.but


def strength(samples: array.array[int], hertz: int) -> int:
    """How loud a tone is in some samples (Goertzel's question, asked plainly)."""
    turn = 2 * math.pi * hertz / RATE
    real = sum(one * math.cos(turn * at) for at, one in enumerate(samples))
    imaginary = sum(one * math.sin(turn * at) for at, one in enumerate(samples))
    return round(math.hypot(real, imaginary) / max(1, len(samples)))


def sides(file: Path) -> tuple[array.array[int], array.array[int]]:
    """The agent's and the caller's samples."""
    both = array.array("h", file.read_bytes())
    return both[0::2], both[1::2]


def heard(samples: array.array[int]) -> set[int]:
    """Which of the two tones are in there."""
    return {hertz for hertz in (CALLER, AGENT) if strength(samples, hertz) > 500}


def test_each_side_has_its_channel_and_the_notice_is_in_none(
    spin: Spinner, hospital: Hospital
) -> None:
    async def story() -> None:
        hospital.app.hub.register("tape", Records())
        desk = await hospital.ready("8001", Answer(after=0.5))
        call = await hospital.dial(hospital.caller())
        await hospital.press(call, "0")
        ringing = await desk.event("ringing")
        assert ringing.call is not None
        assert await call.hears(AGENT)
        await hospital.clock.sleep(2)  # the talk itself
        await ringing.call.hang_up()
        await call.ended()
        record = (await hospital.record()).record
        leg = next(leg for leg in record.legs if leg.agent)
        agent, caller = sides(hospital.app.recorder.file(record.id, leg.channel))
        assert heard(agent) == {AGENT}
        assert heard(caller) == {CALLER}
        assert leg.ended
        [talk] = leg.talks
        assert abs(len(agent) / RATE - talk.length(leg.ended).total_seconds()) < bound(GAP_S)
        assert heard(caller[: round(GAP_S * RATE)]) == {CALLER}, (
            "nothing is recorded before the talk"
        )

    spin(story())


def test_an_agent_who_is_let_off_and_a_phone_that_only_rang_leave_nothing(
    spin: Spinner, hospital: Hospital
) -> None:
    async def story() -> None:
        hospital.app.hub.register("tape", Records("8001"))
        hospital.change_queue("service", ring_s=5)
        deaf = await hospital.ready("8002", Ring())
        call = await hospital.dial(hospital.caller())
        await hospital.press(call, "0")
        await deaf.event("ringing")
        desk = await hospital.ready("8001", Answer(after=1.0))
        ringing = await desk.event("ringing")
        assert ringing.call is not None
        assert await call.hears(AGENT)
        await hospital.clock.sleep(1)
        await ringing.call.hang_up()
        await call.ended()
        await hospital.record()
        files = list(hospital.app.recorder.folder.glob("*.raw"))
        assert all(file.stat().st_size == 0 for file in files), files

    spin(story())


def test_who_is_called_hears_the_notice_first_and_a_pause_is_silence(
    spin: Spinner, hospital: Hospital
) -> None:
    async def story() -> None:
        hospital.app.hub.register("tape", Records())
        outside = hospital.caller("13900002222", callable_=True)
        outside.behaviour = Answer()
        await hospital.ready("8001", Answer())
        call_id = await hospital.app.callcontrol.dial("8001", "13900002222")
        reached = (await outside.event("ringing")).call
        assert reached is not None
        assert await reached.hears(AGENT)
        await hospital.clock.sleep(1)
        control = hospital.app.callcontrol
        await control.pause_recording("8001", paused=True)
        await hospital.clock.sleep(1.5)
        await control.pause_recording("8001", paused=False)
        await hospital.clock.sleep(1)
        await control.hang_up("8001")
        await hospital.calls_over()
        record = (await hospital.record(call_id)).record
        agent, caller = sides(hospital.app.recorder.file(call_id, record.legs[0].channel))
        assert heard(caller[: RATE // 4]) == {CALLER}, "nothing is recorded before the notice ends"
        silent = [
            at
            for at in range(0, len(agent) - RATE // 4, RATE // 4)
            if not heard(agent[at : at + RATE // 4]) and not heard(caller[at : at + RATE // 4])
        ]
        assert 4 <= len(silent) <= bound(7), "the pause, in quarters of a second, on both sides"
        assert heard(agent[-RATE // 2 :]) == {AGENT}

    spin(story())
