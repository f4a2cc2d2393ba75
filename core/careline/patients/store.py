"""Patients in the database: whole records in and out; see tables.py for what is kept how."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from attrs import asdict, evolve
from sqlalchemy import Table, delete, func, insert, select, text, update

from careline.errors import Conflict, NotFound
from careline.patients.fields import CustomField
from careline.patients.model import VIP, OutpatientNumber, Patient, PatientPhone
from careline.patients.pinyin import initials_of, pinyin_of
from careline.patients.tables import (
    field_table,
    name_table,
    number_table,
    patient_table,
    phone_table,
    tag_table,
    value_table,
)
from careline.storage import Tx

DOTS = dict.fromkeys(map(ord, "·•・‧.。"))
PARTS = (phone_table, number_table, tag_table, value_table, name_table)


def folded(text: str) -> str:
    """A name or value as it is compared: no full-width letters, no capitals, no middle dots."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(DOTS).split())


def endings(name: str) -> list[str]:
    """What "part of the name" may begin with: any Chinese character, any foreign word."""
    whole = folded(name)
    starts = [
        at
        for at, char in enumerate(whole)
        if char != " " and (at == 0 or not char.isascii() or whole[at - 1] == " ")
    ]
    return list(dict.fromkeys(whole[at : at + 64] for at in starts))


def completed(patient: Patient) -> Patient:
    """With pinyin and initials made from the name where they are empty."""
    return evolve(
        patient,
        pinyin=(patient.pinyin.lower() or pinyin_of(patient.name))[:200],
        initials=(patient.initials.lower() or initials_of(patient.name))[:64],
    )


def _row(patient: Patient, now: datetime) -> dict[str, Any]:
    return {
        "name": patient.name,
        "pinyin": patient.pinyin,
        "typed": patient.pinyin.replace(" ", ""),
        "initials": patient.initials,
        "sex": patient.sex,
        "birth_date": patient.birth_date,
        "id_card": patient.id_card or None,
        "id_card_reversed": patient.id_card[::-1] or None,
        "address": patient.address,
        "insurance": patient.insurance,
        "category": patient.category,
        "note": patient.note,
        "version": patient.version,
        "merged_into": patient.merged_into or None,
        "changed": now,
    }


def _parts(patient: Patient) -> Iterable[tuple[Table, dict[str, Any]]]:
    """The rows of a record beside its own, with their tables."""
    key = {"patient": patient.id}
    for place, phone in enumerate(patient.phones):
        yield (
            phone_table,
            {**key, "reversed": phone.number[::-1], "place": place, **asdict(phone)},
        )
    for one in patient.numbers:
        yield number_table, {**key, **asdict(one)}
    for place, tag in enumerate(patient.tags):
        yield tag_table, {**key, "tag": tag, "place": place}
    for name, value in patient.fields.items():
        yield value_table, {**key, "field": name, "value": value, "folded": folded(value)[:200]}
    if not patient.merged_into:
        for part in endings(patient.name):
            yield name_table, {**key, "part": part}


def add_patient(tx: Tx, patient: Patient, now: datetime | None = None) -> Patient:
    """Store a new patient; Conflict when another has the id card or outpatient number."""
    return add_patients(tx, [patient], now)[0]


def add_patients(
    tx: Tx, patients: Sequence[Patient], now: datetime | None = None, *, checked: bool = False
) -> list[Patient]:
    """Store new patients, together faster than one by one; Conflict as for one.

    ``checked`` when the caller knows in this transaction that nobody has their numbers.
    """
    now = now or datetime.now(UTC)
    whole = [evolve(completed(one), version=1) for one in patients]
    for patient in whole if not checked else ():
        refuse_twins(tx, patient)
    new = insert(patient_table).returning(patient_table.c.id, sort_by_parameter_order=True)
    ids = tx.scalars(new, [{**_row(one, now), "created": now} for one in whole])
    stored = [evolve(one, id=new_id) for one, new_id in zip(whole, ids, strict=True)]
    _put_parts(tx, stored)
    return stored


def change_patient(tx: Tx, patient: Patient, now: datetime | None = None) -> Patient:
    """Store the record as it is now; NotFound when there is none, Conflict as for a new one.

    Conflict (``patient.changed``) too when ``patient.version`` is not the stored one: somebody
    else changed it. The answer has the next version.
    """
    patient = completed(patient)
    refuse_twins(tx, patient)
    columns = patient_table.c
    stored = evolve(patient, version=patient.version + 1)
    row = update(patient_table).where(columns.id == patient.id)
    same = row.where(columns.version == patient.version)
    if tx.execute(same.values(_row(stored, now or datetime.now(UTC)))).rowcount == 0:
        get_patient(tx, patient.id)
        raise Conflict("patient.changed", "somebody else has changed this record meanwhile")
    for table in PARTS:
        tx.execute(delete(table).where(table.c.patient == patient.id))
    _put_parts(tx, [stored])
    return stored


def _put_parts(tx: Tx, patients: Sequence[Patient]) -> None:
    rows: dict[Table, list[dict[str, Any]]] = {}
    for patient in patients:
        for table, row in _parts(patient):
            rows.setdefault(table, []).append(row)
    for table, some in rows.items():
        tx.execute(insert(table), some)


def refuse_twins(tx: Tx, patient: Patient) -> None:
    """Conflict when another record has the id card number or one of the outpatient numbers."""
    problems: list[Conflict] = []
    columns = patient_table.c
    if patient.id_card:
        other = tx.scalar(
            select(columns.id).where(columns.id_card == patient.id_card, columns.id != patient.id)
        )
        if other is not None:
            text = "another patient has this id card number"
            problems.append(Conflict("patient.id_card_taken", text, patient=other))
    for one in patient.numbers:
        other = owner_of_number(tx, one)
        if other not in (0, patient.id):
            text = "another patient has outpatient number {number}"
            problems.append(
                Conflict("patient.number_taken", text, number=one.number, patient=other)
            )
    if problems:
        raise problems[0] if len(problems) == 1 else _several(problems)


def _several(problems: Sequence[Conflict]) -> Conflict:
    return Conflict("patient.taken", "other patients have these numbers", problems=problems)


def owner_of_number(tx: Tx, one: OutpatientNumber) -> int:
    """The id of the patient whom a campus knows by this number, or 0."""
    columns = number_table.c
    found = tx.scalar(
        select(columns.patient).where(columns.campus == one.campus, columns.number == one.number)
    )
    return int(found or 0)


def get_patient(tx: Tx, patient_id: int) -> Patient:
    """The patient with that id, else NotFound; a merged record says into which it went."""
    for patient in read_patients(tx, [patient_id]):
        return patient
    raise NotFound("patient.unknown", "there is no such patient")


def current_id(tx: Tx, patient_id: int) -> int:
    """The id of the record that this one was merged into, or its own; 0 when there is none."""
    while True:
        row = tx.one(select(patient_table.c.merged_into).where(patient_table.c.id == patient_id))
        if row is None:
            return 0
        if not row.merged_into:
            return patient_id
        patient_id = row.merged_into


def all_ids(tx: Tx, patient_id: int) -> list[int]:
    """The record's id and those of all that were merged into it."""
    found, news = [patient_id], [patient_id]
    while news:
        news = tx.scalars(select(patient_table.c.id).where(patient_table.c.merged_into.in_(news)))
        found += news
    return found


def find_by_id_card(tx: Tx, id_card: str) -> Patient | None:
    """The patient with this id card number."""
    same = select(patient_table.c.id).where(patient_table.c.id_card == id_card)
    return next(iter(read_patients(tx, tx.scalars(same))), None)


def find_by_phone(tx: Tx, e164: str) -> list[Patient]:
    """Everybody with this number, whose preferred one it is first; none is guessed."""
    if not e164:
        return []
    columns = phone_table.c
    query = select(columns.patient).where(columns.number == e164)
    return read_patients(tx, tx.scalars(query.order_by(columns.preferred.desc(), columns.patient)))


def find_callers(tx: Tx, e164: str) -> list[tuple[int, bool]]:
    """The ids of everybody with this number, and whether they are to be served first."""
    numbers, columns = phone_table.c, patient_table.c
    query = select(columns.id, columns.category).join(phone_table, numbers.patient == columns.id)
    ordered = query.where(numbers.number == e164).order_by(numbers.preferred.desc(), columns.id)
    return [(row.id, row.category.casefold() == VIP) for row in tx.all(ordered)]


def read_patients(tx: Tx, ids: Iterable[int]) -> list[Patient]:
    """The patients with these ids, in this order, whole."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    rows = tx.all(select(patient_table).where(patient_table.c.id.in_(wanted)))
    phones = _grouped(tx, phone_table, wanted, "place")
    numbers = _grouped(tx, number_table, wanted, "campus")
    tags = _grouped(tx, tag_table, wanted, "place")
    values = _grouped(tx, value_table, wanted, "field")
    found = {
        row.id: Patient(
            id=row.id,
            name=row.name,
            pinyin=row.pinyin,
            initials=row.initials,
            sex=row.sex,
            birth_date=row.birth_date,
            id_card=row.id_card or "",
            address=row.address,
            insurance=row.insurance,
            category=row.category,
            note=row.note,
            phones=tuple(
                PatientPhone(one.number, one.owner, one.preferred) for one in phones(row.id)
            ),
            numbers=tuple(OutpatientNumber(one.campus, one.number) for one in numbers(row.id)),
            tags=tuple(one.tag for one in tags(row.id)),
            fields={one.field: one.value for one in values(row.id)},
            version=row.version,
            merged_into=row.merged_into or 0,
            changed=row.changed,
        )
        for row in rows
    }
    return [found[one] for one in wanted if one in found]


def _grouped(tx: Tx, table: Table, ids: list[int], order: str) -> Any:
    """A function from a patient's id to its rows of ``table``."""
    columns = table.c
    query = select(table).where(columns.patient.in_(ids)).order_by(columns.patient, columns[order])
    rows = groupby(tx.all(query), key=lambda row: row.patient)
    found = {patient: list(some) for patient, some in rows}
    return lambda patient: found.get(patient, [])


def newest_ids(tx: Tx, most: int) -> list[int]:
    """The records that were last changed."""
    columns = patient_table.c
    query = select(columns.id).where(columns.merged_into.is_(None))
    return tx.scalars(query.order_by(columns.changed.desc()).limit(most))


def count_patients(tx: Tx) -> int:
    """How many records there are."""
    query = select(func.count()).select_from(patient_table)
    return int(tx.scalar(query.where(patient_table.c.merged_into.is_(None))) or 0)


def know_sizes(tx: Tx) -> None:
    """Have PostgreSQL count anew after many records came: its own rounds take a while."""
    if tx.dialect == "postgresql":
        for table in (patient_table, *PARTS):
            tx.execute(text(f"ANALYZE {table.name}"))


def delete_patients(tx: Tx, ids: Sequence[int]) -> None:
    """Remove records with all that belongs to them."""
    for table in PARTS:  # SQLite's cascade would do it too, one row at a time
        tx.execute(delete(table).where(table.c.patient.in_(ids)))
    tx.execute(delete(patient_table).where(patient_table.c.id.in_(ids)))


# Custom fields


def list_fields(tx: Tx) -> list[CustomField]:
    """All custom fields in their order."""
    columns = field_table.c
    return [
        CustomField(**{**row._mapping, "choices": tuple(row.choices)})
        for row in tx.all(select(field_table).order_by(columns.place, columns.name))
    ]


def put_field(tx: Tx, one: CustomField) -> None:
    """Add a field or change it; Conflict when its kind changes while there are values."""
    values: Mapping[str, Any] = {**asdict(one, recurse=False), "choices": list(one.choices)}
    before = next((old for old in list_fields(tx) if old.name == one.name), None)
    if before is None:
        tx.execute(insert(field_table).values(values))
        return
    if before.kind is not one.kind and _is_used(tx, one.name):
        text = "patients have values of this field: its kind cannot change any more"
        raise Conflict("field.kind", text)
    tx.execute(update(field_table).where(field_table.c.name == one.name).values(values))


def _is_used(tx: Tx, name: str) -> bool:
    query = select(value_table.c.patient).where(value_table.c.field == name).limit(1)
    return tx.scalar(query) is not None


def remove_field(tx: Tx, name: str) -> None:
    """Remove a field that no patient has a value of; Conflict when one has."""
    if _is_used(tx, name):
        raise Conflict("field.used", "patients have values of this field; switch it off instead")
    if tx.execute(delete(field_table).where(field_table.c.name == name)).rowcount == 0:
        raise NotFound("field.unknown", "there is no field {name}", name=name)


def used_tags(tx: Tx, most: int = 50) -> list[str]:
    """Tags in use, to choose from: each is found by one step in the index, however many have it."""
    columns = tag_table.c
    found: list[str] = []
    while len(found) < most:
        after = columns.tag > (found[-1] if found else "")
        tag = tx.scalar(select(columns.tag).where(after).order_by(columns.tag).limit(1))
        if tag is None:
            break
        found.append(tag)
    return found
