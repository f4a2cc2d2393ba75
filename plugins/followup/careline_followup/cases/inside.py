"""Who lies in the hospital now, as its system tells: nobody calls them at home.

Remembered apart from the cases: news of an admission come before news of the discharge before it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from careline.clinic import Stay
from careline.storage import AnyRow, BigId, Tx, UTCDateTime, metadata
from careline_followup.cases.model import Case, CaseKind

inside_table = Table(
    "followup_inside",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("patient", BigId, nullable=False),
    Column("number", String(64), nullable=False),
    Column("id_card", String(32), nullable=False),
    Column("came", UTCDateTime, nullable=False),
    Index("ix_followup_inside_patient", "patient"),
    Index("ix_followup_inside_number", "campus", "number"),
    Index("ix_followup_inside_id_card", "id_card"),
)
i = inside_table.c


def enter(tx: Tx, stay: Stay, patient: int, came: datetime) -> None:
    """A stay has begun; told again it is the same one."""
    who = {"number": stay.number[:64], "id_card": stay.id_card[:32]}
    values = {"patient": patient, "came": came, **who}
    if tx.execute(update(inside_table).where(*_one(stay.campus, stay.id)).values(values)).rowcount:
        return
    key = {"campus": stay.campus, "reference": stay.id}
    tx.execute(insert(inside_table).values(key | values))


def one(tx: Tx, reference: str) -> AnyRow | None:
    """Who a stay is of, where, and since when."""
    return tx.one(select(inside_table).where(i.reference == reference).limit(1))


def leave(tx: Tx, campus: str, reference: str) -> bool:
    """A stay is over; False when it was not known to have begun."""
    return tx.execute(delete(inside_table).where(*_one(campus, reference))).rowcount > 0


def lies(tx: Tx, case: Case) -> bool:
    """Whether the patient of a discharge was admitted again since, and has not left."""
    who = []
    if case.patient:
        who.append(i.patient == case.patient)
    if case.number:
        who.append(and_(i.campus == case.campus, i.number == case.number))
    if case.id_card:
        who.append(i.id_card == case.id_card)
    if not who or case.kind is not CaseKind.DISCHARGE:
        return False
    return bool(tx.scalars(select(i.reference).where(or_(*who), i.came > case.at).limit(1)))


def everybody(tx: Tx) -> set[tuple[str, str]]:
    """Campus and reference of all of them."""
    return {(row.campus, row.reference) for row in tx.all(select(i.campus, i.reference))}


def forget(tx: Tx, gone: Collection[tuple[str, str]]) -> None:
    """Their system does not know these stays as open ones any more."""
    for campus, reference in gone:
        leave(tx, campus, reference)


def _one(campus: str, reference: str) -> tuple[ColumnElement[bool], ...]:
    return i.campus == campus, i.reference == reference
