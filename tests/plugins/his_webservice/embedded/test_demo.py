"""The demonstration's hospital: what it promises to hold, in little time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.clinic import Directory, Doctor, Schedule
from careline.clinic.his import Info
from careline.clock import Clock
from careline.patients.id_card import is_right
from careline.patients.model import Patient, patient_problems
from careline.patients.store import newest_ids, read_patients
from careline.setup.demo_patients import PATIENTS, put_patients
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline_his_webservice.adapters.embedded.people import find_people
from careline_his_webservice.adapters.embedded.plan import roll
from careline_his_webservice.adapters.embedded.store import (
    COLUMNS,
    read_directory,
    read_info,
    read_schedule,
)
from careline_his_webservice.demo.people import people
from careline_his_webservice.demo.putting import put_hospital

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CAMPUSES = ("main", "east")


@pytest.fixture(scope="module")
def hospital() -> Database:
    db = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(db)
    db.run_sync(put_patients)
    db.run_sync(put_hospital, TODAY)
    return db


@pytest.fixture(scope="module")
def patients(hospital: Database) -> Sequence[Patient]:
    return hospital.run_sync(lambda tx: read_patients(tx, newest_ids(tx, 5000)))


def directory(db: Database, campus: str) -> Directory:
    return db.run_sync(read_directory, campus)


def schedule(db: Database, campus: str, days: int = 28) -> Schedule:
    return db.run_sync(read_schedule, campus, TODAY, TODAY + timedelta(days=days), "", NOW)


def test_two_campuses_of_12_departments_and_60_doctors(hospital: Database) -> None:
    found = [directory(hospital, campus) for campus in CAMPUSES]
    assert [len(one.departments) for one in found] == [12, 10]
    doctors: list[Doctor] = [one for each in found for one in each.doctors]
    assert len(doctors) == 60
    assert len({one.number for one in doctors}) == 60
    assert len({(one.campus, one.name) for one in doctors}) == 60
    assert all(len(one.number) == 4 for one in doctors)
    for one in doctors:
        texts = (one.name, one.name_en, one.title, one.specialty, one.intro, one.intro_en)
        assert all(texts), one
        assert one.diseases
    assert {one.title for one in doctors} == {"主任医师", "副主任医师", "主治医师"}


@pytest.mark.parametrize("campus", CAMPUSES)
def test_every_department_and_doctor_has_clinics_in_four_weeks(
    hospital: Database, campus: str
) -> None:
    found = schedule(hospital, campus)
    told = directory(hospital, campus)
    days = {one.day for one in found.clinics}
    assert (min(days), max(days)) == (TODAY, TODAY + timedelta(days=27))
    assert {one.doctor for one in found.clinics} == {"", *(one.code for one in told.doctors)}
    general = Counter(one.department for one in found.clinics if not one.doctor)
    assert set(general) == {one.code for one in told.departments}
    assert {Decimal(fee) for fee in (10, 40, 60)} <= {one.fee for one in found.clinics}


def test_a_half_day_with_30_places_is_there_to_be_stopped(hospital: Database) -> None:
    found = schedule(hospital, "main")
    places = Counter[str]()
    for slot in found.slots:
        places[slot.clinic] += slot.capacity
    by_doctor = [one for one in found.clinics if one.doctor and places[one.code] == 30]
    assert len(by_doctor) >= 8


def test_the_next_night_adds_the_28th_day(hospital: Database) -> None:
    assert hospital.run_sync(roll, "main", TODAY, 28) == 0
    assert hospital.run_sync(roll, "main", TODAY + timedelta(days=1), 28) >= 12


def test_2000_right_patients_some_of_whom_share_a_telephone(patients: Sequence[Patient]) -> None:
    assert len(patients) == 2000
    assert {one.name for one in PATIENTS} <= {one.name for one in patients}
    assert [one for one in patients if patient_problems(one, TODAY)] == []
    cards = [one.id_card for one in patients if one.id_card]
    assert len(set(cards)) == len(cards) >= 1990
    assert all(map(is_right, cards))
    phones = Counter(phone.number for one in patients for phone in one.phones)
    shared = [phone for phone, count in phones.items() if count > 1]
    assert len(shared) > 300
    assert max(phones.values()) == 4


def test_the_campus_knows_the_patients_by_their_numbers(
    hospital: Database, patients: Sequence[Patient]
) -> None:
    for campus in CAMPUSES:
        one, number = next(
            (one, own.number) for one in patients for own in one.numbers if own.campus == campus
        )
        assert [who.id for who in hospital.run_sync(find_people, campus, number)] == [one.id]


def test_every_kind_of_information_has_rows_as_wide_as_its_columns(hospital: Database) -> None:
    for campus in CAMPUSES:
        for kind in Info:
            table = hospital.run_sync(read_info, campus, kind, {}, NOW)
            assert table.rows
            assert {len(row) for row in table.rows} == {len(COLUMNS[kind])}
    drugs = hospital.run_sync(read_info, "main", Info.DRUGS, {}, NOW)
    assert (len(drugs.rows), drugs.more) == (200, False)


def test_information_is_found_by_number_day_and_word(hospital: Database) -> None:
    def asked(kind: Info, **query: str) -> int:
        return len(hospital.run_sync(read_info, "main", kind, query, NOW).rows)

    assert asked(Info.DRUGS, text="阿司匹林") == 4
    assert asked(Info.DRUGS, text="%") == 0
    assert asked(Info.SURGERIES, day=TODAY.isoformat()) == 8
    number = hospital.run_sync(read_info, "main", Info.COSTS, {}, NOW).rows[0][0]
    assert asked(Info.COSTS, number=number) == 10


def test_the_same_people_each_time() -> None:
    first, again = list(people(50, TODAY)), list(people(50, TODAY))
    assert first == again
