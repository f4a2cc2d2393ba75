"""A table of the storage tests' own, kept off the product's metadata."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from attrs import frozen
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, insert, select

from careline.storage import AnyRow, BigId, EnumValue, Json, Tx, UTCDateTime, metadata

tables = MetaData(naming_convention=metadata.naming_convention)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


thing_table = Table(
    "thing",
    tables,
    Column("id", BigId, primary_key=True),
    Column("name", String(40), unique=True),
    Column("at", UTCDateTime),
    Column("colour", EnumValue(Colour)),
    Column("extra", Json),
    Column("parent_id", ForeignKey("thing.id")),
)
t = thing_table.c


@frozen
class Thing:
    id: int
    name: str
    at: datetime | None
    colour: Colour | None
    extra: Any


def create(tx: Tx) -> None:
    tables.create_all(tx.connection)


def add(tx: Tx, name: str, **values: Any) -> int:
    return int(tx.scalar(insert(thing_table).values(name=name, **values).returning(t.id)))


def get(tx: Tx, name: str) -> Thing | None:
    row = tx.one(select(thing_table).where(t.name == name))
    return None if row is None else _thing(row)


def names(tx: Tx) -> list[str]:
    return [str(name) for name in tx.scalars(select(t.name).order_by(t.id))]


def _thing(row: AnyRow) -> Thing:
    return Thing(row.id, row.name, row.at, row.colour, row.extra)
