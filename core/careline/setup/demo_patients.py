"""Patients of the demonstration hospital: invented people, some of whom share a telephone."""

from __future__ import annotations

from datetime import date

from careline.patients.id_card import check_digit
from careline.patients.model import VIP, OutpatientNumber, Patient, PatientPhone, Sex
from careline.patients.store import add_patients, count_patients
from careline.setup.demo import CAMPUS
from careline.storage import Tx


def _patient(name: str, sex: Sex, born: date, mobile: str, number: str, **more: object) -> Patient:
    owner = str(more.pop("owner", ""))
    return Patient(
        id_card=_card(sex, born, number),
        name=name,
        sex=sex,
        birth_date=born,
        phones=(PatientPhone(number=f"+86{mobile}", owner=owner, preferred=not owner),),
        numbers=(OutpatientNumber(campus=CAMPUS.id, number=number),),
        **more,  # type: ignore[arg-type]
    )


def _card(sex: Sex, born: date, number: str) -> str:
    """A right id card number of a county that there is not, so that it is nobody's."""
    order = 20 + 2 * int(number[-2:]) + (sex is Sex.MALE)
    digits = f"999901{born:%Y%m%d}{order:03d}"
    return digits + check_digit(digits)


FAMILY = "13800138003"
#: The last two share a telephone: a mother and her child.
PATIENTS = (
    _patient(
        "刘桂英",
        Sex.FEMALE,
        date(1958, 3, 14),
        "13800138001",
        "1000000001",
        tags=("高血压", "老年"),
        insurance="城镇职工医保",
        note="听力不好，请放慢语速。",
    ),
    _patient(
        "陈建国",
        Sex.MALE,
        date(1965, 9, 2),
        "13800138002",
        "1000000002",
        category=VIP,
        tags=("糖尿病",),
        insurance="城镇职工医保",
    ),
    _patient("孙丽", Sex.FEMALE, date(1990, 6, 21), FAMILY, "1000000003", insurance="城乡居民医保"),
    _patient(
        "孙小宝",
        Sex.MALE,
        date(2021, 11, 5),
        FAMILY,
        "1000000004",
        tags=("儿童",),
        owner="母亲孙丽",
    ),
)


def _has(patient: Patient, mobile: str) -> bool:
    return any(phone.number == f"+86{mobile}" for phone in patient.phones)


#: From whose telephones the patient's phone can call: what the provider sends, and whose it is.
#: With the end of the id card, by which a caller proves who it is.
CALLERS = tuple(
    (
        mobile,
        " / ".join(f"{one.name} (ID {one.id_card[-4:]})" for one in PATIENTS if _has(one, mobile)),
    )
    for mobile in ("13800138001", "13800138002", FAMILY)
)


def put_patients(tx: Tx) -> None:
    """Store them where no patient is stored yet."""
    if not count_patients(tx):
        add_patients(tx, PATIENTS)
