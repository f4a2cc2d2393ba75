"""Made-up patients in households that share a telephone, the same each time.

Their id cards are right, but of a county (999901) that there is not, so that they are nobody's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from careline.clinic import Person
from careline.patients.id_card import check_digit
from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex

COUNT = 2000
COUNTY = "999901"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅春雪建国志文海波小林晓东宇欣怡子涵"
INSURANCES = ("城镇职工医保", "城乡居民医保", "自费")
TAGS = ("高血压", "糖尿病", "孕产妇", "术后随访")
#: Ages of a household's members in turn, from and to.
AGES = ((28, 48), (2, 14), (58, 82), (27, 50))


def people(count: int, today: date, first: int = 5) -> Iterator[Patient]:
    """``count`` patients; ``first`` is where the last digits of outpatient numbers begin."""
    dice = random.Random(40)  # noqa: S311 - the same people each time, not secrets
    made = household = 0
    while made < count:
        size = min(dice.choices((1, 2, 3, 4), (50, 20, 20, 10))[0], count - made)
        phone = f"+861380013{household:04}"
        surname = dice.choice(SURNAMES)
        owner = ""
        for member in range(size):
            one = _member(dice, today, surname, member)
            shared = PatientPhone(phone, owner=owner, preferred=not owner)
            yield _patient(dice, one, shared, first + made)
            owner = owner or f"家人{one[0]}"
            made += 1
        household += 1


def _member(dice: random.Random, today: date, surname: str, member: int) -> tuple[str, date, Sex]:
    young, old = AGES[member % 4]
    born = today.replace(month=1, day=1) - timedelta(days=dice.randrange(young * 365, old * 365))
    given = "".join(dice.choices(GIVEN, k=1 if dice.random() < 0.2 else 2))
    own = surname if member < 2 else dice.choice(SURNAMES)
    return own + given, born, dice.choice((Sex.MALE, Sex.FEMALE))


def _patient(
    dice: random.Random, one: tuple[str, date, Sex], phone: PatientPhone, number: int
) -> Patient:
    name, born, sex = one
    numbers = [OutpatientNumber("main", f"{1_000_000_000 + number}")]
    if dice.random() < 0.3:
        numbers.append(OutpatientNumber("east", f"{2_000_000_000 + number}"))
    # The order number counts up, so that no two cards are the same within a birthday.
    order = number % 500 * 2 + (sex is Sex.MALE)
    digits = f"{COUNTY[:4]}{number // 500:02}{born:%Y%m%d}{order:03}"
    return Patient(
        name=name,
        sex=sex,
        birth_date=born,
        id_card=digits + check_digit(digits),
        insurance=dice.choice(INSURANCES),
        phones=(phone,),
        numbers=tuple(numbers),
        tags=(dice.choice(TAGS),) if dice.random() < 0.1 else (),
    )


def outpatients(campus: str, patients: list[Patient]) -> list[Person]:
    """The same people as a campus's system knows them: those with a number there."""
    return [
        Person(
            id=one.id,
            name=one.name,
            sex=one.sex.value,
            birth_date=one.birth_date,
            id_card=one.id_card,
            phone=one.preferred_phone or one.phones[0].number,
            number=own.number,
        )
        for one in patients
        for own in one.numbers
        if own.campus == campus
    ]
