"""What can go wrong between a stop and its last patient: lost answers, crashes, other hands."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from attrs import evolve
from tests.plugins.appointments.site import NOW
from tests.plugins.appointments.stops.hospital import INSTEAD, REASON, WANTED, Hospital
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clinic import HalfDay, TimeSlot
from careline.clock import Clock
from careline.errors import Conflict, NotFound, Refused, Unavailable
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing.his import DAY
from careline_appointments.model import BookingState, Source
from careline_appointments.stops.model import (
    AGAIN,
    HELD,
    Origin,
    StoppedClinic,
    TaskState,
    Word,
    nearest,
)
from careline_appointments.stops.notes import tasks_of
from careline_appointments.stops.service import ASK
from careline_appointments.stops.settling import MOVE_ALL, Agent
from careline_appointments.store import add_booking

ME = Agent("8001", "agent8001")


@pytest.fixture
def hospital() -> Hospital:
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    return Hospital(db)


def next_of(hospital: Hospital, agent: Agent = ME) -> int:
    found = hospital.run(hospital.settling.take_next(agent.id, ["main"]))
    assert found is not None
    return found


def move(hospital: Hospital, task: int, slot: str = "b-0") -> BookingState:
    moved = hospital.settling.moved(task, ME, "main", DAY, "c2", slot)
    return hospital.run(moved).state


# The hospital's system


@pytest.mark.parametrize("how", ["silent", "unknown", "unavailable"])
def test_a_hospital_that_has_not_heard_is_asked_until_it_has(hospital: Hospital, how: str) -> None:
    hospital.fill(2)
    hospital.his.stops = [how, how]
    stop = hospital.stop()
    assert stop.clinics[0].word is Word.ASKING
    assert hospital.states(stop) == ["notice"] * 2, "patients are called meanwhile"
    with pytest.raises(Unavailable):
        hospital.do_jobs(ASK)
    hospital.do_jobs(ASK)
    assert hospital.run(hospital.stopping.get(stop.id)).clinics[0].word is Word.STOPPED
    hospital.do_jobs(ASK)
    assert hospital.his.stopped == ["c1"] * 3, "and then no more"


def test_a_late_refusal_is_shown_and_asked_no_more(hospital: Hospital) -> None:
    hospital.his.stops = ["silent", "refused"]
    stop = hospital.stop()
    hospital.do_jobs(ASK)
    clinic = hospital.run(hospital.stopping.get(stop.id)).clinics[0]
    assert (clinic.word, clinic.words) == (Word.REFUSED, "班次已开诊")


def test_what_was_taken_back_or_is_past_is_asked_no_more(hospital: Hospital) -> None:
    hospital.his.stops = ["silent"]
    stop = hospital.stop()
    hospital.run(hospital.stopping.undo(stop.id, "li"))
    hospital.do_jobs(ASK)
    assert hospital.his.stopped == ["c1"]


def test_what_the_hospital_stopped_is_settled_though_it_refuses_the_other(
    hospital: Hospital,
) -> None:
    hospital.fill(1)
    two = (*WANTED.clinics, StoppedClinic(clinic="c2", day=DAY, half=HalfDay.AFTERNOON))
    hospital.his.stops = ["cancelled", "refused"]
    stop = hospital.stop(evolve(WANTED, clinics=two))
    assert [one.clinic for one in stop.clinics] == ["c1"]
    assert hospital.states(stop) == ["notice"], "who was booked there must hear of it"
    hospital.his.stops = ["refused"]
    with pytest.raises(Refused, match="班次已开诊"):
        hospital.stop(evolve(WANTED, clinics=two[1:]))


def test_stopped_twice_is_a_conflict_and_told_once(hospital: Hospital) -> None:
    hospital.fill(1)
    stop = hospital.stop()
    with pytest.raises(Conflict) as twice:
        hospital.stop()
    assert twice.value.params["id"] == stop.id
    assert hospital.heard("clinic_stopped") == [stop.id]


def test_the_event_names_everybody_affected(hospital: Hospital) -> None:
    ids = [one.id for one in hospital.fill(3)]
    stop = hospital.stop()
    assert ("clinic_stopped", {"stop_id": stop.id, "booking_ids": ids}) in hospital.told


def test_the_hospital_tells_of_the_stop_that_we_asked_for(hospital: Hospital) -> None:
    """Its message may overtake our own writing, and comes more than once."""
    hospital.fill(1)
    for _ in range(2):
        hospital.run(hospital.stopping.from_hospital("main", "c1", ""))
    stop = hospital.stop()
    assert (stop.origin, stop.by, stop.reason) == (Origin.HOSPITAL, "zhang.san", REASON)
    assert hospital.heard("clinic_stopped") == [stop.id]
    hospital.run(hospital.stopping.from_hospital("main", "c1", ""))
    assert len(hospital.struck(stop)) == 1


def test_the_hospital_stops_what_only_bookings_know_and_nothing_unknown(
    hospital: Hospital,
) -> None:
    hospital.fill(1)
    hospital.his.hangs = ("main",)
    hospital.run(hospital.stopping.from_hospital("main", "c1", "停电"))
    assert hospital.run(hospital.stopping.get(1)).clinics[0].half is HalfDay.MORNING
    hospital.his.hangs = ()
    hospital.run(hospital.stopping.from_hospital("main", "nothing", "停电"))
    with pytest.raises(NotFound):
        hospital.run(hospital.stopping.get(2))


def test_a_stop_is_told_again_while_the_schedule_is_away_and_nobody_is_booked(
    hospital: Hospital,
) -> None:
    hospital.his.hangs = ("main",)
    with pytest.raises(Unavailable):
        hospital.run(hospital.stopping.from_hospital("main", "c1", "停电"))
    hospital.his.hangs = ()
    hospital.run(hospital.stopping.from_hospital("main", "c1", "停电"))
    assert hospital.run(hospital.stopping.get(1)).clinics[0].clinic == "c1"


# How patients are settled


def test_a_move_without_an_answer_is_not_called_moved(hospital: Hospital) -> None:
    hospital.fill(1)
    stop = hospital.stop()
    task = next_of(hospital)
    hospital.his.how = ["lost"]
    assert move(hospital, task) is BookingState.UNSURE
    assert hospital.states(stop) == ["calling"]
    with pytest.raises(Conflict):
        hospital.run(hospital.settling.cancelled(task, ME))
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["calling"], "still nobody knows"
    hospital.later(seconds=5)
    hospital.settle()
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["moved"]
    hospital.later(minutes=2)
    hospital.settle()
    assert list(hospital.his.booked.values()) == ["b-0"]


def test_a_move_that_came_to_nothing_waits_to_be_called_again(hospital: Hospital) -> None:
    [old] = hospital.fill(1)
    stop = hospital.stop()
    hospital.his.how = ["swallowed"]
    move(hospital, next_of(hospital))
    hospital.later(minutes=15)
    hospital.settle()
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["notice"]
    assert hospital.stored(old).state is BookingState.BOOKED, "the old visit is not lost"


def test_a_time_that_was_just_taken_leaves_the_task_with_its_agent(hospital: Hospital) -> None:
    hospital.fill(1)
    stop = hospital.stop()
    task = next_of(hospital)
    hospital.his.how = ["taken"]
    with pytest.raises(Refused):
        move(hospital, task)
    assert hospital.states(stop) == ["calling"]
    assert move(hospital, task, "b-1") is BookingState.BOOKED


def test_who_died_between_the_hospital_and_the_task_loses_nothing(hospital: Hospital) -> None:
    first, second = hospital.fill(2)
    stop = hospital.stop()
    cancel = hospital.booker.cancel(first.id, REASON, "x", Source.STOP)
    hospital.run(cancel)
    c2 = next(one for one in hospital.his.clinics if one.code == "c2")
    slot = next(one for one in hospital.his.slots if one.code == "b-3")
    hospital.run(hospital.booker.move(second.id, c2, slot, "x", Source.STOP))
    assert hospital.states(stop) == ["notice"] * 2
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["cancelled", "moved"]
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["cancelled", "moved"]


def test_a_patient_who_cancels_by_telephone_needs_no_call(hospital: Hospital) -> None:
    [one] = hospital.fill(1)
    stop = hospital.stop()
    hospital.run(hospital.booker.cancel(one.id, "自己取消", "", Source.IVR))
    hospital.run(hospital.following.look())
    [struck] = hospital.struck(stop)
    assert (struck.task.state, struck.task.by) == (TaskState.CANCELLED, "")


def test_a_cancel_that_the_hospital_refuses_comes_back(hospital: Hospital) -> None:
    [one] = hospital.fill(1)
    stop = hospital.stop()
    hospital.his.how = ["swallowed"]
    booking = hospital.run(hospital.settling.cancelled(next_of(hospital), ME))
    assert booking.state is BookingState.CANCELLING
    assert hospital.states(stop) == ["cancelled"]
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["cancelled"], "it is asked until done"
    hospital.his.how = ["refused"] * 3
    hospital.later(minutes=2)
    hospital.settle()
    assert hospital.stored(one).state is BookingState.BOOKED
    hospital.run(hospital.following.look())
    [struck] = hospital.struck(stop)
    assert struck.task.state is TaskState.NOTICE
    assert struck.task.note


def test_three_tries_and_others_first(hospital: Hospital) -> None:
    hospital.fill(2)
    stop = hospital.stop()
    first = next_of(hospital)
    task = hospital.run(hospital.settling.unreached(first, ME))
    assert task.tries == 1
    assert hospital.task(first).due == NOW + AGAIN + timedelta(seconds=hospital.fake.seconds())
    second = next_of(hospital)
    assert second != first
    hospital.run(hospital.settling.drop(second, ME.id))
    for _ in range(2):
        hospital.run(hospital.settling.take(first, ME.id))
        hospital.run(hospital.settling.unreached(first, ME))
    assert hospital.states(stop) == ["unreached", "notice"]
    hospital.run(hospital.settling.take(first, ME.id))
    assert move(hospital, first) is BookingState.BOOKED, "who calls back is still moved"


def test_a_task_that_was_left_is_free_again(hospital: Hospital) -> None:
    hospital.fill(1)
    stop = hospital.stop()
    task = next_of(hospital)
    hospital.later(seconds=(HELD - timedelta(minutes=1)).total_seconds())
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["calling"]
    hospital.later(minutes=2)
    hospital.run(hospital.following.look())
    assert hospital.states(stop) == ["notice"]
    with pytest.raises(Conflict):
        hospital.run(hospital.settling.cancelled(task, ME))


def test_who_was_under_way_when_the_clinic_was_stopped_is_found(hospital: Hospital) -> None:
    """A booking whose hold was written beside the stop, as two processes can."""
    [one] = hospital.fill(1)
    stop = hospital.stop()
    late = evolve(one, id=0, key="late", patient=hospital.patient("迟到"), reference="")
    added = hospital.db.run_sync(add_booking, late)
    hospital.run(hospital.following.look())
    assert [struck.booking.id for struck in hospital.struck(stop)] == [one.id, added.id]
    assert ("clinic_stopped", {"stop_id": stop.id, "booking_ids": [added.id]}) in hospital.told


# All at once


def test_all_are_moved_and_who_cannot_be_keeps_the_reason(hospital: Hospital) -> None:
    hospital.fill(4)
    hospital.his.slots = [
        one for one in hospital.his.slots if one.clinic != "c2" or one.code == "b-0"
    ]
    stop = hospital.stop()
    hospital.run(hospital.settling.offer(stop.id, INSTEAD))
    hospital.run(hospital.settling.move_all(stop.id, "zhang.san"))
    hospital.do_jobs(MOVE_ALL)
    assert hospital.states(stop).count("moved") == 2
    left = [one.task for one in hospital.struck(stop) if one.task.open]
    assert {(one.agent, one.note) for one in left} == {("", "替诊已没有余号。")}


def test_moving_all_goes_on_where_it_was_broken_off(hospital: Hospital) -> None:
    hospital.fill(4)
    stop = hospital.stop()
    hospital.run(hospital.settling.offer(stop.id, INSTEAD))
    hospital.run(hospital.settling.move_all(stop.id, "zhang.san"))
    hospital.his.serves = ()
    with pytest.raises(Unavailable):
        hospital.do_jobs(MOVE_ALL)
    assert hospital.states(stop) == ["notice"] * 4
    hospital.his.serves = ("main", "east")
    hospital.do_jobs(MOVE_ALL)
    assert hospital.states(stop) == ["moved"] * 4
    assert len(hospital.his.booked) == 4


def test_the_substitute_may_not_be_stopped_itself(hospital: Hospital) -> None:
    stop = hospital.stop()
    own = evolve(INSTEAD, clinic="c1")
    with pytest.raises(Refused):
        hospital.run(hospital.settling.offer(stop.id, own))
    with pytest.raises(Refused):
        hospital.run(hospital.settling.move_all(stop.id, "zhang.san"))


# Taken back


def test_a_stop_stands_once_somebody_was_called(hospital: Hospital) -> None:
    hospital.fill(2)
    stop = hospital.stop()
    task = next_of(hospital)
    with pytest.raises(Refused) as held:
        hospital.run(hospital.stopping.undo(stop.id, "li"))
    assert held.value.code == "stop.held"
    hospital.run(hospital.settling.drop(task, ME.id))
    undone = hospital.run(hospital.stopping.undo(stop.id, "li"))
    assert undone.undone_by == "li"
    assert hospital.run(hospital.settling.take_next(ME.id, ["main"])) is None
    again = hospital.stop()
    hospital.run(hospital.settling.unreached(next_of(hospital), ME))
    with pytest.raises(Refused) as settled:
        hospital.run(hospital.stopping.undo(again.id, "li"))
    assert settled.value.code == "stop.settled"


def test_an_erased_patient_leaves_no_note(hospital: Hospital) -> None:
    [one] = hospital.fill(1)
    stop = hospital.stop()
    [struck] = hospital.struck(stop)
    hospital.run(hospital.settling.note(struck.task.id, "家里有病人"))
    exported = hospital.run(hospital.plugin.history.export(one.patient))
    assert any(part.name == "stops" and part.rows[0]["note"] for part in exported)
    hospital.run(hospital.plugin.history.erase(one.patient))
    assert hospital.struck(stop)[0].task.note == ""
    assert hospital.db.run_sync(tasks_of, [one.id])[0].note == ""


# Rules


def test_the_nearest_free_time_the_later_of_two() -> None:
    def slot(hour: int, left: int = 1) -> TimeSlot:
        return TimeSlot(
            campus="m", code=str(hour), clinic="c", start=time(hour), end=time(hour), left=left
        )

    assert nearest([slot(8), slot(10), slot(12)], time(9)) == slot(10)
    assert nearest([slot(8), slot(10, 0)], time(10)) == slot(8)
    assert nearest([slot(8, 0)], time(8)) is None
    assert [HalfDay.of(time(one)) for one in (8, 12, 18)] == [
        HalfDay.MORNING,
        HalfDay.AFTERNOON,
        HalfDay.EVENING,
    ]
