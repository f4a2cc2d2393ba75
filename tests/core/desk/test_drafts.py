"""What an agent types is kept: over restarts, limits, transfers, and whatever ends the work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.core.calls.support import CALL, caller_up, gone, phone_up, queued, rang
from tests.core.desk.support import QUEUES, T0, Floor
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Reason, State
from careline.calls import facts as f
from careline.calls.store import load
from careline.desk.model import Draft
from careline.desk.store import read_drafts
from careline.dispositions.demo import put_starter
from careline.errors import Invalid, NotFound, Refused
from careline.queues.model import Queue
from careline.storage import Database
from careline.testing import run_async


@pytest.fixture
def floor(db: Database) -> Floor:
    db.run_sync(put_starter, T0)
    return Floor(db, FakeClock())


def test_finishing_records_it_and_makes_ready(floor: Floor) -> None:
    floor.talks()
    assert floor.save(disposition="book", note="  约了周三 ")
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    assert floor.agents.status("8001").state is State.WRAP_UP
    run_async(floor.desk.finish("8001"))
    assert floor.agents.status("8001").state is State.READY
    assert (floor.record.disposition, floor.record.note) == ("book", "约了周三")
    assert floor.db.run_sync(read_drafts) == []


def test_a_limit_that_runs_out_loses_nothing(floor: Floor) -> None:
    floor.talks()
    floor.save(disposition="book", note="写到一半", back=True, back_when="不知道何时")
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    floor.fake.advance(31)
    assert floor.agents.status("8001").state is State.READY
    assert (floor.record.disposition, floor.record.note) == ("book", "写到一半")
    [owed] = floor.callbacks.open
    assert (owed.agent, owed.number) == ("8001", "+8613800001111")
    assert "不知道何时" in owed.note
    assert floor.db.run_sync(read_drafts) == []


def test_a_break_that_was_asked_for_follows_the_wrap_up(floor: Floor) -> None:
    floor.talks()
    floor.agents.not_ready("8001", Reason.MEAL)
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    status = run_async(floor.desk.finish("8001"))
    assert (status.state, status.reason) == (State.NOT_READY, Reason.MEAL)


def test_another_core_finds_what_was_typed(floor: Floor) -> None:
    floor.talks()
    floor.save(note="还没说完")
    later = Floor(floor.db, floor.fake)
    later.takes_over(floor)
    assert later.desk.draft(CALL, "8001").note == "还没说完"
    later.happens(gone("hq-2.2", 60), gone(CALL, 60))
    run_async(later.desk.finish("8001"))
    assert later.record.note == "还没说完"


def test_work_that_ended_while_no_core_was_there_is_recorded(floor: Floor) -> None:
    floor.talks()
    floor.save(disposition="book", note="还没说完")
    later = Floor(floor.db, floor.fake)
    for draft in floor.db.run_sync(read_drafts):
        later.desk.resume([draft])
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))  # the earlier one stored the end,
    floor.desk._drafts.clear()  # but not the work
    floor.agents.ready("8001")
    assert floor.record.note == ""
    later.desk.settle()
    assert (later.record.disposition, later.record.note) == ("book", "还没说完")
    again = Floor(floor.db, floor.fake)
    again.desk.resume(
        [Draft(call=CALL, agent="8001", note="还没说完", disposition="book", saved=T0)]
    )
    again.desk.settle()
    stored = floor.db.run_sync(load, CALL)
    assert stored is not None
    assert [type(one.fact) for one in stored.facts].count(f.WrapUpEnded) == 2


def test_a_call_without_wrap_up_keeps_its_note_too(floor: Floor) -> None:
    QUEUES["booking"] = Queue(id="booking", title="预约", wrap_up_s=0)
    try:
        floor.talks()
        floor.save(note="记下了")
        floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    finally:
        QUEUES["booking"] = Queue(id="booking", title="预约", wrap_up_s=30)
    assert floor.agents.status("8001").state is State.READY
    assert floor.record.note == "记下了"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"disposition": "no-such"}, "desk.disposition"),
        ({"disposition": "book", "back": True, "back_when": "随便"}, "desk.back_when"),
        ({"back": True, "back_when": "明天", "back_number": "abc"}, "desk.back_number"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_kept(
    floor: Floor, typed: dict[str, Any], code: str
) -> None:
    floor.talks()
    floor.save(**typed)
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    with pytest.raises(Invalid) as caught:
        run_async(floor.desk.finish("8001"))
    assert [problem.code for problem in caught.value.problems] == [code]
    assert floor.agents.status("8001").state is State.WRAP_UP
    assert floor.desk.draft(CALL, "8001").disposition == typed.get("disposition", "")


def test_nobody_writes_on_somebody_elses_call(floor: Floor) -> None:
    floor.talks()
    floor.agents.sign_in("8002")
    with pytest.raises(Refused):
        floor.save("8002", note="我来写")
    with pytest.raises(NotFound):
        run_async(floor.desk.amend(CALL, "8002", "", "改了"))


def test_only_the_desk_that_rings_sees_the_call(floor: Floor) -> None:
    floor.agents.sign_in("8001")
    floor.agents.ready("8001")
    floor.agents.sign_in("8002")
    floor.happens(caller_up(), queued("booking", 1))
    assert not floor.desk.sees("8001", CALL)
    floor.happens(phone_up("hq-2.2", 2), rang("hq-2.2", 2))
    assert floor.desk.sees("8001", CALL)
    assert not floor.desk.sees("8002", CALL)
    assert not floor.desk.sees("", CALL)


def test_own_words_are_put_right_afterwards_and_both_stay_in_the_timeline(floor: Floor) -> None:
    floor.talks()
    floor.save(disposition="book", note="周三")
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    run_async(floor.desk.finish("8001"))
    run_async(floor.desk.amend(CALL, "8001", "rebook", ""))
    assert (floor.record.disposition, floor.record.note) == ("rebook", "")
    stored = floor.db.run_sync(load, CALL)
    assert stored is not None
    assert [one.fact.note for one in stored.facts if isinstance(one.fact, f.WrapUpEnded)] == [
        "周三"
    ]
    with pytest.raises(Invalid):
        run_async(floor.desk.amend(CALL, "8001", "no-such", ""))


def test_a_promise_is_that_agents_to_make(floor: Floor) -> None:
    floor.talks()
    floor.save(back=True, back_when="明天下午", note="要回电")
    floor.happens(gone("hq-2.2", 60), gone(CALL, 60))
    run_async(floor.desk.finish("8001"))
    [owed] = floor.callbacks.open
    assert owed.due == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    floor.fake.advance(3 * 86400)
    floor.callbacks.serve_all()
    assert [one.state.value for one in floor.callbacks.open] == ["waiting"]
