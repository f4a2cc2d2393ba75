"""Calls are written once each, their end is told once, and what is found out later is added."""

from __future__ import annotations

import pytest
from tests.core.calls.support import CALL, at, caller_up, gone, phone_up

from careline.calls import facts as f
from careline.calls.fold import begin
from careline.calls.model import CallRecord, Outcome
from careline.calls.service import Calls
from careline.calls.store import Numbered, StoredCall, load, load_open, save
from careline.calls.writer import CallWriter
from careline.clock import Clock
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async


class Desk:
    """Calls with their writer on a real database; whose end was told, and what was closed."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.db, self.clock = db, clock
        self.ended: list[str] = []
        self.writer = CallWriter(db, clock, Tasks(), self._ended, self._closed)
        self.calls = Calls(self.writer)

    def _ended(self, tx: Tx, call: CallRecord) -> None:
        self.ended.append(call.id)

    def _closed(self, call_id: str) -> None:
        self.calls.forget(call_id)

    def happens(self, *facts: f.Fact) -> None:
        for fact in facts:
            self.calls.fact(CALL, fact)

    @property
    def stored(self) -> StoredCall:
        run_async(self.writer.written(), self.clock)
        found = self.db.run_sync(load, CALL)
        assert found is not None
        return found


@pytest.fixture
def desk(db: Database, db_clock: Clock) -> Desk:
    return Desk(db, db_clock)


def test_the_end_of_a_call_is_told_once_though_wrap_up_goes_on(desk: Desk) -> None:
    desk.happens(caller_up(), phone_up("a", 1), gone("a", 5))
    desk.calls.note(CALL, f.WrapUpStarted(at=at(5), channel="", agent="8001"))
    desk.happens(gone(CALL, 6))
    assert desk.stored.record.wrapping_up
    assert desk.ended == [CALL]
    assert [call.id for call in desk.calls.open] == [CALL]
    desk.calls.note(CALL, f.WrapUpEnded(at=at(20), channel="", agent="8001", note="x"))
    assert desk.stored.record.note == "x"
    assert desk.ended == [CALL]
    assert desk.calls.open == ()


def test_what_is_found_out_after_the_end_is_in_the_record(desk: Desk) -> None:
    desk.happens(caller_up(), gone(CALL, 5))
    assert desk.stored.record.outcome is Outcome.SELF_SERVICE
    settled = f.Settled(at=at(6), channel=CALL, outcome="voicemail")
    desk.calls.note(CALL, settled)
    desk.calls.note(CALL, settled)
    assert desk.stored.record.outcome is Outcome.VOICEMAIL
    assert [item.seq for item in desk.stored.facts] == [1, 2, 3]
    desk.calls.note("hq-9.9", settled)  # of no call at all
    assert desk.stored.record.outcome is Outcome.VOICEMAIL


def test_a_record_without_a_beginning_keeps_no_core_from_starting(desk: Desk) -> None:
    desk.happens(caller_up())
    good = desk.stored
    torn = Numbered(2, f.Linked(at=at(1), channel="hq-2.1", patient=1))
    begun = caller_up(channel="hq-2.1")
    desk.db.run_sync(save, begin(begun), [torn], at(2))
    assert desk.db.run_sync(load_open, "hq") == [good]
