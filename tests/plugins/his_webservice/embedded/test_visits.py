"""A place is taken once, found again, and given back once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from tests.plugins.his_webservice.embedded.small import (
    CLINIC,
    MONDAY,
    NEXT_SLOT,
    NOW,
    SLOT,
    order,
    put_small,
)

from careline.clinic import Order, Reply, Verdict, VisitState
from careline.storage import Database, Tx
from careline_his_webservice.adapters.embedded import visits
from careline_his_webservice.adapters.embedded.people import find_people, forget_people, kept_of
from careline_his_webservice.adapters.embedded.store import read_schedule
from careline_his_webservice.adapters.embedded.tables import slot_table, visit_table


@pytest.fixture
def hospital(db: Database) -> Database:
    db.run_sync(put_small)
    return db


def book(db: Database, one: Order) -> Reply:
    return db.run_sync(visits.book, one, MONDAY, NOW)


def cancel(db: Database, one: Order, reference: str = "") -> Reply:
    return db.run_sync(visits.cancel, one, reference, "不来了", NOW)


def left(db: Database, slot: str = SLOT) -> int:
    schedule = db.run_sync(read_schedule, "main", MONDAY, MONDAY, "", NOW)
    return next(one.left for one in schedule.slots if one.code == slot)


def test_turns_follow_the_slots_and_no_more_than_its_places_are_given(hospital: Database) -> None:
    replies = [book(hospital, order(who)) for who in (1, 2, 3)]
    later = book(hospital, order(4, slot=NEXT_SLOT))
    assert [one.verdict for one in replies] == [Verdict.BOOKED, Verdict.BOOKED, Verdict.TAKEN]
    assert [one.number for one in replies] == ["1", "2", ""]
    assert (later.number, later.place) == ("3", "门诊楼 2 层")
    assert left(hospital) == 0
    assert left(hospital, NEXT_SLOT) == 1


def test_the_same_key_is_one_visit_however_often_it_is_asked(hospital: Database) -> None:
    first = book(hospital, order(1))
    assert book(hospital, order(1)) == first
    assert left(hospital) == 1


def test_a_cancelled_place_and_its_turn_are_given_to_the_next(hospital: Database) -> None:
    book(hospital, order(1))
    book(hospital, order(2))
    assert cancel(hospital, order(1)).verdict is Verdict.CANCELLED
    assert cancel(hospital, order(1)).verdict is Verdict.CANCELLED
    assert left(hospital) == 1
    assert book(hospital, order(3)).number == "1"


def test_a_request_that_comes_after_its_cancellation_books_nothing(hospital: Database) -> None:
    assert cancel(hospital, order(1)).verdict is Verdict.CANCELLED
    assert book(hospital, order(1)).verdict is Verdict.REFUSED
    assert left(hospital) == 2
    found = hospital.run_sync(visits.state, order(1), "")
    assert found.state is VisitState.CANCELLED


def test_a_visit_is_found_by_key_and_by_reference(hospital: Database) -> None:
    reply = book(hospital, order(1))
    lost = order(1, key="another")
    assert hospital.run_sync(visits.state, order(1), "").number == "1"
    assert hospital.run_sync(visits.state, lost, reply.reference).state is VisitState.BOOKED
    assert hospital.run_sync(visits.state, lost, "").state is VisitState.ABSENT
    assert hospital.run_sync(visits.state, lost, "E" + "9" * 30).state is VisitState.ABSENT


def test_who_came_cannot_be_cancelled(hospital: Database) -> None:
    book(hospital, order(1))
    assert hospital.run_sync(visits.mark, "main", order(1).key, True, NOW)
    assert cancel(hospital, order(1)).verdict is Verdict.REFUSED
    assert hospital.run_sync(visits.state, order(1), "").state is VisitState.VISITED
    assert not hospital.run_sync(visits.mark, "main", order(1).key, False, NOW)


def test_a_stopped_clinic_takes_nobody_and_keeps_who_is_booked(hospital: Database) -> None:
    book(hospital, order(1))
    stopped = hospital.run_sync(visits.stop, "main", CLINIC, "开会")
    again = hospital.run_sync(visits.stop, "main", CLINIC, "开会")
    assert (stopped.verdict, again.verdict) == (Verdict.CANCELLED, Verdict.CANCELLED)
    refused = book(hospital, order(2))
    assert (refused.verdict, refused.reason) == (Verdict.REFUSED, visits.STOPPED)
    assert left(hospital) == 0
    assert hospital.run_sync(visits.state, order(1), "").state is VisitState.BOOKED
    assert hospital.run_sync(visits.stop, "main", "none", "").verdict is Verdict.REFUSED


def test_one_person_has_one_place_in_a_slot(hospital: Database) -> None:
    first = book(hospital, order(1))
    second = book(hospital, order(1, key="again"))
    assert (second.verdict, second.reason) == (Verdict.REFUSED, visits.TWICE)
    assert left(hospital) == 1
    other = book(hospital, order(1, slot=NEXT_SLOT))
    assert other.verdict is Verdict.BOOKED
    assert other.outpatient_number == first.outpatient_number


def test_what_is_over_or_unknown_is_refused(hospital: Database) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    assert hospital.run_sync(visits.book, order(1), tomorrow, NOW).reason == visits.OVER
    assert book(hospital, order(1, slot="none-0800")).reason == visits.NO_SUCH_SLOT


def test_new_patients_get_a_number_once_and_known_ones_keep_theirs(hospital: Database) -> None:
    card = "999901199001011236"
    first = book(hospital, order(1, id_card=card)).outpatient_number
    again = book(hospital, order(2, slot=NEXT_SLOT, id_card=card)).outpatient_number
    own = book(hospital, order(3, number="1000000003")).outpatient_number
    assert first == again != own == "1000000003"
    people = hospital.run_sync(find_people, "main", card)
    assert [(one.number, one.name) for one in people] == [(first, "患者1")]
    assert hospital.run_sync(find_people, "main", "13800000001")[0].number == first
    assert hospital.run_sync(find_people, "east", card) == []


def test_a_person_is_shown_and_erased(hospital: Database) -> None:
    number = book(hospital, order(1)).outpatient_number
    assert [row["number"] for row in hospital.run_sync(kept_of, 1)] == [number]
    hospital.run_sync(forget_people, 1)
    assert hospital.run_sync(kept_of, 1) == []
    assert hospital.run_sync(visits.state, order(1), "").state is VisitState.BOOKED


def test_the_database_itself_refuses_what_must_never_be(hospital: Database) -> None:
    book(hospital, order(1))
    book(hospital, order(2))

    def overbook(tx: Tx) -> None:
        tx.execute(update(slot_table).values(taken=3))

    def same_turn(tx: Tx) -> None:
        tx.execute(update(visit_table).values(turn=1))

    for wrong in (overbook, same_turn):
        with pytest.raises(IntegrityError):
            hospital.run_sync(wrong)
    turns = hospital.run_sync(lambda tx: tx.scalars(select(visit_table.c.turn)))
    assert sorted(turns) == [1, 2]
