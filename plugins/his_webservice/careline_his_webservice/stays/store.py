"""Stays in the database: one row for each visit number of a campus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve
from sqlalchemy import (
    Boolean,
    Column,
    Index,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    or_,
    select,
    update,
)

from careline.clinic import Stay
from careline.clinic.his import News
from careline.hooks import Hub
from careline.patients import store as patients
from careline.patients.model import OutpatientNumber
from careline.patients.tables import patient_table
from careline.storage import AnyRow, BigId, Tx, UTCDateTime, metadata
from careline_his_webservice.stays.model import WORDS, Change, change, joined

stay_table = Table(
    "his_webservice_stay",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("campus", String(32), nullable=False),
    Column("visit", String(64), nullable=False),
    Column("patient", BigId),
    Column("name", String(64), nullable=False),
    Column("number", String(64), nullable=False),
    Column("id_card", String(18), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("department", String(64), nullable=False),
    Column("ward", String(64), nullable=False),
    Column("bed", String(32), nullable=False),
    Column("doctor", String(64), nullable=False),
    Column("diagnosis", String(200), nullable=False),
    Column("came", UTCDateTime),
    Column("left", UTCDateTime),
    Column("died", Boolean, nullable=False),
    Column("told", UTCDateTime, nullable=False),
    UniqueConstraint("campus", "visit"),
    Index("ix_his_webservice_stay_patient", "patient"),
    Index("ix_his_webservice_stay_id_card", "id_card"),
    Index("ix_his_webservice_stay_left", "left"),
)
asked_table = Table(
    "his_webservice_stays_asked",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("until", UTCDateTime, nullable=False),
)


def take(tx: Tx, hub: Hub, news: News) -> str:
    """Store what was told and tell plugins of an admission or discharge; gives the stay's id.

    Told twice it changes nothing and tells nobody.
    """
    columns = stay_table.c
    same = (columns.campus == news.stay.campus) & (columns.visit == news.visit)
    row = tx.one(select(stay_table).where(same))
    known = _stay(row) if row else None
    if news.void:
        return _undo(tx, hub, known, row.told if row else None, news)
    now = joined(known, row.told if row else None, news)
    values = {name: getattr(now, name) for name in (*WORDS, "came", "left", "died")}
    values["told"] = max(news.told, row.told) if row else news.told
    values["patient"] = (row.patient if row else None) or _patient(tx, now)
    if row is None:
        key = {"campus": now.campus, "visit": news.visit}
        added = tx.execute(insert(stay_table).values(key | values)).inserted_primary_key
        now = evolve(now, id=str(added[0]) if added else "")
    else:
        tx.execute(update(stay_table).where(same).values(values))
    _tell(tx, hub, change(known, now), now.id)
    return now.id


def _undo(tx: Tx, hub: Hub, known: Stay | None, told: datetime | None, news: News) -> str:
    """Forget a stay that never was, unless something later was told of it; gives its id."""
    if known is None or known.left is not None or (told is not None and news.told < told):
        return known.id if known else ""
    tx.execute(delete(stay_table).where(stay_table.c.id == int(known.id)))
    hub.admission_cancelled(tx, stay_id=known.id)
    return known.id


def _tell(tx: Tx, hub: Hub, what: Change | None, stay_id: str) -> None:
    if what is Change.ADMITTED:
        hub.patient_admitted(tx, stay_id=stay_id)
    elif what is Change.DISCHARGED:
        hub.patient_discharged(tx, stay_id=stay_id)


def _patient(tx: Tx, stay: Stay) -> int | None:
    """Whose stay it surely is: the record with the id card, else with the number, of that name."""
    if stay.id_card and (found := patients.find_by_id_card(tx, stay.id_card)):
        return found.id
    owner = patients.owner_of_number(tx, OutpatientNumber(stay.campus, stay.number))
    if stay.number and owner and patients.get_patient(tx, owner).name == stay.name:
        return owner
    return None


def find(tx: Tx, stay_id: str) -> Stay | None:
    """The stay with that id, if there is one."""
    if not stay_id.isdecimal() or len(stay_id) > 18:
        return None
    row = tx.one(select(stay_table).where(stay_table.c.id == int(stay_id)))
    return _stay(row) if row else None


def left_since(tx: Tx, since: datetime, after: str, most: int) -> list[Stay]:
    """At most ``most`` stays that ended at ``since`` or later, by id, behind ``after``."""
    columns = stay_table.c
    behind = int(after) if after.isdecimal() and len(after) <= 18 else 0
    found = select(stay_table).where(columns.left >= since, columns.id > behind)
    return [_stay(row) for row in tx.all(found.order_by(columns.id).limit(most))]


def open_ones(tx: Tx, after: str, most: int) -> list[Stay]:
    """At most ``most`` stays that have not ended, by id, behind ``after``."""
    columns = stay_table.c
    behind = int(after) if after.isdecimal() and len(after) <= 18 else 0
    found = select(stay_table).where(columns.left.is_(None), columns.id > behind)
    return [_stay(row) for row in tx.all(found.order_by(columns.id).limit(most))]


def of_patient(tx: Tx, patient_id: int) -> list[Stay]:
    """All stays of a patient and of the records merged into theirs, the newest first."""
    ids = patients.all_ids(tx, patient_id)
    columns = stay_table.c
    cards = [one.id_card for one in patients.read_patients(tx, [patient_id]) if one.id_card]
    mine = or_(columns.patient.in_(ids), columns.id_card.in_(cards))
    rows = tx.all(select(stay_table).where(mine).order_by(columns.id.desc()))
    return [_stay(row) for row in rows]


def link(tx: Tx) -> int:
    """Find the patients of stays that came before their records; gives how many were found.

    So that erasing a patient erases their stays too.
    """
    columns = stay_table.c
    found = tx.all(
        select(columns.id.label("stay"), patient_table.c.id.label("patient"))
        .join(patient_table, patient_table.c.id_card == columns.id_card)
        .where(columns.patient.is_(None), columns.id_card != "")
        .limit(1000)
    )
    for row in found:
        mine = stay_table.c.id == row.stay
        tx.execute(update(stay_table).where(mine).values(patient=row.patient))
    return len(found)


def erase(tx: Tx, patient_id: int) -> None:
    """Remove the stays of a patient, whose record may be gone already."""
    tx.execute(delete(stay_table).where(stay_table.c.patient == patient_id))


def forget(tx: Tx, before: datetime) -> None:
    """Remove stays that ended before."""
    tx.execute(delete(stay_table).where(stay_table.c.left < before))


def asked_until(tx: Tx, campus: str) -> datetime | None:
    """Up to when a campus's system was asked for stays."""
    until: datetime | None = tx.scalar(
        select(asked_table.c.until).where(asked_table.c.campus == campus)
    )
    return until


def take_all(tx: Tx, hub: Hub, campus: str, news: Sequence[News], until: datetime) -> None:
    """Store what a system answered, and that it was asked up to ``until``."""
    for one in sorted(news, key=lambda one: one.told):
        take(tx, hub, one)
    mine = asked_table.c.campus == campus
    if tx.execute(update(asked_table).where(mine).values(until=until)).rowcount == 0:
        tx.execute(insert(asked_table).values(campus=campus, until=until))


def _stay(row: AnyRow) -> Stay:
    values = {name: row._mapping[name] for name in ("campus", *WORDS, "came", "left", "died")}
    return Stay(id=str(row.id), **values)
