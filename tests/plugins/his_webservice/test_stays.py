"""Stays: told late, twice and out of order; admitted and discharged once, erased with who it is."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.his_webservice.hl7.campus import Told

from careline.clinic import Stay
from careline.clock import Clock
from careline.errors import Unavailable
from careline.patients import store as patients
from careline.patients.model import OutpatientNumber, Patient
from careline.storage import Database
from careline.testing import run_async
from careline_his_webservice.stays import News, Stays, store
from careline_his_webservice.stays.model import change, joined

DAY = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
CARD = "110101199003078515"
STAY = Stay(id="", campus="east", name="张玘", id_card=CARD, number="ZY1", ward="三病区", came=DAY)


def news(hours: int, visit: str = "V1", **changes: Any) -> News:
    return News(visit=visit, told=DAY + dt.timedelta(hours=hours), stay=evolve(STAY, **changes))


def taken(db: Database, told: Told, *them: News) -> str:
    ids = [db.run_sync(store.take, told, one) for one in them]  # type: ignore[arg-type]  # in place
    assert len(set(ids)) == 1
    return ids[0]


def left(hours: int) -> dt.datetime:
    return DAY + dt.timedelta(hours=hours)


def test_each_event_is_told_once(db: Database) -> None:
    told = Told()
    in_, out = news(0), news(48, came=None, left=left(48), ward="")
    stay_id = taken(db, told, in_, in_, news(5, ward="五病区", came=None), out, out)
    assert told.names == ["patient_admitted", "patient_discharged"]
    assert told.events[0][1] == {"stay_id": stay_id}
    stay = db.run_sync(store.find, stay_id)
    assert stay is not None
    assert (stay.ward, stay.came, stay.left) == ("五病区", DAY, left(48))


def test_what_comes_late_fills_gaps_and_undoes_nothing(db: Database) -> None:
    told = Told()
    out = news(48, came=None, left=left(48), ward="五病区", id_card="")
    stay_id = taken(db, told, out, news(0))
    assert told.names == ["patient_discharged"]
    stay = db.run_sync(store.find, stay_id)
    assert stay is not None
    assert (stay.ward, stay.id_card, stay.came, stay.left) == ("五病区", CARD, DAY, left(48))


def test_a_patient_may_come_again_under_the_same_number(db: Database) -> None:
    told = Told()
    taken(db, told, news(0), news(48, came=None, left=left(48)), news(72, came=left(72)))
    assert told.names == ["patient_admitted", "patient_discharged", "patient_admitted"]


def test_campuses_have_their_own_numbers(db: Database) -> None:
    told = Told()
    taken(db, told, news(0))
    taken(db, told, news(0, campus="main"))
    assert told.names == ["patient_admitted", "patient_admitted"]


@given(st.permutations([0, 1, 2, 3, 3, 1]))
def test_in_whatever_order_it_is_told_the_end_is_the_same(order: list[int]) -> None:
    them = [
        news(0),
        news(5, came=None, ward="五病区", id_card=""),
        news(9, came=None, bed="12"),
        news(48, came=None, left=left(48), ward=""),
    ]
    known, told, ends, ward = None, None, 0, ""
    for at in order:
        now = joined(known, told, them[at])
        if told is None or them[at].told >= told or not ward:
            ward = them[at].stay.ward or ward  # news count, and what is older fills gaps alone
        ends += change(known, now) is not None and now.left is not None
        known, told = now, max(told or them[at].told, them[at].told)
    assert known is not None
    assert known.ward == ward
    assert (known.came, known.left, known.bed, ends) == (DAY, left(48), "12", 1)


def test_a_stay_goes_with_its_patient(db: Database) -> None:
    told = Told()
    before = taken(db, told, news(0))  # the record is made later
    number = OutpatientNumber("east", "ZY2")
    person = Patient(name="张玘", id_card=CARD, numbers=(number,))
    patient = db.run_sync(patients.add_patient, person).id
    by_number = taken(db, told, news(0, "V2", id_card="", number="ZY2"))
    other = taken(db, told, news(0, "V3", id_card="", number="ZY2", name="别人"))
    assert [one.id for one in db.run_sync(store.of_patient, patient)] == [by_number, before]
    assert db.run_sync(store.link) == 1
    db.run_sync(store.erase, patient)
    found = [db.run_sync(store.find, one) for one in (before, by_number, other)]
    assert [one is not None for one in found] == [False, False, True]


def test_old_stays_are_forgotten_and_strange_ids_are_none(db: Database) -> None:
    stay_id = taken(db, Told(), news(0), news(48, came=None, left=left(48)))
    db.run_sync(store.forget, left(47))
    assert db.run_sync(store.find, stay_id) is not None
    db.run_sync(store.forget, left(49))
    for strange in (stay_id, "", "x", "9" * 30, "-1"):
        assert db.run_sync(store.find, strange) is None


class System:
    """Tells of one admission; remembers since when it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[dt.datetime] = []
        self.ends: list[dt.datetime | None] = []
        self.error = error

    async def stays(self, since: dt.datetime, until: dt.datetime | None) -> list[News]:
        self.asked.append(since)
        self.ends.append(until)
        if self.error:
            raise self.error
        return [news(0)]


@pytest.mark.parametrize("error", [Unavailable("his.unreachable", "away")])
def test_one_system_that_is_away_leaves_the_others(
    db: Database, db_clock: Clock, error: Exception
) -> None:
    told, away, here = Told(), System(error), System()
    core: Any = SimpleNamespace(db=db, clock=db_clock, hub=told)
    stays = Stays(core, lambda: {"main": away, "east": here})
    for _ in range(2):
        run_async(stays.refresh())
    assert told.names == ["patient_admitted"]
    assert here.asked[-1] - here.asked[0] > dt.timedelta(hours=23)
    assert away.asked[1] - away.asked[0] < dt.timedelta(hours=1)
    assert run_async(stays.export_patient(1)) == []


def test_what_gathered_meanwhile_is_taken_piece_by_piece(db: Database, db_clock: Clock) -> None:
    system = System()
    core: Any = SimpleNamespace(db=db, clock=db_clock, hub=Told())
    stays = Stays(core, lambda: {"east": system})
    run_async(stays.refresh())
    assert len(system.asked) == 48
    assert system.ends[:-1] == system.asked[1:]  # one after the other, without a gap
    assert system.ends[-1] is None  # what a faster clock than ours has seen comes along
    system.error = Unavailable("his.unreachable", "away")
    done = db.run_sync(store.asked_until, "east")
    run_async(stays.refresh())
    assert db.run_sync(store.asked_until, "east") == done
    assert len(system.asked) == 49


def test_an_export_holds_all_of_it(db: Database, db_clock: Clock) -> None:
    patient = db.run_sync(patients.add_patient, Patient(name="张玘", id_card=CARD)).id
    taken(db, Told(), news(0))
    core: Any = SimpleNamespace(db=db, clock=db_clock, hub=None)
    stays = Stays(core, dict)
    (part,) = run_async(stays.export_patient(patient))
    assert part.rows[0]["ward"] == "三病区"
    run_async(stays.erase_patient(patient))
    assert run_async(stays.export_patient(patient)) == []


def test_stays_that_ended_are_given_page_by_page(db: Database) -> None:
    told = Told()
    for number in range(7):
        gone = None if number == 3 else left(number)
        taken(db, told, news(number, visit=f"V{number}", left=gone, number=f"ZY{number}"))
    seen, after = [], ""
    while page := db.run_sync(store.left_since, left(1), after, 2):
        assert len(page) <= 2
        seen += [stay.number for stay in page]
        after = page[-1].id
    assert seen == ["ZY1", "ZY2", "ZY4", "ZY5", "ZY6"]
    assert db.run_sync(store.left_since, left(1), "no id", 9)


def test_a_discharge_that_is_taken_back_is_an_admission(db: Database) -> None:
    told = Told()
    back = evolve(news(50, came=None), inside=True)
    stay_id = taken(db, told, news(0), news(48, came=None, left=left(48), died=True), back, back)
    assert told.names == ["patient_admitted", "patient_discharged", "patient_admitted"]
    stay = db.run_sync(store.find, stay_id)
    assert stay is not None
    assert (stay.left, stay.died) == (None, False)
    assert [one.id for one in db.run_sync(store.open_ones, "", 9)] == [stay_id]
    assert db.run_sync(store.open_ones, stay_id, 9) == []


def test_an_admission_that_never_was_leaves_nothing(db: Database) -> None:
    told = Told()
    stay_id = taken(db, told, news(0))
    void = evolve(news(1), void=True)
    for _ in range(2):
        db.run_sync(store.take, told, void)  # type: ignore[arg-type]  # in place
    assert told.names == ["patient_admitted", "admission_cancelled"]
    assert told.events[-1][1] == {"stay_id": stay_id}
    assert db.run_sync(store.find, stay_id) is None


def test_a_late_discharge_ends_no_later_stay(db: Database) -> None:
    told = Told()
    taken(db, told, news(72, came=left(72)), news(48, came=None, left=left(48)))
    assert told.names == ["patient_admitted"]


def test_who_has_died_is_said_to_have(db: Database) -> None:
    stay_id = taken(db, Told(), news(0), news(48, came=None, left=left(48), died=True))
    stay = db.run_sync(store.find, stay_id)
    assert stay is not None
    assert stay.died
