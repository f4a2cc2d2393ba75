"""A patient from the hospital's systems becomes one record, once, with the number that called."""

from __future__ import annotations

import pytest
from attrs import evolve

from careline.patients import store
from careline.patients.criteria import Criteria
from careline.patients.finding import search
from careline.patients.model import Patient, PatientPhone
from careline.reception.strangers import keep
from careline.storage import Database

NUMBER = "+8613800001111"
OTHER = "+8613900002222"
LI = Patient(name="李敏", id_card="11010519491231002X")


def numbers(patient: Patient) -> list[str]:
    return [phone.number for phone in patient.phones]


def test_a_new_patient_is_kept_with_the_number(db: Database) -> None:
    kept = db.run_sync(keep, evolve(LI, id=77, phones=(PatientPhone(OTHER),)), NUMBER)
    assert kept.id != 77, "the id there is not ours"
    assert numbers(kept) == [OTHER, NUMBER]
    assert db.run_sync(store.find_by_phone, NUMBER) == [kept]


def test_asked_again_it_is_the_same_record(db: Database) -> None:
    first = db.run_sync(keep, LI, NUMBER)
    assert db.run_sync(keep, LI, NUMBER) == first
    assert numbers(db.run_sync(keep, LI, OTHER)) == [NUMBER, OTHER]
    assert len(db.run_sync(search, Criteria(text="李敏")).patients) == 1


def test_what_the_core_knows_is_not_written_over(db: Database) -> None:
    own = db.run_sync(store.add_patient, evolve(LI, note="听力不好"))
    kept = db.run_sync(keep, evolve(LI, note="", address="elsewhere"), NUMBER)
    assert (kept.id, kept.note, kept.address) == (own.id, "听力不好", "")


@pytest.mark.parametrize(("name", "records"), [("王小明", 1), ("王大明", 2)])
def test_without_an_id_card_number_and_name_tell(db: Database, name: str, records: int) -> None:
    db.run_sync(keep, Patient(name="王小明"), NUMBER)
    db.run_sync(keep, Patient(name=name), NUMBER)
    assert len(db.run_sync(store.find_by_phone, NUMBER)) == records
