"""Rows from the file of :mod:`careline.storage.rows` put back into columns that came anew."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, and_, bindparam, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from careline.errors import Invalid
from careline.storage.faults import classify, unavailable
from careline.storage.rows import CHUNK

#: How a value is read that JSON has not, by the type that its column gives.
READ: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    bytes: b64decode,
}


def put_back(engine: Engine, file: Path, gone: Mapping[str, Collection[str]]) -> int:
    """Fill what is ``gone`` (columns by table) from ``file``, all or nothing; how many rows.

    A row that is there gets the values of these columns alone, by its primary key; a table that
    is empty gets its rows. A row that was deleted since stays deleted. Raises Unavailable when the
    database is away, Invalid when a row does not fit any more, OSError without the file.
    """
    if not gone:
        return 0
    try:
        with engine.begin() as connection:
            known = MetaData()
            known.reflect(connection, only=lambda name, _: name in gone)
            tables = [one for one in known.sorted_tables if one.name in gone]
            return sum(_fill(connection, one, file, gone[one.name]) for one in tables)
    except SQLAlchemyError as error:
        fault = classify(error)
        if fault is None:
            raise Invalid(
                "db.rows_back", "Kept rows cannot be put back ({detail}).", detail=str(error)
            ) from error
        raise unavailable(fault, error) from error


def _fill(connection: Connection, table: Table, file: Path, columns: Collection[str]) -> int:
    for column in table.columns:
        if hasattr(column.type, "none_as_null"):
            column.type.none_as_null = True  # else None would become the JSON word null
    keys = [column.name for column in table.primary_key]
    there = [one for one in columns if one in table.columns and one not in keys]
    empty = connection.execute(select(table).limit(1)).first() is None
    whole = empty and set(keys) <= set(columns)  # the table itself went, not some columns of it
    if not whole and not (keys and there):
        return 0
    statement: Any = table.insert()
    if not whole:
        found = and_(*(table.c[key] == bindparam(f"key_{key}") for key in keys))
        statement = table.update().where(found)
        statement = statement.values({one: bindparam(f"new_{one}") for one in there})
    count = 0
    rows = _rows(table, file)
    while chunk := list(islice(rows, CHUNK)):
        if not whole:
            chunk = [_changed(row, keys, there) for row in chunk]
        connection.execute(statement, chunk)
        count += len(chunk)
    if whole:
        _count_on(connection, table)
    return count


def _changed(row: Mapping[str, Any], keys: list[str], columns: list[str]) -> dict[str, Any]:
    found = {f"key_{key}": row[key] for key in keys}
    return {**found, **{f"new_{one}": row[one] for one in columns}}


def _rows(table: Table, file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            kept = json.loads(line)
            if kept["table"] == table.name:
                there = kept["row"].items()
                yield {name: _read(table, name, value) for name, value in there if name in table.c}


def _read(table: Table, name: str, value: Any) -> Any:
    try:
        kind = table.c[name].type.python_type
    except NotImplementedError:
        return value
    return READ[kind](value) if kind in READ and isinstance(value, str) else value


def _count_on(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after the ones that were put back."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        named = text("select pg_get_serial_sequence(:name, :key)")
        place = {"name": f'"{table.name}"', "key": column.name}
        sequence = connection.execute(named, place).scalar()
        last = connection.execute(select(func.max(column))).scalar() if sequence else None
        if last is not None:
            count = text("select setval(cast(:sequence as regclass), :last)")
            connection.execute(count, {"sequence": sequence, "last": last})
