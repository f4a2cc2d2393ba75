"""Campuses, their calendar and trunks, and the number lists in the database."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import asdict
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from careline.campuses.calendar import DayEntry, DayKind
from careline.campuses.hours import parse_hours, parse_spans
from careline.campuses.model import Campus, Listed, NumberList, Trunk
from careline.errors import NotFound, Refused
from careline.numbers import NumberRules
from careline.storage import EnumValue, Json, Tx, UTCDateTime, metadata

campus_table = Table(
    "campus",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("title_en", String(64), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("area_code", String(8), nullable=False),
    Column("hours", String(500), nullable=False),
    Column("keeps_holidays", Boolean, nullable=False),
)
calendar_table = Table(
    "calendar_day",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", EnumValue(DayKind), nullable=False),
    Column("title", String(64), nullable=False),
    Column("title_en", String(64), nullable=False),
    Column("spans", String(200), nullable=False),
)
trunk_table = Table(
    "trunk",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("campus", String(32), ForeignKey("campus.id"), nullable=False),
    Column("channels", Integer, nullable=False),
    Column("rules", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
)
listed_table = Table(
    "listed_number",
    metadata,
    Column("list", EnumValue(NumberList), primary_key=True),
    Column("number", String(32), primary_key=True),
    Column("reason", String(200), nullable=False),
    Column("who", String(64), nullable=False),
    Column("since", UTCDateTime, nullable=False),
    Column("until", UTCDateTime),
)


def _put(tx: Tx, table: Table, values: dict[str, Any]) -> None:
    """Insert the row, or change it when its key exists."""
    keys = [column == values[column.name] for column in table.primary_key]
    if tx.execute(update(table).where(*keys).values(values)).rowcount == 0:
        tx.execute(insert(table).values(values))


def put_campus(tx: Tx, campus: Campus) -> None:
    """Store a campus, new or changed."""
    values = asdict(campus, recurse=False) | {"hours": str(campus.hours)}
    _put(tx, campus_table, values)


def list_campuses(tx: Tx) -> list[Campus]:
    """All campuses by id."""
    rows = tx.all(select(campus_table).order_by(campus_table.c.id))
    return [Campus(**{**row._mapping, "hours": parse_hours(row.hours)}) for row in rows]


def get_campus(tx: Tx, campus_id: str) -> Campus:
    """The campus with that id, else NotFound."""
    for campus in list_campuses(tx):
        if campus.id == campus_id:
            return campus
    raise NotFound("campus.unknown", "there is no campus {campus}", campus=campus_id)


def remove_campus(tx: Tx, campus_id: str) -> None:
    """Delete a campus; NotFound when there is none, Refused while it has trunks."""
    if tx.one(select(trunk_table.c.id).where(trunk_table.c.campus == campus_id).limit(1)):
        raise Refused("campus.has_trunks", "campus {campus} still has trunks", campus=campus_id)
    gone = tx.execute(delete(campus_table).where(campus_table.c.id == campus_id))
    if gone.rowcount == 0:
        raise NotFound("campus.unknown", "there is no campus {campus}", campus=campus_id)


def put_day(tx: Tx, entry: DayEntry) -> None:
    """Store an entry of the calendar, over the one of that day and campus."""
    values = asdict(entry, recurse=False) | {"spans": " ".join(map(str, entry.spans))}
    _put(tx, calendar_table, values)


def remove_day(tx: Tx, day: date, campus: str = "") -> None:
    """Take an entry out, the statutory calendar counts again; NotFound when there is none."""
    table = calendar_table.c
    gone = tx.execute(delete(calendar_table).where(table.day == day, table.campus == campus))
    if gone.rowcount == 0:
        raise NotFound("calendar.no_entry", "there is no entry for {day}", day=day.isoformat())


def list_days(tx: Tx) -> list[DayEntry]:
    """All own entries by date."""
    rows = tx.all(select(calendar_table).order_by(calendar_table.c.day, calendar_table.c.campus))
    return [
        DayEntry(
            day=row.day,
            kind=row.kind,
            campus=row.campus,
            title=row.title,
            title_en=row.title_en,
            spans=tuple(parse_spans(row.spans)) if row.spans else (),
        )
        for row in rows
    ]


def put_trunk(tx: Tx, trunk: Trunk) -> None:
    """Store a trunk, new or changed."""
    _put(tx, trunk_table, asdict(trunk, recurse=False) | {"rules": asdict(trunk.rules)})


def list_trunks(tx: Tx) -> list[Trunk]:
    """All trunks by id."""
    rows = tx.all(select(trunk_table).order_by(trunk_table.c.id))
    return [Trunk(**{**row._mapping, "rules": NumberRules(**row.rules)}) for row in rows]


def remove_trunk(tx: Tx, trunk_id: str) -> None:
    """Delete a trunk; NotFound when there is none."""
    if tx.execute(delete(trunk_table).where(trunk_table.c.id == trunk_id)).rowcount == 0:
        raise NotFound("trunk.unknown", "there is no trunk {trunk}", trunk=trunk_id)


def put_listed(tx: Tx, listed: Listed) -> None:
    """Put a number on a list, over its earlier entry there."""
    _put(tx, listed_table, asdict(listed, recurse=False))


def remove_listed(tx: Tx, kind: NumberList, number: str) -> None:
    """Take a number off a list; NotFound when it is not on it."""
    table = listed_table.c
    gone = tx.execute(delete(listed_table).where(table.list == kind, table.number == number))
    if gone.rowcount == 0:
        raise NotFound("listed.unknown", "this number is not on the list")


def list_listed(tx: Tx, kind: NumberList | None = None) -> list[Listed]:
    """All entries of one list or of both, newest first."""
    query = select(listed_table).order_by(listed_table.c.since.desc(), listed_table.c.number)
    if kind:
        query = query.where(listed_table.c.list == kind)
    return [Listed(**row._mapping) for row in tx.all(query)]
