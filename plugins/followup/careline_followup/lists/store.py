"""Lists that were handed in, and the rows of which something is to be said, in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import asdict
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from careline.errors import CarelineError, NotFound
from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata
from careline_followup.lists.model import HandedIn, Line, ListState, error_of, plain_error
from careline_followup.storable import storable

list_table = Table(
    "followup_list",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campus", String(32), nullable=False),
    Column("title", String(200), nullable=False),
    Column("file", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("state", EnumValue(ListState, 16), nullable=False),
    Column("header", Json, nullable=False),
    Column("read", Integer, nullable=False),
    Column("total", Integer),
    Column("added", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("noted", Integer, nullable=False),
    Column("uncalled", Integer, nullable=False),
    Column("error", Json),
    Column("finished", UTCDateTime),
    Index("ix_followup_list_at", "at"),
)
line_table = Table(
    "followup_list_line",
    metadata,
    Column("list", BigId, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("cells", Json, nullable=False),
    Column("taken", Boolean, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("name", String(100), nullable=False, server_default=""),
    Index("ix_followup_list_line_name", "name"),
)
#: Rows of people with a record, whatever is said of the row; patient 0: erased since.
person_table = Table(
    "followup_list_person",
    metadata,
    Column("list", BigId, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("patient", BigId, nullable=False),
    Index("ix_followup_list_person_patient", "patient"),
)
h, n, w = list_table.c, line_table.c, person_table.c


def add(tx: Tx, one: HandedIn) -> int:
    """Store a new one; gives its id."""
    values = asdict(one) | {"title": storable(one.title, 200), "header": list(one.header)}
    del values["id"]
    key = tx.execute(insert(list_table).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def change(tx: Tx, list_id: int, **values: Any) -> None:
    """Store what has changed of one."""
    tx.execute(update(list_table).where(h.id == list_id).values(values))


def get(tx: Tx, list_id: int, held: bool = False) -> HandedIn:
    """One list, else NotFound; ``held``: PostgreSQL holds its row until the end of ``tx``."""
    wanted = select(list_table).where(h.id == list_id)
    row = tx.one(wanted.with_for_update() if held else wanted)
    if row is None:
        raise NotFound("followup.no_list", "There is no such list.")
    return _list(row)


def latest(tx: Tx, most: int) -> list[HandedIn]:
    """The newest first."""
    return [_list(row) for row in tx.all(select(list_table).order_by(h.id.desc()).limit(most))]


def add_lines(tx: Tx, list_id: int, lines: Sequence[Line]) -> None:
    """What is to be said of some rows."""
    rows = [
        {
            "list": list_id,
            "line": one.line,
            "cells": list(one.cells),
            "taken": one.taken,
            "reasons": [plain_error(why) for why in one.reasons],
            "name": storable(one.name, 100),
        }
        for one in lines
    ]
    if rows:
        tx.execute(insert(line_table), rows)


def lines(tx: Tx, list_id: int, most: int) -> list[Line]:
    """Rows of which something is to be said: those that are not taken first."""
    mine = select(line_table).where(n.list == list_id).order_by(n.taken, n.line)
    return [_line(row) for row in tx.all(mine.limit(most))]


def clear(tx: Tx, list_id: int) -> None:
    """Nothing is said of a list's rows any more."""
    tx.execute(delete(line_table).where(n.list == list_id))


def remove(tx: Tx, before: datetime) -> list[str]:
    """Forget lists that were handed in so long ago; gives their files."""
    rows = tx.all(select(h.id, h.file).where(h.at < before))
    ids = [row.id for row in rows]
    tx.execute(delete(line_table).where(n.list.in_(ids)))
    tx.execute(delete(person_table).where(w.list.in_(ids)))
    tx.execute(delete(list_table).where(h.id.in_(ids)))
    return [row.file for row in rows]


def expire(tx: Tx, before: datetime, why: CarelineError) -> None:
    """Lists of that time that nobody has taken in cannot be taken in any more."""
    old = update(list_table).where(h.state == ListState.LOOKED, h.at < before)
    tx.execute(old.values(state=ListState.FAILED, error=plain_error(why)))


def put_people(tx: Tx, list_id: int, people: Mapping[int, int]) -> None:
    """Whose the rows are, by their lines; who was erased stays so."""
    rows = [
        {"list": list_id, "line": line, "patient": patient}
        for line, patient in people.items()
        if patient
    ]
    mine = (w.list == list_id, w.line.in_([row["line"] for row in rows]))
    tx.execute(delete(person_table).where(*mine))
    if rows:
        tx.execute(insert(person_table), rows)


def erased_lines(tx: Tx, list_id: int) -> set[int]:
    """Rows of people who were erased since they were looked at."""
    return set(tx.scalars(select(w.line).where(w.list == list_id, w.patient == 0)))


def forget_person(tx: Tx, patient: int, names: Collection[str]) -> None:
    """What is said of the rows of a patient, or of these names, is forgotten."""
    for row in tx.all(select(w.list, w.line).where(w.patient == patient)):
        _blank(tx, n.list == row.list, n.line == row.line)
    tx.execute(update(person_table).where(w.patient == patient).values(patient=0))
    if names:
        _blank(tx, n.name.in_(names))


def give(tx: Tx, gone: int, kept: int) -> None:
    """The rows of one patient are another's."""
    tx.execute(update(person_table).where(w.patient == gone).values(patient=kept))


def _blank(tx: Tx, *which: ColumnElement[bool]) -> None:
    tx.execute(update(line_table).where(*which).values(cells=[], reasons=[], name=""))


def _list(row: AnyRow) -> HandedIn:
    return HandedIn(**dict(row._mapping) | {"header": tuple(row.header)})


def _line(row: AnyRow) -> Line:
    reasons = tuple(error_of(one) for one in row.reasons)
    return Line(line=row.line, cells=tuple(row.cells), taken=row.taken, reasons=reasons)
