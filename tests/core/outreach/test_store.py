"""What is kept: the same on both databases, gone with its patient, and removed in time."""

from __future__ import annotations

from datetime import timedelta

from tests.core.outreach.ward import at, call, campuses, governor, message
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.hooks import Hub
from careline.outreach import store
from careline.outreach.exporting import rows_of
from careline.outreach.model import Means, Result, Scope
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.patients import merging
from careline.patients import store as patients
from careline.patients.held import Held
from careline.patients.model import Patient
from careline.patients.service import Patients
from careline.storage import Database
from careline.storage.ageing import Ageing
from careline.tasks import Tasks
from careline.testing.runner import run_async

MORNING = at("24 10:00")
NUMBER = "+8613811112222"


def two_records(db: Database) -> tuple[int, int]:
    """Two records of one person."""
    first = db.run_sync(patients.add_patient, Patient(name="王小明"), MORNING)
    second = db.run_sync(patients.add_patient, Patient(name="王晓明"), MORNING)
    return first.id, second.id


def test_a_contact_comes_back_as_it_was_decided(db: Database) -> None:
    door = governor()
    contact = message(
        "a", title="Reminder", plugin="sms", not_before=at("24 15:00"), not_after=at("26 15:00")
    )
    decision = db.run_sync(door.decide, contact, MORNING)
    booked = db.run_sync(door.booked, "a")
    assert booked is not None
    assert (booked.contact, booked.decision) == (contact, decision)
    assert (booked.asked, booked.asks, booked.result) == (MORNING, 1, None)
    later = MORNING + timedelta(minutes=1)
    db.run_sync(door.decide, contact, later)
    again = db.run_sync(door.booked, "a")
    assert again is not None
    assert (again.asked, again.decided, again.asks) == (MORNING, later, 2)
    assert db.run_sync(door.booked, "b") is None


def test_refusals_are_found_by_the_end_of_the_number_and_by_reason(db: Database) -> None:
    door = governor()
    db.run_sync(door.refuse, NUMBER, Means.MESSAGE, by="sms", why="TD 100%", now=MORNING)
    other = "+8613900001234"
    db.run_sync(door.refuse, other, scope=Scope.GREETINGS, by="anna", now=at("24 11:00"))
    for search, found in (
        ("", [other, NUMBER]),
        ("1234", [other]),
        ("100%", [NUMBER]),
        ("0%", [NUMBER]),
        ("_", []),
        ("4", []),
    ):
        assert [one.number for one in db.run_sync(door.refusals, search)] == found
        assert db.run_sync(store.count_refusals, search) == len(found)
    assert db.run_sync(door.is_refused, NUMBER, Means.MESSAGE)
    assert not db.run_sync(door.is_refused, NUMBER, Means.CALL)
    assert db.run_sync(door.allow, NUMBER, Means.CALL) == 0
    assert db.run_sync(door.allow, NUMBER, Means.MESSAGE) == 1


def test_records_that_were_merged_are_one_patient(db: Database) -> None:
    kept, gone = two_records(db)
    door = Outreach(campuses(), Rules(most_a_day=1))
    assert db.run_sync(door.decide, message("a", patient=gone), MORNING).goes
    noon = at("24 12:00")
    assert db.run_sync(door.look, message("b", patient=kept), noon).goes
    db.run_sync(door.wrong, "+8613900000000", "anna", noon, gone)
    db.run_sync(merging.merge, kept, gone, (), "anna", noon)
    assert db.run_sync(door.look, message("b", patient=kept), noon).code == "outreach.cap"
    assert db.run_sync(door.look, message("c", patient=gone), noon).code == "outreach.cap"
    assert db.run_sync(door.is_wrong, "+8613900000000", kept)
    since = MORNING - timedelta(days=1)
    assert [one.contact.key for one in db.run_sync(door.of_patient, kept, since)] == ["a"]


def test_a_patient_is_given_all_and_leaves_nothing_but_a_refusal(db: Database) -> None:
    kept, gone = two_records(db)
    clock = Clock(FakeClock(), lambda: MORNING)
    people = Patients(db, Hub(clock, Tasks()), clock)
    people.hold(Held(name="contacts", rows=rows_of, forget=store.forget_patients))
    door = Outreach(campuses(), Rules())
    db.run_sync(merging.merge, kept, gone, (), "anna", MORNING)
    db.run_sync(door.decide, call("a", patient=gone), MORNING)
    db.run_sync(door.settle, "a", Result.WRONG_NUMBER, MORNING)
    db.run_sync(door.decide, message("b", patient=99), MORNING)
    db.run_sync(door.refuse, NUMBER, by="anna", now=MORNING)
    (row,) = run_async(people.export(kept))["contacts"]
    assert (row["purpose"], row["result"], row["number"]) == ("followup", "wrong_number", NUMBER)
    run_async(people.erase(kept))
    assert db.run_sync(door.booked, "a") is None
    assert not db.run_sync(store.is_wrong, NUMBER, [kept, gone], None)
    assert db.run_sync(door.booked, "b") is not None
    assert db.run_sync(door.is_refused, NUMBER, Means.CALL)


def test_old_decisions_are_removed_and_refusals_kept(db: Database) -> None:
    door = governor()
    for day in range(3):
        db.run_sync(door.decide, message(f"a{day}"), MORNING + timedelta(days=day))
    db.run_sync(door.refuse, NUMBER, by="anna", now=MORNING)
    clock = Clock(FakeClock(), lambda: MORNING + timedelta(days=11, hours=1))
    keeping = Ageing(clock, Tasks(), db, 10, "decisions", store.remove_before)
    assert run_async(keeping.tidy()) == 2
    assert db.run_sync(door.booked, "a2") is not None
    assert len(db.run_sync(door.refusals)) == 1
