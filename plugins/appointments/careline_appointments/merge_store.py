"""Whose a record is after two patients became one, so that it can be told apart again."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import asdict
from sqlalchemy import Column, String, Table, delete, insert, select, update

from careline.storage import BigId, Tx, metadata
from careline_appointments.standing_store import carry, give_back, patient_table
from careline_appointments.stops.notes import erase_notes, tasks_of
from careline_appointments.store import booking_table
from careline_appointments.waiting_store import waiting_table

TABLES = {"booking": booking_table, "waiting": waiting_table}
BLOCK = "block"  # beside the tables: the kept record is blocked because the other was

merged_table = Table(
    "appointments_merged",
    metadata,
    Column("what", String(16), primary_key=True),
    Column("row", BigId, primary_key=True, autoincrement=False),
    Column("gone", BigId, primary_key=True, autoincrement=False),
    Column("kept", BigId, nullable=False),
)
m = merged_table.c


def merge(tx: Tx, kept: int, gone: int) -> None:
    """What was of ``gone`` is of ``kept``; told twice it is the same."""
    for what, table in TABLES.items():
        ids = tx.scalars(select(table.c.id).where(table.c.patient == gone))
        if ids:
            rows = [{"what": what, "row": one, "gone": gone, "kept": kept} for one in ids]
            tx.execute(delete(merged_table).where(m.what == what, m.row.in_(ids), m.gone == gone))
            tx.execute(insert(merged_table), rows)
            tx.execute(update(table).where(table.c.id.in_(ids)).values(patient=kept))
    if carry(tx, kept, gone):
        row = {"what": BLOCK, "row": kept, "gone": gone, "kept": kept}
        tx.execute(delete(merged_table).where(m.what == BLOCK, m.row == kept, m.gone == gone))
        tx.execute(insert(merged_table), row)


def unmerge(tx: Tx, kept: int, gone: int) -> None:
    """What came from ``gone`` is of ``gone`` again."""
    for what, table in TABLES.items():
        moved = select(m.row).where(m.what == what, m.gone == gone, m.kept == kept)
        ids = tx.scalars(moved)
        if ids:
            tx.execute(update(table).where(table.c.id.in_(ids)).values(patient=gone))
    if tx.all(select(m.row).where(m.what == BLOCK, m.gone == gone, m.kept == kept)):
        give_back(tx, kept, gone)
    tx.execute(delete(merged_table).where(m.gone == gone, m.kept == kept))


def erase(tx: Tx, patient: int) -> None:
    """Bookings stay for the count of them, of nobody; the waiting list and blocks forget."""
    nobody = {
        "patient": 0,
        "phone": "",
        "call": "",
        "reason": "",
        "outpatient_number": "",
        "holds": None,
    }
    theirs = tx.scalars(select(booking_table.c.id).where(booking_table.c.patient == patient))
    erase_notes(tx, theirs)
    tx.execute(update(booking_table).where(booking_table.c.patient == patient).values(nobody))
    tx.execute(delete(waiting_table).where(waiting_table.c.patient == patient))
    tx.execute(delete(patient_table).where(patient_table.c.patient == patient))
    tx.execute(delete(merged_table).where((m.kept == patient) | (m.gone == patient)))


def everything_of(tx: Tx, patient: int) -> dict[str, list[dict[str, Any]]]:
    """All rows that are a patient's, as JSON-able words."""
    tables = {"bookings": booking_table, "waiting": waiting_table, "standing": patient_table}
    found = {name: _rows(tx, table, patient) for name, table in tables.items()}
    theirs = tx.scalars(select(booking_table.c.id).where(booking_table.c.patient == patient))
    tasks = [asdict(one, recurse=False) for one in tasks_of(tx, theirs)]
    stops = [{name: jsonable(value) for name, value in one.items()} for one in tasks]
    return {**found, "stops": stops}


def _rows(tx: Tx, table: Table, patient: int) -> list[dict[str, Any]]:
    rows = tx.all(select(table).where(table.c.patient == patient))
    return [{name: jsonable(value) for name, value in row._mapping.items()} for row in rows]


def jsonable(value: Any) -> Any:
    """A value of a row as JSON holds it."""
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, int | str) or value is None else str(value)
