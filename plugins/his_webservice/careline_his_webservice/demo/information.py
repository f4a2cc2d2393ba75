"""Hospital information of the demonstration: who lies where, drugs, costs, operations, ways."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from careline.clinic import Doctor, Person
from careline.clinic.his import Info
from careline_his_webservice.adapters.embedded.store import InfoRow
from careline_his_webservice.demo.hospital import Hospital, read

INPATIENTS = 40
DISCHARGES = 30
OPERATIONS_A_DAY = 8


def information(hospital: Hospital, people: list[Person], today: date) -> list[InfoRow]:
    """All rows of one campus; ``people`` are its outpatients, some of whom lie there now."""
    dice = random.Random(41)  # noqa: S311 - the same rows each time, not secrets
    lying = people[:INPATIENTS]
    gone = people[INPATIENTS : INPATIENTS + DISCHARGES]
    return [
        *_inpatients(dice, hospital, lying, today),
        *(_discharge(dice, hospital, one, today) for one in gone),
        *_surgeries(dice, hospital, lying, today),
        *_drugs(dice),
        *(_card(dice, one) for one in people[:300]),
        *_listed(Info.CHECK_UPS, read("information")["check_ups"]),
        *_listed(Info.ROUTES, read("information")["routes"]),
    ]


def _inpatients(
    dice: random.Random, hospital: Hospital, people: list[Person], today: date
) -> Iterator[InfoRow]:
    for at, one in enumerate(people):
        doctor = hospital.doctors[at % len(hospital.doctors)]
        department = _name(hospital, doctor)
        came = today - timedelta(days=dice.randrange(1, 14))
        ward, bed = f"{department}病区", f"{at // 3 + 1:02}-{at % 3 + 1}"
        found_by = (one.number, one.name, department)
        cells = (one.number, one.name, department, ward, bed, doctor.name, came.isoformat())
        yield InfoRow(Info.INPATIENTS, cells, came, one.number, found_by)
        yield from _costs(one, found_by, today)


def _costs(one: Person, found_by: tuple[str, ...], today: date) -> Iterator[InfoRow]:
    left = Decimal(3000)
    for back in range(2, 0, -1):
        day = today - timedelta(days=back)
        for item, yuan in read("information")["costs"]:
            left -= yuan
            cells = (one.number, one.name, day.isoformat(), item, f"{yuan:.2f}", f"{left:.2f}")
            yield InfoRow(Info.COSTS, cells, day, one.number, found_by)


def _discharge(dice: random.Random, hospital: Hospital, one: Person, today: date) -> InfoRow:
    doctor = dice.choice(hospital.doctors)
    department = _name(hospital, doctor)
    left = today - timedelta(days=dice.randrange(0, 10))
    came = left - timedelta(days=dice.randrange(3, 12))
    cells = (one.number, one.name, department, doctor.name, came.isoformat(), left.isoformat())
    return InfoRow(Info.DISCHARGES, cells, left, one.number, (one.number, one.name, department))


def _surgeries(
    dice: random.Random, hospital: Hospital, people: list[Person], today: date
) -> Iterator[InfoRow]:
    operations = read("information")["operations"]
    for ahead in range(3):
        day = today + timedelta(days=ahead)
        for at in range(OPERATIONS_A_DAY):
            one, doctor = people[(ahead * 8 + at) % len(people)], dice.choice(hospital.doctors)
            department = _name(hospital, doctor)
            when, room = f"{8 + at // 2 * 2:02}:30", f"{at % 2 + 1} 号手术间"
            told = (when, room, one.name, operations[at], doctor.name, department)
            found_by = (one.number, one.name, operations[at], doctor.name, department)
            cells = (day.isoformat(), *told)
            yield InfoRow(Info.SURGERIES, cells, day, one.number, found_by)


def _drugs(dice: random.Random) -> Iterator[InfoRow]:
    told = read("information")
    for line in told["drugs"]:
        name, pack = line.split("|")
        for at, strength in enumerate(told["strengths"]):
            price = f"{dice.randrange(380, 9800) / 100:.2f}"
            maker, insurance = told["makers"][at], dice.choice(("甲类", "乙类", "自费"))
            cells = (name, strength, pack, maker, price, insurance)
            yield InfoRow(Info.DRUGS, cells, found_by=(name, strength, maker))


def _card(dice: random.Random, one: Person) -> InfoRow:
    balance, points = f"{dice.randrange(0, 80000) / 100:.2f}", str(dice.randrange(0, 3000))
    cells = (one.number, one.name, balance, points)
    return InfoRow(Info.CARD, cells, None, one.number, (one.number, one.name))


def _listed(kind: Info, rows: list[list[str]]) -> Iterator[InfoRow]:
    return (InfoRow(kind, tuple(cells), found_by=tuple(cells)) for cells in rows)


def _name(hospital: Hospital, doctor: Doctor) -> str:
    return next(one.name for one in hospital.departments if one.code == doctor.department)
