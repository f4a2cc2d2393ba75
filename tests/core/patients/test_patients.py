from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve

from careline.clock import Clock
from careline.errors import Conflict, Invalid, NotFound
from careline.hooks import Hub
from careline.numbers import parse_phone
from careline.numbers.phone import NO_NUMBER
from careline.patients import store
from careline.patients.id_card import birth_date_of, check_digit
from careline.patients.model import Patient, PatientPhone, Sex, masked_id_card, patient_problems
from careline.patients.pinyin import initials_of, pinyin_of
from careline.patients.service import Patients
from careline.storage import Database
from careline.tasks import Tasks
from careline.testing.runner import run_async

HOME = "+861062223333"
WANG = Patient(
    name="王小明",
    sex=Sex.MALE,
    birth_date=date(1949, 12, 31),
    id_card="110105194912310038",
    phones=(PatientPhone("+8613811112222", "本人", True), PatientPhone(HOME)),
)
MOTHER = Patient(name="单秀英", phones=(PatientPhone(HOME, "家", True),))
SMITH = Patient(name="John Smith")


def patients_of(db: Database, clock: Clock) -> Patients:
    return Patients(db, Hub(clock, Tasks()), clock)


@pytest.fixture
def three(db: Database) -> list[Patient]:
    return [db.run_sync(store.add_patient, one) for one in (WANG, MOTHER, SMITH)]


def test_records_come_back_as_they_were_stored(db: Database, three: list[Patient]) -> None:
    wang = three[0]
    assert (wang.pinyin, wang.initials) == ("wang xiao ming", "wxm")
    assert db.run_sync(store.get_patient, wang.id) == wang
    changed = evolve(wang, note="轮椅", phones=wang.phones[::-1], pinyin="wang xiaoming")
    db.run_sync(store.change_patient, changed)
    stored = db.run_sync(store.get_patient, wang.id)
    assert stored == evolve(changed, version=2)
    with pytest.raises(Conflict) as caught:
        db.run_sync(store.change_patient, changed)
    assert caught.value.code == "patient.changed"


def test_a_number_gives_everybody_who_has_it_and_guesses_nobody(
    db: Database, db_clock: Clock, three: list[Patient]
) -> None:
    patients = patients_of(db, db_clock)
    found = run_async(patients.by_phone(parse_phone("010-6222 3333")), db_clock)
    assert found == [three[1], three[0]], "whose preferred number it is comes first"
    assert run_async(patients.by_phone(parse_phone("13900000000")), db_clock) == []
    assert run_async(patients.by_phone(NO_NUMBER), db_clock) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王小明", ["王小明"]),
        ("小", ["王小明"]),
        ("wang", ["王小明"]),
        ("Wang Xiao", ["王小明"]),
        ("wangxiaom", ["王小明"]),
        ("WXM", ["王小明"]),
        ("shan", ["单秀英"]),
        ("sxy", ["单秀英"]),
        ("smith", ["John Smith"]),
        ("2222", ["王小明"]),
        ("3333", ["单秀英", "王小明"]),
        ("+8613811112222", ["王小明"]),
        ("22", []),
        ("%", []),
        ("_", []),
        ("", []),
        ("赵", []),
    ],
)
def test_people_are_found_as_agents_type(
    db: Database, db_clock: Clock, three: list[Patient], text: str, names: list[str]
) -> None:
    found = run_async(patients_of(db, db_clock).find(text), db_clock)
    assert [patient.name for patient in found] == names


def test_an_id_card_belongs_to_one_patient(db: Database, three: list[Patient]) -> None:
    with pytest.raises(Conflict):
        db.run_sync(store.add_patient, evolve(SMITH, id_card=WANG.id_card))
    with pytest.raises(NotFound):
        db.run_sync(store.change_patient, evolve(SMITH, id=999))
    with pytest.raises(NotFound):
        db.run_sync(store.get_patient, 999)


def test_wrong_records_are_refused_with_all_their_faults(db: Database, db_clock: Clock) -> None:
    twice = (PatientPhone(HOME, preferred=True), PatientPhone(HOME, preferred=True))
    wrong = Patient(name=" ", id_card="110105194912310039", phones=twice)
    with pytest.raises(Invalid) as caught:
        run_async(patients_of(db, db_clock).add(wrong), db_clock)
    codes = [problem.code for problem in caught.value.problems]
    assert codes == [
        "patient.name",
        "patient.id_card",
        "patient.preferred",
        "patient.phone_twice",
    ]
    other_day = evolve(WANG, birth_date=date(1950, 1, 1))
    assert [one.code for one in patient_problems(other_day)] == ["patient.birth_date"]
    assert patient_problems(WANG) == []


def test_nothing_prints_a_name_a_number_or_an_id_card() -> None:
    for text in (str(WANG), repr(WANG), f"{WANG}", repr(WANG.phones)):
        assert "小明" not in text
        assert "13811112222" not in text
        assert WANG.id_card not in text
    assert str(WANG) == "王**"
    assert masked_id_card(WANG.id_card) == "110105********0038"


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("王小明", "wang xiao ming", "wxm"),
        ("单雄信", "shan xiong xin", "sxx"),
        ("曾国藩", "zeng guo fan", "zgf"),
        ("尉迟恭", "yu chi gong", "ycg"),
        ("吕布", "lv bu", "lb"),
        ("Anna", "anna", "a"),
    ],
)
def test_pinyin(name: str, pinyin: str, initials: str) -> None:
    assert (pinyin_of(name), initials_of(name)) == (pinyin, initials)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("11010519491231002X", date(1949, 12, 31)),
        ("440106199406271638", None),
        ("110105194912310038", date(1949, 12, 31)),
        ("110105194913310038", None),
        ("010105194912310038", None),
        ("11010519491231002x", None),
        ("１１０１０５１９４９１２３１００３８", None),
        ("", None),
    ],
)
def test_id_cards_are_checked(number: str, born: date | None) -> None:
    assert birth_date_of(number) == born


def test_counties_that_a_library_may_not_know_are_right() -> None:
    for county in ("440106", "420102", "510104"):
        number = f"{county}19800102003"
        assert birth_date_of(number + check_digit(number)) == date(1980, 1, 2)
