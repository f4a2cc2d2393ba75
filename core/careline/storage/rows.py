"""Rows of a few tables kept in a file, one JSON line each: what a change of tables might lose."""

from __future__ import annotations

import gzip
import json
import os
from base64 import b64encode
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, Table, column, func, inspect, select, table

from careline.storage.faults import DATABASE_ERRORS, classify, unavailable

#: Rows fetched at a time.
CHUNK = 1000


def columns_of(engine: Engine, tables: Collection[str]) -> dict[str, list[str]]:
    """The columns of those ``tables`` that there are, by table."""
    seen = inspect(engine)
    there = set(seen.get_table_names()) & set(tables)
    return {name: [each["name"] for each in seen.get_columns(name)] for name in sorted(there)}


def keep_rows(engine: Engine, columns: Mapping[str, Collection[str]], file: Path) -> int:
    """Write every row of the tables to ``file`` (gzip, readable by its owner alone); how many.

    A line is ``{"table": ..., "row": {...}}``; what JSON has not is written as text (bytes as
    base64). The file is there whole or as it was. Raises Unavailable when the database is away.
    """
    count = 0
    growing = file.with_name(f".{file.name}")
    descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with (
            os.fdopen(descriptor, "wb") as raw,
            gzip.open(raw, "wt", encoding="utf-8") as out,
            engine.connect() as connection,
        ):
            for name in columns:
                kept = Table(name, MetaData(), autoload_with=connection)
                found = connection.execution_options(yield_per=CHUNK).execute(select(kept))
                for row in found.mappings():
                    line = {"table": name, "row": dict(row)}
                    out.write(json.dumps(line, ensure_ascii=False, default=_text) + "\n")
                    count += 1
    except DATABASE_ERRORS as error:
        fault = classify(error)
        if fault is None:
            raise
        raise unavailable(fault, error) from error
    growing.replace(file)
    return count


def _text(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def filled(engine: Engine, name: str, column_name: str = "") -> int:
    """How many rows a table has, or how many with something in one of its columns."""
    counted = select(func.count()).select_from(table(name))
    if column_name:
        counted = counted.where(column(column_name).is_not(None))
    with engine.connect() as connection:
        return int(connection.execute(counted).scalar_one())
