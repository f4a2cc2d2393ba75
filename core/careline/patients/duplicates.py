"""Duplicates are proposed, never merged by themselves: looked for in steps that hold up no call."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import func, insert, select, tuple_, update

from careline.patients import store
from careline.patients.model import Patient
from careline.patients.tables import pair_table, patient_table, phone_table
from careline.storage import Tx, read_committed

STEP = 2_000
MOST_FOR_ONE = 10
SAME_PHONE, SAME_BIRTH = "phone", "birth"


@frozen
class Pair:
    """Two records that may be of one person: the same name, and the same phone or birth date."""

    one: Patient
    other: Patient
    why: str


def proposals(tx: Tx, most: int = 50) -> list[Pair]:
    """What was found and nobody has judged yet."""
    columns = pair_table.c
    query = select(pair_table).where(columns.different.is_(False))
    rows = tx.all(query.order_by(columns.one, columns.other).limit(most))
    ids = [number for row in rows for number in (row.one, row.other)]
    known = {patient.id: patient for patient in store.read_patients(tx, ids)}
    return [Pair(known[row.one], known[row.other], row.why) for row in rows]


def count_proposals(tx: Tx) -> int:
    """How many wait to be judged."""
    query = select(func.count()).select_from(pair_table).where(pair_table.c.different.is_(False))
    return int(tx.scalar(query) or 0)


def like(tx: Tx, patient: Patient) -> list[Patient]:
    """Other records that may be of the same person as this one, stored or about to be."""
    columns, phones = patient_table.c, phone_table.c
    same = [columns.merged_into.is_(None), columns.id != patient.id]
    found: list[int] = []
    if patient.phones:
        numbers = [phone.number for phone in patient.phones]
        query = select(columns.id).join(phone_table, phones.patient == columns.id)
        query = query.where(phones.number.in_(numbers), *same)
        whole = store.completed(patient)
        query = query.where((columns.name == whole.name) | (columns.pinyin == whole.pinyin))
        found += tx.scalars(query.limit(MOST_FOR_ONE))
    if patient.birth_date:
        query = select(columns.id).where(
            columns.name == patient.name, columns.birth_date == patient.birth_date, *same
        )
        found += tx.scalars(query.limit(MOST_FOR_ONE))
    different = _judged(tx, patient.id) if patient.id else set()
    return store.read_patients(tx, [one for one in found if one not in different])


def _judged(tx: Tx, patient_id: int) -> set[int]:
    columns = pair_table.c
    mine = select(columns.one, columns.other).where(
        columns.different.is_(True),
        (columns.one == patient_id) | (columns.other == patient_id),
    )
    return {number for row in tx.all(mine) for number in (row.one, row.other)}


@read_committed
def look_for(tx: Tx, after: int) -> int:
    """Look at the next records after id ``after``; gives the last one's id, or 0 at the end."""
    columns = patient_table.c
    ids = tx.scalars(select(columns.id).where(columns.id > after).order_by(columns.id).limit(STEP))
    if not ids:
        return 0
    pairs = {**_same_birth(tx, ids[0], ids[-1]), **_same_phone(tx, ids[0], ids[-1])}
    known = _known(tx, list(pairs))
    rows = [
        {"one": one, "other": other, "why": why, "different": False}
        for (one, other), why in sorted(pairs.items())
        if (one, other) not in known
    ]
    if rows:
        tx.execute(insert(pair_table), rows)
    return int(ids[-1])


def _same_birth(tx: Tx, first: int, last: int) -> dict[tuple[int, int], str]:
    one, other = patient_table.alias("a").c, patient_table.alias("b").c
    query = select(one.id, other.id.label("twin")).where(
        one.id.between(first, last),
        one.merged_into.is_(None),
        one.birth_date.is_not(None),
        other.name == one.name,
        other.birth_date == one.birth_date,
        other.id > one.id,
        other.merged_into.is_(None),
    )
    return {(row.id, row.twin): SAME_BIRTH for row in tx.all(query)}


def _same_phone(tx: Tx, first: int, last: int) -> dict[tuple[int, int], str]:
    one, other = patient_table.alias("a").c, patient_table.alias("b").c
    mine, theirs = phone_table.alias("p").c, phone_table.alias("q").c
    query = select(one.id, other.id.label("twin")).where(
        one.id.between(first, last),
        one.merged_into.is_(None),
        mine.patient == one.id,
        theirs.number == mine.number,
        theirs.patient > mine.patient,
        other.id == theirs.patient,
        other.name == one.name,
    )
    return {(row.id, row.twin): SAME_PHONE for row in tx.all(query)}


def _known(tx: Tx, pairs: list[tuple[int, int]]) -> set[tuple[int, int]]:
    columns = pair_table.c
    found: set[tuple[int, int]] = set()
    for start in range(0, len(pairs), 400):
        some = pairs[start : start + 400]
        query = select(columns.one, columns.other).where(
            tuple_(columns.one, columns.other).in_(some)
        )
        found.update((row.one, row.other) for row in tx.all(query))
    return found


def set_different(tx: Tx, one: int, other: int) -> None:
    """Somebody has looked: these are two people. They are proposed no more."""
    low, high = sorted((one, other))
    columns = pair_table.c
    here = update(pair_table).where(columns.one == low, columns.other == high)
    if tx.execute(here.values(different=True)).rowcount == 0:
        row = {"one": low, "other": high, "why": "", "different": True}
        tx.execute(insert(pair_table).values(row))
