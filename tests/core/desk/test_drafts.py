"""What an agent types is kept: over restarts, limits, transfers, and whatever ends the work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.core.calls.support import (
    CALL,
    bridged,
    caller_up,
    connected,
    gone,
    phone_up,
    queued,
    rang,
)
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Reason, Skill, State
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.callbacks.service import Callbacks
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls
from careline.calls.staffing import Staffing
from careline.calls.store import load, load_open
from careline.calls.writer import CallWriter
from careline.clock import Clock
from careline.desk.model import Draft
from careline.desk.service import Desk
from careline.desk.store import put_draft, read_drafts
from careline.dispositions.demo import put_starter
from careline.dispositions.service import Dispositions
from careline.errors import Invalid, NotFound, Refused
from careline.hooks import Hub
from careline.queues.model import Queue
from careline.storage import Database
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.testing import run_async

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PEOPLE = {
    number: Agent(id=number, name=number, phone=phone, skills=(Skill(queue="booking"),))
    for number, phone in (("8001", "1001"), ("8002", "1002"))
}
QUEUES = {"booking": Queue(id="booking", title="预约", wrap_up_s=30)}


class Floor:
    """Two agents and the calls that come, on one database, which a second floor may share."""

    def __init__(self, db: Database, fake: FakeClock) -> None:
        self.db, self.fake = db, fake
        self.clock = Clock(fake, lambda: T0 + timedelta(seconds=fake.seconds()))
        tasks = Tasks()
        self.writer = CallWriter(db, self.clock, tasks, lambda tx, call: None, self._closed)
        self.calls = Calls(self.writer)
        self.agents = Agents(self.clock, lambda: PEOPLE, self._behind(lambda tx, one: None))
        self.staffing = Staffing(
            self.clock,
            self.calls,
            self.agents,
            lambda: QUEUES,
            lambda call, agent: self.desk.work_of(call, agent),
        )
        self.dispositions = Dispositions(db, self.clock)
        nothing: Any = lambda *args: ""  # noqa: E731
        self.callbacks = Callbacks(
            self.clock,
            tasks,
            nothing,
            self.calls,
            self.agents,
            self._behind(lambda tx, one: None),
            nothing,
            nothing,
            lambda agent: ["booking"],
            "hq",
        )
        self.desk = Desk(
            clock=self.clock,
            tasks=tasks,
            db=db,
            calls=self.calls,
            agents=self.agents,
            wishes=Wishes(self.agents, Hub(self.clock, tasks)),
            dispositions=self.dispositions,
            callbacks=self.callbacks,
            drafts=self._behind(put_draft),
            stored=self.writer.written,
            zone=lambda: ZoneInfo("Asia/Shanghai"),
        )
        run_async(self.dispositions.load())

    def _closed(self, call_id: str) -> None:
        self.calls.forget(call_id)

    def _behind(self, store: Any) -> Any:
        def write(tx: Any, items: Any) -> None:
            for item in items:
                store(tx, item)

        return WriteBehind(self.db, self.clock, Tasks(), write)

    def takes_over(self, earlier: Floor) -> None:
        """Start after that core's end, as the life of a core has it."""
        self.agents.resume(earlier.agents.states.values())
        self.desk.resume(self.db.run_sync(read_drafts))
        for stored in self.db.run_sync(load_open, "hq"):
            self.calls.resume(stored)
        self.desk.settle()

    def happens(self, *facts: f.Fact, call: str = CALL) -> None:
        for fact in facts:
            self.fake.advance(max(0.0, (fact.at - self.clock.now()).total_seconds()))
            self.calls.fact(call, fact)

    def talks(self) -> None:
        """8001 talks with the caller from the 10th second on."""
        self.agents.sign_in("8001")
        self.agents.ready("8001")
        self.happens(
            caller_up(),
            queued("booking", 1),
            phone_up("hq-2.2", 2),
            rang("hq-2.2", 2),
            connected("hq-2.2", 10),
            bridged("hq-2.2", 10),
            bridged(CALL, 10),
        )

    def save(self, agent: str = "8001", call: str = CALL, **typed: Any) -> bool:
        return run_async(self.desk.save(call, agent, **typed), self.clock)

    @property
    def record(self) -> CallRecord:
        stored = self.db.run_sync(load, CALL)
        assert stored is not None
        return stored.record


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
