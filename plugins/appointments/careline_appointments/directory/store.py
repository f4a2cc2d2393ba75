"""Departments and doctors as the hospitals last told them, kept for when a HIS does not answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from attrs import asdict, evolve, fields, frozen
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)
from twisted.logger import Logger

from careline.clinic import Department, Doctor
from careline.clinic import Directory as Told
from careline.patients.pinyin import initials_of, pinyin_of
from careline.storage import AnyRow, Json, Tx, UTCDateTime, metadata
from careline_appointments.directory.index import Spelled

log = Logger()
V = TypeVar("V", Department, Doctor)
FIRST_NUMBER = 101

department_table = Table(
    "appointments_department",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("intro", Text, nullable=False),
    Column("intro_en", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("diseases", Json, nullable=False),
    Column("order", Integer, nullable=False),
    Column("pinyin", String(600), nullable=False),
    Column("initials", String(200), nullable=False),
    Column("as_of", UTCDateTime, nullable=False),
)
doctor_table = Table(
    "appointments_doctor",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("department", String(64), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("title", String(200), nullable=False),
    Column("expert", Boolean, nullable=False),
    Column("specialty", Text, nullable=False),
    Column("diseases", Json, nullable=False),
    Column("intro", Text, nullable=False),
    Column("intro_en", Text, nullable=False),
    Column("number", String(16), nullable=False),
    Column("pinyin", String(600), nullable=False),
    Column("initials", String(200), nullable=False),
)
number_table = Table(
    "appointments_number",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("code", String(64), nullable=False),
)
"""Numbers given to doctors by careline: they stay theirs, also when a doctor goes and returns."""


@frozen
class Kept:
    """All that is kept: values, how they are spelled, and when each campus was asked last."""

    departments: tuple[tuple[Department, Spelled], ...]
    doctors: tuple[tuple[Doctor, Spelled], ...]
    as_of: Mapping[str, datetime]


def put_directory(tx: Tx, campus: str, told: Told, now: datetime) -> None:
    """Keep what a campus told, in place of what it told before."""
    for table in (department_table, doctor_table):
        tx.execute(delete(table).where(table.c.campus == campus))
    known = _fitting(department_table, _unique(told.departments))
    departments = [_row(department_table, one, now) for one in known]
    numbered = _numbered(tx, _fitting(doctor_table, _unique(told.doctors)))
    doctors = [_row(doctor_table, one, now) for one in numbered]
    if departments:
        tx.execute(insert(department_table), departments)
    if doctors:
        tx.execute(insert(doctor_table), doctors)


def read_directory(tx: Tx, campuses: Collection[str]) -> Kept:
    """Everything of these campuses."""
    d, p = department_table, doctor_table
    departments = tx.all(select(d).where(d.c.campus.in_(campuses)))
    doctors = tx.all(select(p).where(p.c.campus.in_(campuses)))
    return Kept(
        tuple((_value(Department, row), _spelled(row)) for row in departments),
        tuple((_value(Doctor, row), _spelled(row)) for row in doctors),
        ages(tx, campuses),
    )


def ages(tx: Tx, campuses: Collection[str]) -> dict[str, datetime]:
    """When each of these was asked last: what tells a process to read all again."""
    d = department_table.c
    newest = func.max(d.as_of, type_=UTCDateTime())
    found = select(d.campus, newest).where(d.campus.in_(campuses)).group_by(d.campus)
    return {row[0]: row[1] for row in tx.all(found)}


def _unique(told: Iterable[Any]) -> list[Any]:
    """The first of each code: a HIS that tells one twice shall not stop the rest."""
    by_code: dict[str, Any] = {}
    for one in told:
        by_code.setdefault(one.code, one)
    return list(by_code.values())


def _fitting(table: Table, told: Iterable[V]) -> list[V]:
    """Without those that no column takes: one shall not stop the rest."""
    fitting = []
    for one in told:
        long = [
            name for name, most in _longest(table).items() if len(getattr(one, name, "")) > most
        ]
        if long:
            log.warn(
                "{campus}: {table}: {code} is left out: too long: {long}",
                campus=one.campus,
                table=table.name,
                code=one.code[:64],
                long=", ".join(long),
            )
        else:
            fitting.append(one)
    return fitting


def _longest(table: Table) -> dict[str, int]:
    """Characters that each column takes, where there is a most."""
    sizes = {one.name: getattr(one.type, "length", None) for one in table.columns}
    return {name: size for name, size in sizes.items() if size is not None}


def _numbered(tx: Tx, doctors: list[Doctor]) -> list[Doctor]:
    """Each with a number of its own: the hospital's when nobody else has it, else a new one."""
    taken = {row.number: (row.campus, row.code) for row in tx.all(select(number_table))}
    given = {whose: number for number, whose in taken.items()}
    free = (str(n) for n in range(FIRST_NUMBER, 1_000_000) if str(n) not in taken)
    numbered = []
    for one in doctors:
        whose = (one.campus, one.code)
        number = one.number
        if not number or taken.get(number, whose) != whose:
            number = given.get(whose) or next(free)
        if number not in taken:
            taken[number] = whose
            row = {"number": number, "campus": one.campus, "code": one.code}
            tx.execute(insert(number_table), row)
        numbered.append(evolve(one, number=number))
    return numbered


def _row(table: Table, one: Any, now: datetime) -> dict[str, Any]:
    spelled = {"pinyin": pinyin_of(one.name), "initials": initials_of(one.name), "as_of": now}
    values = {**asdict(one, recurse=False), **spelled, "diseases": list(one.diseases)}
    for name in ("pinyin", "initials"):  # by which it is found; longer than any name
        values[name] = values[name][: _longest(table)[name]]
    return {name: value for name, value in values.items() if name in table.c}


def _spelled(row: AnyRow) -> Spelled:
    return Spelled(row.pinyin, row.initials)


def _value(cls: type[V], row: AnyRow) -> V:
    values = {one.name: row._mapping[one.name] for one in fields(cls)}
    return cls(**{**values, "diseases": tuple(values["diseases"])})
