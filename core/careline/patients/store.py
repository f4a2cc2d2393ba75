"""Patients and their telephone numbers in the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from careline.errors import Conflict, NotFound
from careline.patients.model import Patient, PatientPhone, Sex
from careline.patients.pinyin import initials_of, pinyin_of
from careline.storage import BigId, EnumValue, Tx, metadata

MOST_FOUND = 20
SHORTEST_TAIL = 3

patient_table = Table(
    "patient",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, index=True),
    Column("pinyin", String(200), nullable=False),
    Column("typed", String(200), nullable=False, index=True),
    Column("initials", String(64), nullable=False, index=True),
    Column("sex", EnumValue(Sex), nullable=False),
    Column("birth_date", Date),
    Column("id_card", String(18), unique=True),
    Column("address", String(200), nullable=False),
    Column("insurance", String(64), nullable=False),
    Column("category", String(64), nullable=False),
    Column("note", Text, nullable=False),
)
phone_table = Table(
    "patient_phone",
    metadata,
    Column("patient", BigId, ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True),
    Column("number", String(32), primary_key=True),
    Column("reversed", String(32), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("preferred", Boolean, nullable=False),
    Column("place", Integer, nullable=False),
    Index("ix_patient_phone_number", "number"),
    Index("ix_patient_phone_reversed", "reversed"),
)


def completed(patient: Patient) -> Patient:
    """With pinyin and initials made from the name where they are empty."""
    return evolve(
        patient,
        pinyin=patient.pinyin or pinyin_of(patient.name),
        initials=patient.initials or initials_of(patient.name),
    )


def _values(patient: Patient) -> dict[str, Any]:
    values = asdict(patient, recurse=False)
    del values["id"], values["phones"]
    typed = patient.pinyin.replace(" ", "").lower()
    return values | {"id_card": patient.id_card or None, "typed": typed}


def add_patient(tx: Tx, patient: Patient) -> Patient:
    """Store a new patient; Conflict when another has the id card number."""
    patient = completed(patient)
    _refuse_twin(tx, patient)
    result = tx.execute(insert(patient_table).values(_values(patient)))
    [new_id] = result.inserted_primary_key or [0]
    patient = evolve(patient, id=int(new_id))
    _put_phones(tx, patient)
    return patient


def change_patient(tx: Tx, patient: Patient) -> Patient:
    """Store the record as it is now; NotFound when there is none, Conflict as for a new one."""
    patient = completed(patient)
    _refuse_twin(tx, patient)
    row = update(patient_table).where(patient_table.c.id == patient.id)
    if tx.execute(row.values(_values(patient))).rowcount == 0:
        raise NotFound("patient.unknown", "there is no such patient")
    tx.execute(delete(phone_table).where(phone_table.c.patient == patient.id))
    _put_phones(tx, patient)
    return patient


def _refuse_twin(tx: Tx, patient: Patient) -> None:
    if not patient.id_card:
        return
    same = select(patient_table.c.id).where(patient_table.c.id_card == patient.id_card)
    if tx.scalar(same.where(patient_table.c.id != patient.id)) is not None:
        raise Conflict("patient.id_card_taken", "another patient has this id card number")


def _put_phones(tx: Tx, patient: Patient) -> None:
    rows = [
        {"patient": patient.id, "reversed": phone.number[::-1], "place": place, **asdict(phone)}
        for place, phone in enumerate(patient.phones)
    ]
    if rows:
        tx.execute(insert(phone_table), rows)


def get_patient(tx: Tx, patient_id: int) -> Patient:
    """The patient with that id, else NotFound."""
    for patient in _read(tx, [patient_id]):
        return patient
    raise NotFound("patient.unknown", "there is no such patient")


def find_by_id_card(tx: Tx, id_card: str) -> Patient | None:
    """The patient with this id card number."""
    same = select(patient_table.c.id).where(patient_table.c.id_card == id_card)
    return next(iter(_read(tx, tx.scalars(same))), None)


def find_by_phone(tx: Tx, e164: str) -> list[Patient]:
    """Everybody with this number, whose preferred one it is first; none is guessed."""
    if not e164:
        return []
    columns = phone_table.c
    query = select(columns.patient).where(columns.number == e164)
    return _read(tx, tx.scalars(query.order_by(columns.preferred.desc(), columns.patient)))


def find_patients(tx: Tx, text: str, most: int = MOST_FOUND) -> list[Patient]:
    """Patients by part of the name, beginning of pinyin or initials, or tail of a number.

    At most ``most``, exact names first.
    """
    text = text.strip()
    digits = text.lstrip("+")
    if digits.isdecimal():
        return _by_tail(tx, digits, most)
    wanted = _matches(text)
    if wanted is None:
        return []
    columns = patient_table.c
    query = select(columns.id).where(wanted)
    ordered = query.order_by(columns.name != text, func.length(columns.name), columns.id)
    return _read(tx, tx.scalars(ordered.limit(most)))


def _matches(text: str) -> ColumnElement[bool] | None:
    """Latin letters are pinyin or initials or part of a foreign name; all else part of a name."""
    columns = patient_table.c
    by_name = columns.name.icontains(text, autoescape=True)
    if not text.isascii():
        return by_name
    typed = "".join(text.lower().replace("'", "").split())
    if not typed:
        return None
    return or_(
        columns.typed.startswith(typed, autoescape=True),
        columns.initials.startswith(typed, autoescape=True),
        by_name,
    )


def _by_tail(tx: Tx, digits: str, most: int) -> list[Patient]:
    if len(digits) < SHORTEST_TAIL:
        return []
    tail = phone_table.c.reversed.startswith(digits[::-1])
    query = select(phone_table.c.patient).where(tail).distinct().order_by(phone_table.c.patient)
    return _read(tx, tx.scalars(query.limit(most)))


def _read(tx: Tx, ids: Iterable[int]) -> list[Patient]:
    """The patients with these ids, in this order, with their numbers."""
    wanted = list(dict.fromkeys(ids))
    rows = tx.all(select(patient_table).where(patient_table.c.id.in_(wanted)))
    phones: dict[int, list[PatientPhone]] = {one: [] for one in wanted}
    columns = phone_table.c
    query = select(phone_table).where(columns.patient.in_(wanted))
    for row in tx.all(query.order_by(columns.patient, columns.place)):
        phones[row.patient].append(PatientPhone(row.number, row.owner, row.preferred))
    found = {row.id: _patient(row._mapping, phones[row.id]) for row in rows}
    return [found[one] for one in wanted if one in found]


def _patient(row: Any, phones: list[PatientPhone]) -> Patient:
    values = {name: value for name, value in row.items() if name != "typed"}
    values["id_card"] = row["id_card"] or ""
    return Patient(**values, phones=tuple(phones))
