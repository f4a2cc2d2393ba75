"""What nobody wants recorded any more is not written on: the switch is told, and the record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock as FakeClock

from careline.calls import facts as f
from careline.calls.fold import begin
from careline.calls.model import PHONES_CONTEXT, CallRecord
from careline.calls.recorder import ENDED, MARK, Recorder
from careline.clock import Clock
from careline.errors import Refused
from careline.testing import run_async

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def call_of(id: str) -> CallRecord:
    """A phone of the house that is up."""
    name = f"PJSIP/{id}-1"
    return begin(f.ChannelUp(at=T0, channel=id, name=name, context=PHONES_CONTEXT))


class House:
    """Hub, switch and calls of a recorder: two calls, of which the first is written."""

    def __init__(self) -> None:
        self.answer: bool | None = None
        self.open = (call_of("hq-1.1"), call_of("hq-2.1"))
        self.written = {"PJSIP/hq-1.1-1"}
        self.unmarked: list[str] = []
        self.notes: list[tuple[str, str]] = []
        clock = Clock(FakeClock(), wall=lambda: T0)
        me: Any = self
        self.recorder = Recorder(me, me, me, clock, Path("spool"))

    async def record_call(self, call: CallRecord, agent: str) -> bool | None:
        return self.answer

    async def mixmonitor_stop(self, channel: str) -> None:
        if channel not in self.written:
            raise Refused("ami.refused", "not monitored")
        self.written.remove(channel)

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        assert (name, value) == (MARK, "")
        self.unmarked.append(channel)

    def note(self, call: str, fact: f.Noted) -> None:
        self.notes.append((call, fact.what))

    def gone(self) -> Any:
        return run_async(self.recorder.nobody_asks(), self.recorder.clock)


def test_what_nobody_wants_recorded_is_not_written_on() -> None:
    house = House()
    assert house.gone() == ["hq-1.1"]
    assert house.written == set()
    assert house.unmarked == ["PJSIP/hq-1.1-1"], "another phone would be written else"
    assert house.notes == [("hq-1.1", ENDED)]
    assert not house.recorder.writes("hq-1.1")
    assert house.recorder.writes("hq-2.1")
    assert house.gone() == []


def test_what_somebody_else_wants_recorded_is_written_on() -> None:
    house = House()
    house.answer = True
    assert house.gone() == []
    assert house.written
    assert house.recorder.writes("hq-1.1")


def test_what_was_about_to_be_recorded_is_not() -> None:
    house = House()
    house.answer = True
    run_async(house.recorder.marks(house.open[1]), house.recorder.clock)
    house.answer = None
    assert house.gone() == ["hq-1.1", "hq-2.1"]
    assert "PJSIP/hq-2.1-1" in house.unmarked
