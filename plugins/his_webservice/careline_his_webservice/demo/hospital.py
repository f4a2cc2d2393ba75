"""The made-up hospital's departments, 60 doctors and weekly plans, the same each time."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from careline.clinic import ClinicKind, Department, Doctor, HalfDay
from careline.patients.pinyin import syllables
from careline_his_webservice.adapters.embedded.plan import Planned

DATA = Path(__file__).parent / "data"
CHIEF, DEPUTY, ATTENDING = "主任医师", "副主任医师", "主治医师"
TITLES = (CHIEF, DEPUTY, ATTENDING, DEPUTY)
TITLES_EN = {CHIEF: "Chief physician", DEPUTY: "Associate chief physician"}
FEES = {CHIEF: Decimal(60), DEPUTY: Decimal(40), ATTENDING: Decimal(20)}
GENERAL_FEE = Decimal(10)
WEEK = range(1, 8)
WORKDAYS = range(1, 6)
BEGINS = {HalfDay.MORNING: time(8), HalfDay.AFTERNOON: time(14), HalfDay.EVENING: time(18)}
#: Its doctors' clinics have 30 places: room to try what a stopped clinic (停诊) asks for.
BUSY = "内科"


@frozen
class Hospital:
    """One campus: what it is made of."""

    departments: tuple[Department, ...]
    doctors: tuple[Doctor, ...]
    plan: tuple[Planned, ...]


@frozen
class _Extent:
    """How much of the data a campus has; ``number`` is its first doctor's."""

    prefix: str
    number: int
    departments: int
    doctors: int
    more: int


#: 12 x 3 + 4 and 10 x 2 doctors.
EXTENTS = {
    "main": _Extent("", 1001, departments=12, doctors=3, more=4),
    "east": _Extent("E", 2001, departments=10, doctors=2, more=0),
}


@cache
def read(name: str) -> dict[str, Any]:
    """A file of the demonstration's data."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def hospital(campus: str) -> Hospital:
    """The campus ``main`` or ``east``."""
    extent = EXTENTS[campus]
    given = read("hospital")["department"][: extent.departments]
    departments = tuple(
        _department(campus, f"{extent.prefix}{11 + at}", at, one) for at, one in enumerate(given)
    )
    doctors = tuple(_doctors(campus, extent, departments, given))
    plan = [*_general(departments), *(one for doctor in doctors for one in _expert(doctor, given))]
    return Hospital(departments, doctors, tuple(plan))


def _department(campus: str, code: str, at: int, one: dict[str, Any]) -> Department:
    return Department(
        campus=campus,
        code=code,
        name=one["name"],
        name_en=one["name_en"],
        intro=one["intro"],
        intro_en=one["intro_en"],
        place=one["place"],
        diseases=tuple(one["diseases"]),
        order=at + 1,
    )


def _doctors(
    campus: str, extent: _Extent, departments: tuple[Department, ...], given: list[dict[str, Any]]
) -> Iterator[Doctor]:
    number = extent.number
    for at, (department, one) in enumerate(zip(departments, given, strict=True)):
        for place in range(extent.doctors + (at < extent.more)):
            specialty = one["specialties"][place]
            yield _doctor(campus, department, str(number), TITLES[place], specialty)
            number += 1


def _doctor(campus: str, department: Department, number: str, title: str, told: str) -> Doctor:
    at = int(number) % 1000 + (40 if campus == "east" else 0)
    surnames, given = read("hospital")["surnames"], read("hospital")["given"]
    name = surnames[at * 7 % len(surnames)] + given[at * 11 % len(given)]
    surname, *rest = syllables(name)
    name_en = f"{''.join(rest).title()} {surname.title()}"
    zh, en = told.split("|")
    years = 8 + at % 25
    return Doctor(
        campus=campus,
        code=number,
        name=name,
        name_en=name_en,
        department=department.code,
        title=title,
        expert=title != ATTENDING,
        specialty=zh,
        diseases=department.diseases[at % 3 : at % 3 + 3],
        intro=f"{name}，{department.name}{title}，从医{years}年，擅长{zh}。",
        intro_en=f"Dr {name_en}, {TITLES_EN.get(title, 'Attending physician')} in "
        f"{department.name_en}, {years} years in practice. Special interest: {en}.",
        number=number,
    )


def _general(departments: tuple[Department, ...]) -> Iterator[Planned]:
    """Each department's general clinic: every morning, afternoons and some evenings of workdays."""
    for one in departments:
        halves = [(HalfDay.MORNING, day) for day in WEEK]
        halves += [(HalfDay.AFTERNOON, day) for day in WORKDAYS]
        halves += [(HalfDay.EVENING, day) for day in WORKDAYS if one.name == "儿科"]
        for half, day in halves:
            yield Planned(
                department=one.code,
                weekday=day,
                half=half,
                fee=GENERAL_FEE,
                place=f"{one.place} 1 诊室",
                start=BEGINS[half],
                slots=4 if half is HalfDay.EVENING else 6,
                capacity=5,
            )


def _expert(doctor: Doctor, given: list[dict[str, Any]]) -> Iterator[Planned]:
    """Three half-days of an expert, four of another doctor, spread over the week."""
    at = int(doctor.number)
    one = given[int(doctor.department[-2:]) - 11]
    for turn in range(3 if doctor.expert else 4):
        half = (HalfDay.MORNING, HalfDay.AFTERNOON)[(at + turn) % 2]
        yield Planned(
            department=doctor.department,
            doctor=doctor.code,
            weekday=6 if turn == 0 and at % 4 == 0 else (at + turn) % 5 + 1,
            half=half,
            kind=ClinicKind.EXPERT if doctor.expert else ClinicKind.GENERAL,
            fee=FEES[doctor.title],
            place=f"{one['place']} {2 + at % 8} 诊室",
            start=BEGINS[half],
            slots=6,
            capacity=5 if one["name"] == BUSY else 3,
        )
