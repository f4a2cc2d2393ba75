"""Departments, doctors, clinics with their slots, and hospital information, as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attrs import asdict, field, frozen
from sqlalchemy import delete, insert, or_, select

from careline.clinic import Clinic, Department, Directory, Doctor, Schedule, Table, TimeSlot
from careline.clinic.his import Info
from careline.i18n import Text
from careline.storage import AnyRow, Tx
from careline_his_webservice.adapters.embedded.tables import (
    clinic_table,
    department_table,
    doctor_table,
    info_table,
    slot_table,
)

#: Rows of information given at once; who wants others asks more narrowly.
MOST_ROWS = 200
#: Titles of the columns of each kind of information.
COLUMNS: Mapping[Info, tuple[Text, ...]] = {
    Info.INPATIENTS: (
        Text("Outpatient number"),
        Text("Patient"),
        Text("Department"),
        Text("Ward"),
        Text("Bed"),
        Text("Doctor"),
        Text("Admitted"),
    ),
    Info.DISCHARGES: (
        Text("Outpatient number"),
        Text("Patient"),
        Text("Department"),
        Text("Doctor"),
        Text("Admitted"),
        Text("Discharged"),
    ),
    Info.SURGERIES: (
        Text("Day"),
        Text("Time"),
        Text("Room"),
        Text("Patient"),
        Text("Operation"),
        Text("Surgeon"),
        Text("Department"),
    ),
    Info.COSTS: (
        Text("Outpatient number"),
        Text("Patient"),
        Text("Day"),
        Text("Item"),
        Text("Yuan"),
        Text("Deposit left"),
    ),
    Info.DRUGS: (
        Text("Drug"),
        Text("Strength"),
        Text("Pack"),
        Text("Maker"),
        Text("Yuan"),
        Text("Insurance"),
    ),
    Info.CARD: (Text("Outpatient number"), Text("Patient"), Text("Balance (yuan)"), Text("Points")),
    Info.CHECK_UPS: (Text("Check-up"), Text("Before"), Text("Place"), Text("Takes"), Text("Yuan")),
    Info.ROUTES: (Text("Where to"), Text("Way"), Text("Place")),
}


@frozen
class InfoRow:
    """One row of hospital information; ``found_by`` is what it is looked up by, in words."""

    kind: Info
    cells: tuple[str, ...]
    day: date | None = None
    number: str = ""
    found_by: tuple[str, ...] = field(default=())


def add_departments(tx: Tx, departments: Iterable[Department]) -> None:
    """Store new departments."""
    _add(tx, department_table, map(_department_row, departments))


def add_doctors(tx: Tx, doctors: Iterable[Doctor]) -> None:
    """Store new doctors."""
    _add(tx, doctor_table, map(_doctor_row, doctors))


def put_departments(tx: Tx, campus: str, departments: Iterable[Department]) -> None:
    """Replace the campus's departments."""
    tx.execute(delete(department_table).where(department_table.c.campus == campus))
    add_departments(tx, departments)


def put_doctors(tx: Tx, campus: str, doctors: Iterable[Doctor]) -> None:
    """Replace the campus's doctors."""
    tx.execute(delete(doctor_table).where(doctor_table.c.campus == campus))
    add_doctors(tx, doctors)


def add_info(tx: Tx, campus: str, rows: Iterable[InfoRow]) -> None:
    """Store rows of hospital information."""
    _add(tx, info_table, (_info_row(campus, row) for row in rows))


def read_directory(tx: Tx, campus: str) -> Directory:
    """All departments in their order, and all doctors by department and code."""
    columns = department_table.c
    query = select(department_table).where(columns.campus == campus)
    departments = tx.all(query.order_by(columns.position, columns.code))
    theirs = select(doctor_table).where(doctor_table.c.campus == campus)
    doctors = tx.all(theirs.order_by(doctor_table.c.department, doctor_table.c.code))
    return Directory(
        departments=tuple(map(_department, departments)), doctors=tuple(map(_doctor, doctors))
    )


def read_schedule(
    tx: Tx, campus: str, first: date, last: date, department: str, now: datetime
) -> Schedule:
    """Clinics from ``first`` to ``last``, both included; ``department`` empty: of all."""
    clinics, slots = clinic_table.c, slot_table.c
    wanted = [clinics.campus == campus, clinics.day.between(first, last)]
    if department:
        wanted.append(clinics.department == department)
    found = select(clinic_table).where(*wanted).order_by(clinics.day, clinics.code)
    theirs = (slots.campus == clinics.campus) & (slots.clinic == clinics.code)
    times = select(slot_table).join(clinic_table, theirs).where(*wanted)
    ordered = times.order_by(clinics.day, clinics.code, slots.first)
    return Schedule(
        clinics=tuple(map(_clinic, tx.all(found))),
        slots=tuple(map(_slot, tx.all(ordered))),
        as_of=now,
    )


def read_info(tx: Tx, campus: str, kind: Info, asked: Mapping[str, str], now: datetime) -> Table:
    """Rows of one kind, narrowed by ``number``, ``day`` (ISO) and a part of a word in ``text``."""
    columns = info_table.c
    wanted = [columns.campus == campus, columns.kind == kind.value]
    if number := asked.get("number", "").strip():
        wanted.append(columns.number == number)
    if day := asked.get("day", "").strip():
        wanted.append(or_(columns.day.is_(None), columns.day == date.fromisoformat(day)))
    if text := asked.get("text", "").strip():
        wanted.append(columns.found_by.contains(text.casefold(), autoescape=True))
    query = select(columns.cells).where(*wanted).order_by(columns.day, columns.id)
    rows = tx.scalars(query.limit(MOST_ROWS + 1))
    return Table(
        columns=tuple(title.msgid for title in COLUMNS[kind]),
        rows=tuple(tuple(cells) for cells in rows[:MOST_ROWS]),
        as_of=now,
        more=len(rows) > MOST_ROWS,
    )


def _slot(row: AnyRow) -> TimeSlot:
    return TimeSlot(
        campus=row.campus,
        code=row.code,
        clinic=row.clinic,
        start=row.start,
        end=row.end,
        capacity=row.capacity,
        left=row.capacity - row.taken if row.open else 0,
    )


def _clinic(row: AnyRow) -> Clinic:
    return Clinic(
        campus=row.campus,
        code=row.code,
        department=row.department,
        doctor=row.doctor,
        day=row.day,
        half=row.half,
        kind=row.kind,
        fee=None if row.fee_cents is None else Decimal(row.fee_cents).scaleb(-2),
        place=row.place,
        stopped=row.stopped,
    )


def _department(row: AnyRow) -> Department:
    values = {**row._mapping, "diseases": tuple(row.diseases)}
    return Department(order=values.pop("position"), **values)


def _doctor(row: AnyRow) -> Doctor:
    return Doctor(**{**row._mapping, "diseases": tuple(row.diseases)})


def _department_row(one: Department) -> dict[str, Any]:
    values = {**asdict(one), "diseases": list(one.diseases)}
    return {"position": values.pop("order"), **values}


def _doctor_row(one: Doctor) -> dict[str, Any]:
    return {**asdict(one), "diseases": list(one.diseases)}


def _info_row(campus: str, row: InfoRow) -> dict[str, Any]:
    return {
        "campus": campus,
        "kind": row.kind.value,
        "day": row.day,
        "number": row.number,
        "found_by": " ".join(row.found_by).casefold()[:200],
        "cells": list(row.cells),
    }


def _add(tx: Tx, table: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    values: Sequence[Mapping[str, Any]] = list(rows)
    if values:
        tx.execute(insert(table), values)
