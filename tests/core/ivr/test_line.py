"""The line over a real AGI session, whose far end is scripted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.ivr.line import AgiLine, CallerGone
from careline.ivr.model import Position
from careline.ivr.prompt import Prompt, Speech
from careline.telephony.agi.codec import Hangup, Reply
from careline.telephony.agi.session import AgiSession
from careline.testing.runner import run_async

Answer = Callable[[str], Reply | Hangup]


class Wire:
    """An Asterisk that answers each command at once; ``said`` holds the commands."""

    def __init__(self, answer: Answer) -> None:
        self.said: list[str] = []
        self.answer = answer
        self.clock = FakeClock()
        clock = Clock(self.clock)
        self.session = AgiSession({}, clock, self.write, lambda: None)

    def write(self, data: bytes) -> None:
        command = data.decode().strip()
        self.said.append(command)
        reply = self.answer(command)
        self.clock.callLater(0, lambda: self.session.take([reply]))


async def sounds(prompt: Prompt) -> Sequence[str]:
    if prompt.speech is Speech.DIGITS:
        return [f"digits/{digit}" for digit in prompt.value]
    return [f"careline/{prompt.value}"] if prompt.value != "mute" else []


def named(*names: str) -> list[Prompt]:
    return [Prompt(Speech.NAME, name, "zh") for name in names]


def test_playing_stops_at_the_key_that_may_stop_it() -> None:
    wire = Wire(lambda said: Reply(200, "48" if "two" in said else "0", None, 10))
    line = AgiLine(wire.session, sounds)
    assert run_async(line.play(named("one", "two", "three"), "0"), wire.clock) == "0"
    assert [said.split()[2].strip('"') for said in wire.said] == ["careline/one", "careline/two"]


@pytest.mark.parametrize(
    ("result", "value", "end_key", "keys"),
    [("5", None, "", "5"), ("", "timeout", "", ""), ("", None, "", "#"), ("", None, "#", "")],
)
def test_one_sound_and_keys_are_one_get_data(
    result: str, value: str | None, end_key: str, keys: str
) -> None:
    wire = Wire(lambda _said: Reply(200, result, value))
    line = AgiLine(wire.session, sounds)
    assert run_async(line.collect(named("menu"), 1, 5, end_key), wire.clock) == keys
    [said] = wire.said
    assert said.startswith("GET DATA")
    assert "5000" in said


def test_several_sounds_are_played_by_one_command_so_that_no_key_is_lost() -> None:
    def answer(said: str) -> Reply:
        values = {"READSTATUS": "OK", "CARELINE_KEYS": "123"}
        found = next((value for name, value in values.items() if f"VARIABLE {name}" in said), None)
        return Reply(200, "1", found) if found else Reply(200, "0")

    wire = Wire(answer)
    prompts = [*named("menu"), Prompt(Speech.DIGITS, "42", "zh")]
    keys = run_async(AgiLine(wire.session, sounds).collect(prompts, 5, 5, "#"), wire.clock)
    assert keys == "123"
    assert "careline/menu&digits/4&digits/2" in wire.said[0]


def test_keys_without_any_sound_are_awaited_one_by_one() -> None:
    typed = iter("12#3")
    wire = Wire(lambda _said: Reply(200, str(ord(next(typed)))))
    line = AgiLine(wire.session, sounds)
    assert run_async(line.collect(named("mute"), 5, 5, "#"), wire.clock) == "12"


def test_the_position_goes_through_a_channel_variable_and_empties_the_old_outcome() -> None:
    wire = Wire(lambda _said: Reply(200, "1"))
    line = AgiLine(wire.session, sounds)
    position = Position("main", 2, "menu").with_var("name", "王小明 “?>~” ")
    run_async(line.keep(position), wire.clock)
    [said] = wire.said
    assert Position.decode(said.split()[3].strip('"')) == position
    waiting = Position("main", 2, "agent", waiting=True)
    run_async(line.keep(waiting), wire.clock)
    assert [said.split()[2] for said in wire.said[1:]] == ["CARELINE_RESULT", "CARELINE_STATE"]


def test_the_longest_position_fits_one_command() -> None:
    wire = Wire(lambda _said: Reply(200, "1"))
    position = Position("main", 2, "menu")
    for index in range(6):
        position = position.with_var(f"v{index}", "x" * 390)
    assert 3300 < len(position.encode()) <= 4000
    run_async(AgiLine(wire.session, sounds).keep(position), wire.clock)
    assert len(wire.said) == 1


def test_hanging_up_ends_the_line() -> None:
    wire = Wire(lambda _said: Hangup())
    with pytest.raises(CallerGone):
        run_async(AgiLine(wire.session, sounds).play(named("one"), ""), wire.clock)
