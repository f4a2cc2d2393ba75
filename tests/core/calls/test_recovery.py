"""After a gap no leg is open that the switch does not have, and none is closed that it has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.core.calls.support import CALL, Kept, at, bridged, caller_up, phone_up
from twisted.internet.defer import succeed
from twisted.internet.task import Clock as FakeClock

from careline.calls.model import CallRecord
from careline.calls.recovery import Recovery
from careline.calls.service import Calls
from careline.clock import Clock
from careline.testing import run_async

GAP, LISTED = at(20), at(60)


class Gap:
    def __init__(self, folder: Path) -> None:
        self.calls = Calls(Kept())
        clock = Clock(FakeClock(), lambda: LISTED)
        self.recovery = Recovery(
            calls=self.calls,
            db=None,
            clock=clock,
            node="hq",
            journal_path=folder / "journal.csv",
            agent_of=lambda endpoint: "",
            in_thread=lambda call, *args: succeed(call(*args)),
        )
        self.clock = clock
        talk = [bridged(CALL, 5), bridged("a", 5)]
        for fact in [caller_up(), phone_up("a", 2), *talk, phone_up("late", 61)]:
            self.calls.fact(CALL, fact)

    def over(self, alive: Iterable[str]) -> CallRecord:
        channels = [SimpleNamespace(unique_id=channel) for channel in alive]
        run_async(self.recovery.catch_up(GAP, LISTED, channels), self.clock)
        call = self.calls.get(CALL)
        assert call is not None
        return call


@pytest.fixture
def gap(tmp_path: Path) -> Gap:
    return Gap(tmp_path)


def test_what_the_switch_still_has_goes_on(gap: Gap) -> None:
    call = gap.over([CALL, "a"])
    assert call.live_channels == (CALL, "a", "late")


def test_what_it_has_no_more_ended_when_it_was_last_known(gap: Gap) -> None:
    call = gap.over([CALL])
    leg = call.leg("a")
    assert leg is not None
    assert leg.ended == GAP
    assert leg.talks[-1].end == GAP


def test_a_leg_that_began_after_the_list_was_asked_for_is_not_on_it(gap: Gap) -> None:
    call = gap.over([])
    assert call.live_channels == ("late",)
    assert call.ended is None


def test_a_journal_that_cannot_be_read_keeps_nobody_out_of_step(gap: Gap, tmp_path: Path) -> None:
    (tmp_path / "journal.csv").mkdir()
    call = gap.over([CALL])
    assert call.live_channels == (CALL, "late")
